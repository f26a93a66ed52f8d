//! Destroying a key.

use hsm_adapters::{Key, KeyError, KeyUri};
use platform_access::Caller;
use platform_log::RecordEntry as _;

use crate::{
    Error, Service,
    actions::{DESTROY, DESTROY_INTENT, key},
};

/// Destroys a key permanently, unless something refers to it.
///
/// # Errors
/// [`Error::Access`], [`Error::InUse`], [`Error::Key`] if there is no such key or a key that
/// something refers to cannot be looked up, and any other.
pub async fn destroy(keys: &Service, caller: &Caller, uri: &str) -> Result<(), Error> {
    let resource = key(uri);
    keys.access.enforce(caller, DESTROY, &resource).await?;

    let uri = uri.parse::<KeyUri>()?.to_string();
    let resource = key(&uri);
    let target = keys.keyring.find(&uri).await?;
    let used_by = references_to(keys, target.as_ref()).await?;
    if !used_by.is_empty() {
        let error = Error::InUse { uri, used_by };
        let entry = caller.entry(DESTROY, &resource, keys.clock.now());
        keys.store.record(entry.refused(error.to_string())).await?;
        return Err(error);
    }

    let intent = caller.entry(DESTROY_INTENT, &resource, keys.clock.now());
    keys.store.record(intent).await?;
    // On a task of its own: the outcome is recorded even if the caller goes away.
    let (keys, caller) = (keys.clone(), caller.clone());
    let task = tokio::spawn(async move {
        let destroyed = keys.keyring.destroy(&uri).await;
        let entry = caller.entry(DESTROY, &resource, keys.clock.now());
        let entry = match &destroyed {
            Ok(()) => entry,
            Err(error) => entry.failed(error.to_string()),
        };
        keys.store.record(entry).await?;
        Ok(destroyed?)
    });
    task.await.map_err(|_| Error::Stopping)?
}

/// What refers to a key, whatever spelling of its address it recorded.
async fn references_to(keys: &Service, target: &dyn Key) -> Result<Vec<String>, Error> {
    let mut used_by = Vec::new();
    for reference in keys.references.key_references().await? {
        if reference.uri == target.uri() || names_same_key(keys, &reference.uri, target).await? {
            used_by.push(reference.used_by);
        }
    }
    Ok(used_by)
}

async fn names_same_key(keys: &Service, uri: &str, target: &dyn Key) -> Result<bool, KeyError> {
    // A key in a store that this node does not have: the target is in one that it has.
    if keys.keyring.store_for(uri).is_err() {
        return Ok(false);
    }
    match keys.keyring.find(uri).await {
        Ok(key) => Ok(key.public_key() == target.public_key()),
        Err(KeyError::NoSuchKey { .. }) => Ok(false),
        // It may be the same key, and what is destroyed cannot be brought back.
        Err(error) => Err(error),
    }
}
