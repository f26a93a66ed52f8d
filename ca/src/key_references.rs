//! The keys that authorities and the services' certificates refer to.

use platform_store::{Store, StoreError};

use crate::store;

/// Their addresses, each with what uses it.
///
/// # Errors
/// Any [`StoreError`].
pub async fn key_references(store: &Store) -> Result<Vec<(String, String)>, StoreError> {
    store::key_references(store).await
}
