//! Listing keys, and showing one.

use hsm_adapters::KeyInfo;
use platform_access::{Caller, Resource};
use platform_web::{Page, PageRequest};

use crate::{
    Error, KeyDescription, Service,
    actions::{READ, key},
};

/// Lists the keys of every store, ordered by address.
///
/// # Errors
/// [`Error::Access`], and [`Error::Key`] if a store cannot be asked.
pub async fn list(
    keys: &Service,
    caller: &Caller,
    request: &PageRequest,
) -> Result<Page<KeyDescription>, Error> {
    let all = Resource::all("key");
    keys.access.enforce(caller, READ, &all).await?;
    let mut listed: Vec<KeyDescription> = keys
        .keyring
        .list()
        .await?
        .into_iter()
        .map(KeyDescription::from)
        .filter(|key| key.uri.as_str() > request.after())
        .collect();
    listed.sort_by(|one, other| one.uri.cmp(&other.uri));
    // One more than the page has shows that the list continues.
    listed.truncate(request.limit() as usize + 1);
    Ok(request.page(listed, |key| key.uri.clone()))
}

/// Shows one key.
///
/// # Errors
/// [`Error::Access`], and [`Error::Key`] if there is no such key.
pub async fn show(keys: &Service, caller: &Caller, uri: &str) -> Result<KeyDescription, Error> {
    keys.access.enforce(caller, READ, &key(uri)).await?;
    let found = keys.keyring.find(uri).await?;
    Ok(KeyInfo {
        uri: found.uri().to_owned(),
        spec: found.spec(),
    }
    .into())
}
