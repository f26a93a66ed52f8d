//! Claims of access tokens (RFC 9068) and ID tokens (OpenID Connect Core §2).

use idp_directory::User;
use oauth::{EMAIL, PROFILE, Scope};
use serde::{Deserialize, Serialize};

/// What an access token says.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct AccessClaims {
    pub(crate) iss: String,
    pub(crate) sub: String,
    pub(crate) aud: String,
    pub(crate) client_id: String,
    pub(crate) iat: i64,
    pub(crate) exp: i64,
    /// `GRANT.RANDOM` if the token came from a grant, whose tokens are revoked together.
    pub(crate) jti: String,
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub(crate) scope: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) auth_time: Option<i64>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) acr: Option<String>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub(crate) amr: Vec<String>,
    /// What the holder could do in Xinshu's REST API when the token was issued.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) permissions: Option<String>,
}

impl AccessClaims {
    /// The grant that the token came from, if any.
    pub(crate) fn grant_id(&self) -> Option<&str> {
        self.jti.split_once('.').map(|(grant, _)| grant)
    }

    /// Whether the token speaks for its client alone.
    pub(crate) fn is_for_client(&self) -> bool {
        self.sub == self.client_id
    }
}

/// What an ID token says.
#[derive(Clone, Debug, Serialize)]
pub(crate) struct IdClaims<'a> {
    pub(crate) iss: &'a str,
    pub(crate) sub: &'a str,
    pub(crate) aud: &'a str,
    pub(crate) iat: i64,
    pub(crate) exp: i64,
    pub(crate) auth_time: i64,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) nonce: Option<&'a str>,
    pub(crate) acr: &'a str,
    pub(crate) amr: Vec<&'a str>,
    pub(crate) sid: &'a str,
    /// The left half of the access token's SHA-256 (OpenID Connect Core §3.1.3.6).
    pub(crate) at_hash: String,
    #[serde(flatten)]
    pub(crate) user: Option<ScopeClaims>,
}

/// What the scopes `profile` and `email` tell of a user (OpenID Connect Core §5.4).
#[derive(Clone, Debug, Serialize)]
pub(crate) struct ScopeClaims {
    #[serde(skip_serializing_if = "Option::is_none")]
    name: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    preferred_username: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    updated_at: Option<i64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    email: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    email_verified: Option<bool>,
}

impl ScopeClaims {
    pub(crate) fn of(user: &User, scope: &Scope) -> Self {
        let profile = scope.has(PROFILE);
        let email = user.email.clone().filter(|_| scope.has(EMAIL));
        Self {
            name: profile.then(|| user.title().to_owned()),
            preferred_username: profile.then(|| user.name.clone()),
            updated_at: profile.then(|| user.changed_at.as_second()),
            email_verified: email.as_ref().map(|_| user.email_verified),
            email,
        }
    }
}

/// The part of an ID token that is read back from `id_token_hint`.
#[derive(Clone, Debug, Deserialize)]
pub(crate) struct IdHint {
    pub(crate) iss: String,
    pub(crate) sub: String,
    pub(crate) aud: String,
    #[serde(default)]
    pub(crate) sid: Option<String>,
}
