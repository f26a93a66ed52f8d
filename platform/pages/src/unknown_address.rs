//! The answer for people at an address where there is nothing.

use axum::http::{HeaderMap, StatusCode, header};

use crate::{BrowserRequest, Link, Page};

/// The page for somebody who opened an address that does not exist, or one that is not meant
/// to be opened; `home` is where they can continue. `None` if the request is not a person's,
/// whose browser asks for HTML (RFC 9110 §12.5.1).
pub fn unknown_address(
    browser: &BrowserRequest,
    headers: &HeaderMap,
    status: StatusCode,
    home: Option<&str>,
) -> Option<Page> {
    let accepts = headers
        .get_all(header::ACCEPT)
        .iter()
        .filter_map(|value| value.to_str().ok())
        .flat_map(|value| value.split(','));
    let asks_for_html = accepts
        .filter_map(|range| range.split(';').next())
        .any(|range| range.trim().eq_ignore_ascii_case("text/html"));
    asks_for_html.then(|| {
        let link = home.map(|home| Link::to(home, "go-to-account"));
        browser.message(
            status,
            "unknown-address-title",
            "unknown-address-text",
            link,
        )
    })
}

#[cfg(test)]
mod tests {
    use axum::{extract::FromRequestParts as _, http::Request};
    use url::Url;

    use super::*;

    /// The link to the other language leads nowhere else, whatever address was asked for.
    #[tokio::test]
    async fn a_link_to_the_other_language_stays_here() {
        let base = Url::parse("https://id.example/").unwrap();
        for (path, same) in [
            ("/", true),
            ("/nowhere", true),
            ("/a//evil.example/", true),
            ("/.//evil.example/", true),
            ("/%2fevil.example/", true),
            ("/%2Fevil.example/", true),
            ("/%5cevil.example/", true),
            ("//evil.example/x", false),
            ("///evil.example/x", false),
            ("/\\evil.example/", false),
            ("/\\/evil.example/", false),
            ("//evil.example:1@other.example/", false),
        ] {
            let request = Request::get(path).body(()).unwrap();
            let (mut parts, ()) = request.into_parts();
            let Ok(request) = BrowserRequest::from_request_parts(&mut parts, &()).await;
            let link = request.layout().other_language;
            let expected = if same { path } else { "/account" };
            assert_eq!(link, format!("{expected}?ui_locales=zh-CN"));
            let target = base.join(&link).unwrap();
            assert_eq!(target.origin(), base.origin(), "{path}: {link}");
        }
    }
}
