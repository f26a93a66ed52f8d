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
