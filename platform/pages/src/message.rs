//! Pages that say one thing, errors among them.

use askama::Template;
use axum::http::{HeaderValue, StatusCode, header};
use platform_web::RETRY_AFTER_SECONDS;

use crate::{BrowserRequest, Layout, Page};

/// A button under a message: where it leads, and the identifier of its text.
#[derive(Clone, Copy, Debug)]
pub struct Link {
    /// A path of this server.
    pub href: &'static str,
    /// The identifier of the text.
    pub text: &'static str,
}

/// Why an operation failed, as far as its page says. The cause is logged by whoever knows it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Failure {
    /// Later the same request may succeed.
    Unavailable,
    /// The request cannot succeed; the text is for whoever reports it.
    BadRequest(String),
    /// A fault of the server.
    Internal,
}

#[derive(Template)]
#[template(path = "message.html")]
struct MessagePage {
    l: Layout,
    good: bool,
    title: &'static str,
    text: &'static str,
    detail: Option<String>,
    request_id: Option<String>,
    link: Option<Link>,
}

impl BrowserRequest {
    /// A page with a title and a text, given by their identifiers.
    pub fn message(
        &self,
        status: StatusCode,
        title: &'static str,
        text: &'static str,
        link: Option<Link>,
    ) -> Page {
        let page = MessagePage {
            l: self.layout(),
            good: status.is_success(),
            title,
            text,
            detail: None,
            request_id: None,
            link,
        };
        self.page(status, &page, &[])
    }

    /// An error page; `detail` is for whoever reports it.
    pub fn error_page(&self, status: StatusCode, detail: &str) -> Page {
        let (title, text) = match status {
            StatusCode::SERVICE_UNAVAILABLE => {
                ("error-unavailable-title", "error-unavailable-text")
            }
            status if status.is_server_error() => ("error-internal-title", "error-internal-text"),
            _ => ("error-request-title", "error-request-text"),
        };
        let page = MessagePage {
            l: self.layout(),
            good: false,
            title,
            text,
            detail: Some(detail.to_owned()),
            request_id: Some(self.caller.request_id.clone()),
            link: None,
        };
        let mut page = self.page(status, &page, &[]);
        if status == StatusCode::SERVICE_UNAVAILABLE {
            page.headers_mut()
                .insert(header::RETRY_AFTER, HeaderValue::from(RETRY_AFTER_SECONDS));
        }
        page
    }

    /// The page for a request that cannot be understood.
    pub fn bad_request(&self, detail: &str) -> Page {
        self.error_page(StatusCode::BAD_REQUEST, detail)
    }

    /// The page for an operation that failed.
    pub fn failed(&self, failure: impl Into<Failure>) -> Page {
        match failure.into() {
            Failure::Unavailable => {
                self.error_page(StatusCode::SERVICE_UNAVAILABLE, "temporarily_unavailable")
            }
            Failure::BadRequest(detail) => self.bad_request(&detail),
            Failure::Internal => self.error_page(StatusCode::INTERNAL_SERVER_ERROR, "server_error"),
        }
    }

    /// A form that was too old, or came from another site.
    pub fn expired_page(&self) -> Page {
        self.message(
            StatusCode::FORBIDDEN,
            "page-expired-title",
            "page-expired-text",
            Some(Link {
                href: "/account",
                text: "go-to-account",
            }),
        )
    }
}
