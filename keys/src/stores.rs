//! Listing the stores that keys are in.

use crypto::KeyAlgorithm;
use hsm_adapters::Keyring;
use platform_access::{Caller, Resource};

use crate::{Error, Service, StoreDescription, actions::READ};

/// Lists the stores and whether each can sign now.
///
/// # Errors
/// [`Error::Access`].
pub async fn stores(keys: &Service, caller: &Caller) -> Result<Vec<StoreDescription>, Error> {
    let all = Resource::all("key_store");
    keys.access.enforce(caller, READ, &all).await?;
    Ok(describe(&keys.keyring).await)
}

/// Describes the stores of a keyring: before `init`, no service can be asked.
pub async fn describe(keyring: &Keyring) -> Vec<StoreDescription> {
    let default = keyring.default_store().name();
    let mut stores = Vec::new();
    for store in keyring.stores() {
        let algorithms = store.algorithms().await.unwrap_or_default();
        stores.push(StoreDescription {
            store: store.name().to_owned(),
            default: store.name() == default,
            state: match store.check().await {
                Ok(()) => "ready".to_owned(),
                Err(error) => error.to_string(),
            },
            algorithms: algorithms
                .into_iter()
                .map(|algorithm| KeyAlgorithm::name(algorithm).to_owned())
                .collect(),
        });
    }
    stores
}
