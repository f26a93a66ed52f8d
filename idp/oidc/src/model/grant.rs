//! What a user granted to a client by one authorization, and the refresh tokens of it.

use idp_authn::Authentication;
use jiff::Timestamp;

/// A grant. All tokens that descend from it are revoked together.
#[derive(Clone, Debug)]
pub(crate) struct Grant {
    pub(crate) id: String,
    pub(crate) client_id: String,
    pub(crate) user_id: String,
    pub(crate) session_id: String,
    pub(crate) scope: String,
    pub(crate) resource: Option<String>,
    pub(crate) authentication: Authentication,
    /// Whether it outlives its session (OpenID Connect Core §11).
    pub(crate) offline: bool,
    pub(crate) expires_at: Timestamp,
}

/// A refresh token and its grant.
#[derive(Clone, Debug)]
pub(crate) struct RefreshToken {
    pub(crate) grant: Grant,
    pub(crate) revoked: bool,
    pub(crate) used: Option<Used>,
    pub(crate) expires_at: Timestamp,
}

/// When a refresh token was used, and what its successor was derived from.
#[derive(Clone, Debug)]
pub(crate) struct Used {
    pub(crate) at: Timestamp,
    /// None for a token that a version before this used.
    pub(crate) successor_seed: Option<[u8; 32]>,
}

impl RefreshToken {
    /// Whether it can be redeemed at `now`.
    pub(crate) fn is_valid(&self, now: Timestamp) -> bool {
        self.used.is_none() && !self.revoked && self.expires_at > now && self.grant.expires_at > now
    }
}
