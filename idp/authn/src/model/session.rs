//! Sessions of a browser, and links to set a password.

use jiff::Timestamp;

use super::User;

/// A person's signed-in browser.
#[derive(Clone, Debug)]
pub struct Session {
    /// `sid`: names the session and proves nothing.
    pub id: String,
    /// Who signed in.
    pub user: User,
    /// When they proved who they are.
    pub auth_time: Timestamp,
    pub(crate) last_seen_at: Timestamp,
    pub(crate) expires_at: Timestamp,
    /// The authorization request for which they have just signed in.
    pub(crate) fresh_for: Option<Vec<u8>>,
}

/// What is told of a session.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SessionInfo {
    /// `sid`.
    pub id: String,
    /// When the user signed in.
    pub auth_time: Timestamp,
    /// When the browser last came.
    pub last_seen_at: Timestamp,
    /// When the session ends at the latest.
    pub expires_at: Timestamp,
    /// Where the sign-in came from.
    pub address: Option<String>,
    /// What the browser called itself.
    pub user_agent: Option<String>,
}

/// A link with which a user sets a password, once.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PasswordLink {
    /// The link, a secret.
    pub url: String,
    /// Until when it is good.
    pub expires_at: Timestamp,
}
