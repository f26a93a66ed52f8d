//! Listing the keys that sign tokens.

use platform_access::{Caller, Resource};

use crate::{Error, Oidc, actions::SIGNING_KEY_READ, model::SigningKeyInfo, store};

/// Every key that was ever registered.
///
/// # Errors
/// [`Error::Access`] without `idp.signing_key.read`, and the store's.
pub async fn list_keys(oidc: &Oidc, caller: &Caller) -> Result<Vec<SigningKeyInfo>, Error> {
    let access = &oidc.0.access;
    access
        .enforce(caller, SIGNING_KEY_READ, &Resource::all("signing_key"))
        .await?;
    let stored = store::signing_keys::all(&oidc.0.store).await?;
    Ok(stored.into_iter().map(|key| key.info).collect())
}
