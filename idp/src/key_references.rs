//! The keys that the identity provider refers to.

use platform::{Store, StoreError};

use crate::store;

/// Their addresses, each with what uses it.
///
/// # Errors
/// Any [`StoreError`].
pub async fn key_references(store: &Store) -> Result<Vec<(String, String)>, StoreError> {
    let uris = store::keys::uris(store).await?;
    let (es256, rs256) = uris.unzip();
    let uris = es256.into_iter().chain(rs256);
    Ok(uris
        .map(|uri| (uri, "the identity provider's tokens".to_owned()))
        .collect())
}
