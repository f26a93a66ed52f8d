//! Pages that say one thing, errors among them.

use askama::Template;

use crate::Layout;

/// A button under a message: where it leads, and the identifier of its text.
#[derive(Clone, Debug)]
pub struct Link {
    /// A path of this server, or its address on another listener.
    pub href: String,
    /// The identifier of the text.
    pub text: &'static str,
}

impl Link {
    /// A link to a path of this server.
    pub fn to(path: &str, text: &'static str) -> Self {
        Self {
            href: path.to_owned(),
            text,
        }
    }

    /// The way out of a page from which nothing else continues.
    pub fn to_account() -> Self {
        Self::to("/account", "go-to-account")
    }
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
pub(crate) struct MessagePage {
    pub(crate) l: Layout,
    pub(crate) good: bool,
    pub(crate) title: &'static str,
    pub(crate) text: &'static str,
    pub(crate) detail: Option<String>,
    pub(crate) request_id: Option<String>,
    pub(crate) link: Option<Link>,
}
