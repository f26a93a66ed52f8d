//! Which keys are in use, and by what.

use std::fmt::Debug;

use async_trait::async_trait;
use platform_store::StoreError;

/// Something that refers to a key.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KeyReference {
    /// The key's address, as it was recorded.
    pub uri: String,
    /// What refers to it, such as `authority issuing`.
    pub used_by: String,
}

/// Everything in the database and the settings that refers to a key.
#[async_trait]
pub trait KeyReferences: Debug + Send + Sync {
    /// All references, of services that do not run on this node too.
    ///
    /// # Errors
    /// The store's; nothing is destroyed then.
    async fn key_references(&self) -> Result<Vec<KeyReference>, StoreError>;
}
