//! Where signing keys live.

use std::sync::Arc;

use async_trait::async_trait;
use crypto::KeyAlgorithm;
use hsm_adapters::{Key, KeyError, Keyring};

/// Where signing keys live: a node's keyring.
#[async_trait]
pub trait KeySource: std::fmt::Debug + Send + Sync {
    /// The key at this URI.
    ///
    /// # Errors
    /// Any [`KeyError`].
    async fn find(&self, uri: &str) -> Result<Arc<dyn Key>, KeyError>;

    /// Generates a key at this URI.
    ///
    /// # Errors
    /// Any [`KeyError`].
    async fn generate(&self, uri: &str, algorithm: KeyAlgorithm) -> Result<Arc<dyn Key>, KeyError>;

    /// The URI of a key with this label in the default store.
    fn default_uri(&self, label: &str) -> String;
}

#[async_trait]
impl KeySource for Keyring {
    async fn find(&self, uri: &str) -> Result<Arc<dyn Key>, KeyError> {
        Self::find(self, uri).await
    }

    async fn generate(&self, uri: &str, algorithm: KeyAlgorithm) -> Result<Arc<dyn Key>, KeyError> {
        Self::generate(self, uri, algorithm).await
    }

    fn default_uri(&self, label: &str) -> String {
        Self::default_uri(self, label)
    }
}
