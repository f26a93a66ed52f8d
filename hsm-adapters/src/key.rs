//! The two traits every adapter implements.

use std::{fmt::Debug, sync::Arc};

use async_trait::async_trait;

use crate::KeyError;
use crypto::{KeyAlgorithm, PublicKey, SignatureAlgorithm};

/// One private key, held by its adapter.
///
/// A handle is cheap to clone by its `Arc`, holds no secret, and stays good
/// across a device's restart: the adapter looks the key up again by itself.
#[async_trait]
pub trait Key: Debug + Send + Sync {
    /// The key's own address, such as `software:issuing-2026`.
    fn uri(&self) -> &str;

    /// What kind of key it is.
    fn algorithm(&self) -> KeyAlgorithm;

    /// The public half. It verifies what this key signs, with the signer's id that
    /// the adapter puts into SM2 signatures.
    fn public_key(&self) -> &PublicKey;

    /// True where signing happens in this very process, by the library that would
    /// verify too. What comes from a device is verified by who asked for it: a
    /// device may have another key, or fail, and nobody else would notice.
    fn is_in_process(&self) -> bool {
        false
    }

    /// Signs `message` (the message itself, not its digest).
    ///
    /// The signature comes in the form that X.509 carries: `ECDSA-Sig-Value`
    /// for ECDSA, a SEQUENCE of r and s for SM2, raw bytes for RSA and Ed25519.
    /// Bounded in queue and in time. A dropped future gives its place up.
    ///
    /// # Errors
    /// Any [`KeyError`]; [`KeyError::is_transient`] tells whether to try again.
    async fn sign(
        &self,
        algorithm: SignatureAlgorithm,
        message: &[u8],
    ) -> Result<Vec<u8>, KeyError>;
}

/// What an adapter tells about a key in a list.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KeyInfo {
    /// The key's address.
    pub uri: String,
    /// What kind of key it is.
    pub algorithm: KeyAlgorithm,
}

/// An adapter: somewhere private keys live.
#[async_trait]
pub trait KeyStore: Debug + Send + Sync {
    /// A short name for logs and errors, such as `software` or `pkcs11:token=main`.
    fn name(&self) -> &str;

    /// The key algorithms that this adapter can generate and sign with now.
    ///
    /// # Errors
    /// [`KeyError::Unavailable`] where the device cannot be asked.
    async fn algorithms(&self) -> Result<Vec<KeyAlgorithm>, KeyError>;

    /// Finds a key by its URI.
    ///
    /// # Errors
    /// [`KeyError::NoSuchKey`] and any other.
    async fn find(&self, uri: &str) -> Result<Arc<dyn Key>, KeyError>;

    /// Makes a key pair named `label`, durable when this returns.
    ///
    /// # Errors
    /// [`KeyError::KeyExists`], [`KeyError::UnsupportedKey`] and any other.
    async fn generate(
        &self,
        label: &str,
        algorithm: KeyAlgorithm,
    ) -> Result<Arc<dyn Key>, KeyError>;

    /// Every key that lives here.
    ///
    /// # Errors
    /// Any [`KeyError`].
    async fn list(&self) -> Result<Vec<KeyInfo>, KeyError>;

    /// Destroys a key for ever. Handles to it answer [`KeyError::NoSuchKey`] from then on.
    ///
    /// # Errors
    /// [`KeyError::NoSuchKey`] and any other.
    async fn destroy(&self, uri: &str) -> Result<(), KeyError>;

    /// Asks the device whether it can sign now.
    ///
    /// # Errors
    /// [`KeyError::Unavailable`] or [`KeyError::BadPin`].
    async fn check(&self) -> Result<(), KeyError>;

    /// Ends the use of the device: sessions are closed and the token is logged
    /// out of. Operations answer [`KeyError::Unavailable`] from then on.
    async fn close(&self) {}

    /// Loses every session behind the adapter's back, as a failing device
    /// would; the conformance suite watches it recover. False where there is
    /// no session to lose.
    async fn interrupt(&self) -> bool {
        false
    }
}
