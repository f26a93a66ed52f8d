//! What every service of a node stands on: clock, database, keys, access control.

use std::sync::Arc;

use anyhow::{Context as _, Result};
use hsm_adapters::Keyring;
use platform_access::Access;
use platform_runtime::{SharedClock, clock::SystemClock, settings::Settings};
use platform_store::Store;

use super::keyring::open_keyring;

/// What services are opened with.
pub(crate) struct NodeBase {
    pub(crate) clock: Arc<SystemClock>,
    pub(crate) store: Store,
    pub(crate) keyring: Arc<Keyring>,
    pub(crate) access: Access,
}

impl NodeBase {
    pub(crate) async fn open(settings: &Settings) -> Result<Self> {
        let keyring = open_keyring(&settings.keys).await?;
        let store = Store::open(&settings.database.url, migrations::schema())
            .await
            .context("database.url")?;
        let clock = Arc::new(SystemClock::default());
        Ok(Self {
            access: Access::by_permissions(store.clone(), Arc::clone(&clock) as SharedClock),
            clock,
            store,
            keyring: Arc::new(keyring),
        })
    }

    pub(crate) fn shared_clock(&self) -> SharedClock {
        Arc::clone(&self.clock) as SharedClock
    }
}
