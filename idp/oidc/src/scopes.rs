//! The scopes that this provider understands.

use oauth::{API, EMAIL, OFFLINE_ACCESS, OPENID, PROFILE, Scope};

/// Every scope, in the order in which responses list them. Consent pages describe each
/// with the text `scope-NAME`.
pub(crate) const SUPPORTED: &[&str] = &[OPENID, PROFILE, EMAIL, OFFLINE_ACCESS, API];

/// The part of a list that is understood.
pub(crate) fn supported(list: &str) -> Scope {
    Scope::parse(list).only(SUPPORTED)
}
