//! Generating a key.

use hsm_adapters::{Key, KeySpec, KeyUri};
use platform_access::Caller;
use platform_log::RecordEntry as _;
use std::sync::Arc;

use crate::{
    Error, NewKey, Service,
    actions::{GENERATE, GENERATE_INTENT, key},
};

/// Generates a key pair and returns it once its outcome is on record.
///
/// # Errors
/// [`Error::Access`]; [`Error::Key`] for a taken name, an address without a store, or
/// what the store cannot do; and any other.
pub async fn generate(keys: &Service, caller: &Caller, new: NewKey) -> Result<Arc<dyn Key>, Error> {
    let NewKey { name, spec } = new;
    let uri = if name.contains(':') {
        name
    } else {
        keys.keyring.default_uri(&name)
    };
    let resource = key(&uri).with("algorithm", spec.algorithm.name());
    keys.access.enforce(caller, GENERATE, &resource).await?;

    // What can be refused without the device is refused before there is an intent.
    let uri = uri.parse::<KeyUri>()?.to_string();
    spec.validate()?;
    keys.keyring.store_for(&uri)?;

    let resource = key(&uri);
    let intent = caller.entry(GENERATE_INTENT, &resource, keys.clock.now());
    keys.store.record(describe(intent, spec)).await?;
    // On a task of its own: the outcome is recorded even if the caller goes away.
    let (keys, caller) = (keys.clone(), caller.clone());
    let task = tokio::spawn(async move {
        let generated = keys.keyring.generate(&uri, spec).await;
        let entry = caller.entry(GENERATE, &resource, keys.clock.now());
        let entry = describe(entry, spec);
        let entry = match &generated {
            Ok(_) => entry,
            Err(error) => entry.failed(error.to_string()),
        };
        keys.store.record(entry).await?;
        Ok(generated?)
    });
    task.await.map_err(|_| Error::Stopping)?
}

fn describe(entry: platform_log::Entry, spec: KeySpec) -> platform_log::Entry {
    entry
        .with("algorithm", spec.algorithm.name())
        .with("usage", spec.usage.to_string())
        .with("exportable", spec.exportable)
}
