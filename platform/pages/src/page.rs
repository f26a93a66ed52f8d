//! Rendering, and the headers that keep pages safe.

use askama::Template;
use axum::{
    body::Body,
    http::{HeaderMap, HeaderValue, StatusCode, header},
    response::{IntoResponse, Response},
};
use platform_web::no_cache;

/// A response for a browser. Boxed, since handlers return it as their error too.
#[derive(Debug)]
pub struct Page(Box<Response>);

impl Page {
    /// The headers, to add a cookie for example.
    pub fn headers_mut(&mut self) -> &mut HeaderMap {
        self.0.headers_mut()
    }

    fn of_status(status: StatusCode) -> Self {
        Self(Box::new(status.into_response()))
    }
}

impl IntoResponse for Page {
    fn into_response(self) -> Response {
        *self.0
    }
}

/// Renders a template as a page.
pub(crate) fn render(status: StatusCode, template: &impl Template, policy: &str) -> Page {
    let html = match template.render() {
        Ok(html) => html,
        Err(error) => {
            tracing::error!(%error, "a page was not rendered");
            return Page::of_status(StatusCode::INTERNAL_SERVER_ERROR);
        }
    };
    let mut response = Response::new(Body::from(html));
    *response.status_mut() = status;
    protect(response.headers_mut(), policy);
    Page(Box::new(response))
}

/// Headers of every page.
fn protect(headers: &mut HeaderMap, policy: &str) {
    no_cache(headers);
    headers.insert(
        header::CONTENT_TYPE,
        HeaderValue::from_static("text/html; charset=utf-8"),
    );
    if let Ok(policy) = HeaderValue::from_str(policy) {
        headers.insert(header::CONTENT_SECURITY_POLICY, policy);
    }
    for (name, value) in [
        (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
        (header::REFERRER_POLICY, "no-referrer"),
        (header::X_FRAME_OPTIONS, "DENY"),
        (header::VARY, "accept-language, cookie"),
    ] {
        headers.insert(name, HeaderValue::from_static(value));
    }
}

/// 303: the browser continues there with GET (RFC 9110 §15.4.4).
pub fn see_other(location: &str) -> Page {
    let mut page = Page::of_status(StatusCode::SEE_OTHER);
    let headers = page.headers_mut();
    no_cache(headers);
    headers.insert(
        header::REFERRER_POLICY,
        HeaderValue::from_static("no-referrer"),
    );
    match HeaderValue::from_str(location) {
        Ok(location) => {
            headers.insert(header::LOCATION, location);
            page
        }
        // Redirect URIs are printable ASCII since their registration.
        Err(_) => Page::of_status(StatusCode::INTERNAL_SERVER_ERROR),
    }
}
