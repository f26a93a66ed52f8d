//! The nouns of the identity provider.

mod authorization;
mod client;
mod grants;
mod redirect_uri;
mod scope;
mod session;
mod user;

pub use client::{Client, ClientAuth, ClientCredentials, GrantType, IdTokenAlg, NewClient};
pub use scope::{Scope, ScopeValue};
pub use session::{PasswordLink, Session, SessionInfo};
pub use user::{NewUser, User, UserChange, UserInfo, UserName};
pub(crate) use user::{email, line};

pub(crate) use authorization::{AuthorizationRequest, Prompt, ResponseMode};
pub(crate) use grants::{intersect, may_hand_on, parse_grants};
pub(crate) use redirect_uri::{append_query, form_action_source, matches, validate_redirect_uri};

/// SHA-256, the form in which opaque tokens are stored.
pub(crate) fn digest(token: &str) -> [u8; 32] {
    let hash = aws_lc_rs::digest::digest(&aws_lc_rs::digest::SHA256, token.as_bytes());
    let mut out = [0; 32];
    out.copy_from_slice(hash.as_ref());
    out
}
