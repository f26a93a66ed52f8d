//! Sessions of a browser, and links to set a password.

use idp_directory::User;
use jiff::Timestamp;

use super::Authentication;

/// A person's signed-in browser.
#[derive(Clone, Debug)]
pub struct Session {
    /// `sid`: a name, not a secret.
    pub id: String,
    /// Who signed in.
    pub user: User,
    /// How and when they proved who they are.
    pub authentication: Authentication,
    pub(crate) last_seen_at: Timestamp,
    pub(crate) expires_at: Timestamp,
}

/// What lists show of a session.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SessionInfo {
    /// `sid`.
    pub id: String,
    /// When the user signed in.
    pub auth_time: Timestamp,
    /// When the browser was last seen.
    pub last_seen_at: Timestamp,
    /// When the session expires at the latest.
    pub expires_at: Timestamp,
    /// The address that signed in.
    pub address: Option<String>,
    /// The browser's `User-Agent`.
    pub user_agent: Option<String>,
}

/// A link with which a user sets a password, once.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PasswordLink {
    /// The link, a secret.
    pub url: String,
    /// When it expires.
    pub expires_at: Timestamp,
}
