//! Keys that were revoked here for their compromise: none is certified again.

use std::time::{Duration, Instant};

use parking_lot::Mutex;
use pki::PublicKey;
use platform_store::StoreError;

use crate::{Service, store};

/// For how long another node's first such revocation may go unnoticed here (rule 12).
const FOUND_NONE: Duration = Duration::from_millis(900);

/// When this node last found that there is no compromised key at all, as is usual: then a
/// certificate costs no further read.
#[derive(Debug, Default)]
pub(crate) struct CompromisedKeys {
    found_none: Mutex<Option<Instant>>,
}

impl CompromisedKeys {
    /// This node has just recorded one.
    pub(crate) fn forget(&self) {
        *self.found_none.lock() = None;
    }
}

/// Whether a certificate with this key was revoked because the key is compromised.
///
/// # Errors
/// The store's.
pub(crate) async fn is_compromised(ca: &Service, key: &PublicKey) -> Result<bool, StoreError> {
    let known = &ca.0.compromised_keys.found_none;
    let looked_at = ca.clock().monotonic();
    let found_none = *known.lock();
    if found_none.is_some_and(|at| looked_at.saturating_duration_since(at) < FOUND_NONE) {
        return Ok(false);
    }
    if store::has_compromised_keys(ca.store()).await? {
        return store::is_compromised(ca.store(), key).await;
    }
    *known.lock() = Some(looked_at);
    Ok(false)
}
