//! The traits that every adapter implements.

use std::{fmt::Debug, sync::Arc};

use async_trait::async_trait;
use crypto::{EncryptionAlgorithm, KeyAlgorithm, PublicKey, SignatureAlgorithm};
use zeroize::Zeroizing;

use crate::{KeyError, KeySpec, KeyUri};

/// One private key, held by its adapter.
///
/// A handle is cheap to clone by its `Arc`, holds no secret, and survives a device's
/// restart: the adapter looks the key up again by itself.
#[async_trait]
pub trait Key: Debug + Send + Sync {
    /// The key's own address, such as `software:issuing-2026`.
    fn uri(&self) -> &str;

    /// What kind of key it is.
    fn algorithm(&self) -> KeyAlgorithm;

    /// The public half. It verifies what this key signs, with the signer's id that
    /// the adapter puts into SM2 signatures.
    fn public_key(&self) -> &PublicKey;

    /// What the key was generated for.
    fn spec(&self) -> KeySpec {
        KeySpec::signing(self.algorithm())
    }

    /// True if this very process signs, with the library that would verify too. A
    /// caller that asks a device for a signature verifies it: the device may hold another
    /// key, or fail, and no later step would notice.
    fn is_in_process(&self) -> bool {
        false
    }

    /// Signs `message` (the message itself, not its digest).
    ///
    /// The signature has the form that X.509 carries: `ECDSA-Sig-Value` for ECDSA, a
    /// SEQUENCE of r and s for SM2, raw bytes for RSA and Ed25519. Bounded in queue
    /// length and in time. A dropped future cancels the work if it has not begun.
    ///
    /// # Errors
    /// Any [`KeyError`]; [`KeyError::is_transient`] says whether to try again.
    async fn sign(
        &self,
        algorithm: SignatureAlgorithm,
        message: &[u8],
    ) -> Result<Vec<u8>, KeyError>;

    /// The key as one that decrypts, if its usage and its adapter allow that.
    fn as_decrypt(&self) -> Option<&dyn Decrypt> {
        None
    }

    /// The key as one that agrees on secrets, if its usage and its adapter allow that.
    fn as_agree(&self) -> Option<&dyn Agree> {
        None
    }
}

/// A private key that decrypts what was encrypted to its public half.
#[async_trait]
pub trait Decrypt: Send + Sync {
    /// Decrypts a short message, such as a content-encryption key.
    ///
    /// # Errors
    /// [`KeyError::BadCiphertext`] if it is no ciphertext for this key. A protocol that
    /// lets strangers send ciphertexts must answer this as it answers a wrong content
    /// key, or the answers decrypt for them (Bleichenbacher).
    async fn decrypt(
        &self,
        algorithm: EncryptionAlgorithm,
        ciphertext: &[u8],
    ) -> Result<Zeroizing<Vec<u8>>, KeyError>;
}

/// A private key that agrees on a secret with another key pair.
#[async_trait]
pub trait Agree: Send + Sync {
    /// Computes the shared secret Z (NIST SP 800-56A §5.7.1.2): the x-coordinate, as
    /// long as the field. It is no key yet; the caller derives one from it.
    ///
    /// # Errors
    /// [`KeyError::BadCiphertext`] if `peer` is a key of another curve.
    async fn agree(&self, peer: &PublicKey) -> Result<Zeroizing<Vec<u8>>, KeyError>;
}

/// A store from which keys can move to another store, always encrypted.
///
/// The form is that of `CKM_RSA_AES_KEY_WRAP` (PKCS#11 3.0 §2.1.21): a fresh AES-256
/// key under RSAES-OAEP with SHA-1, then the PKCS#8 key under AES key wrap with padding
/// (RFC 5649). It is composed of mechanisms that every token has.
#[async_trait]
pub trait Wrap: Send + Sync {
    /// Encrypts the exportable key `uri` to `recipient`, an RSA key.
    ///
    /// # Errors
    /// [`KeyError::NotExportable`], [`KeyError::UnsupportedOperation`] for another kind
    /// of recipient, and any other.
    async fn wrap(&self, uri: &str, recipient: &PublicKey) -> Result<WrappedKey, KeyError>;

    /// Decrypts `wrapped` with the key `unwrapping_key` of this store, whose usage is
    /// [`crate::KeyUsage::WRAP`], and stores it as `label`, durable when this returns.
    ///
    /// # Errors
    /// [`KeyError::BadCiphertext`], also if the private key does not fit
    /// `wrapped.public_key`; [`KeyError::KeyExists`] and any other.
    async fn unwrap(
        &self,
        unwrapping_key: &str,
        label: &str,
        wrapped: &WrappedKey,
    ) -> Result<Arc<dyn Key>, KeyError>;
}

/// A private key on its way between stores.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct WrappedKey {
    /// What the key is for, in the new store too.
    pub spec: KeySpec,
    /// The public half.
    pub public_key: PublicKey,
    /// The encrypted AES key, followed by the encrypted private key.
    pub ciphertext: Vec<u8>,
}

/// One entry of a store's list.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KeyInfo {
    /// The key's address.
    pub uri: String,
    /// What it is, and what it is for.
    pub spec: KeySpec,
}

/// An adapter: a place where private keys are.
#[async_trait]
pub trait KeyStore: Debug + Send + Sync {
    /// A short name for logs and errors, such as `software` or `pkcs11:token=main`.
    fn name(&self) -> &str;

    /// True if an address names a place in this store.
    fn owns(&self, uri: &KeyUri) -> bool;

    /// The address of a key named `label` in this store.
    fn uri_of(&self, label: &str) -> String;

    /// The key algorithms that this adapter can generate and sign with now.
    ///
    /// # Errors
    /// [`KeyError::Unavailable`] if the device cannot be asked.
    async fn algorithms(&self) -> Result<Vec<KeyAlgorithm>, KeyError>;

    /// Finds a key by its URI.
    ///
    /// # Errors
    /// [`KeyError::NoSuchKey`] and any other.
    async fn find(&self, uri: &str) -> Result<Arc<dyn Key>, KeyError>;

    /// Generates a key pair named `label`, durable when this returns.
    ///
    /// # Errors
    /// [`KeyError::KeyExists`], [`KeyError::UnsupportedKey`],
    /// [`KeyError::UnsupportedUsage`] and any other.
    async fn generate(&self, label: &str, spec: KeySpec) -> Result<Arc<dyn Key>, KeyError>;

    /// Every key of this store.
    ///
    /// # Errors
    /// Any [`KeyError`].
    async fn list(&self) -> Result<Vec<KeyInfo>, KeyError>;

    /// Destroys a key permanently. Handles to it return [`KeyError::NoSuchKey`] from then on.
    ///
    /// # Errors
    /// [`KeyError::NoSuchKey`] and any other.
    async fn destroy(&self, uri: &str) -> Result<(), KeyError>;

    /// The store as one that keys can move from and to, if its mechanisms allow that.
    fn as_wrap(&self) -> Option<&dyn Wrap> {
        None
    }

    /// Checks whether the device can sign now.
    ///
    /// # Errors
    /// [`KeyError::Unavailable`] or [`KeyError::BadPin`].
    async fn check(&self) -> Result<(), KeyError>;

    /// Ends the use of the device: sessions are closed and the token is logged
    /// out of. Operations return [`KeyError::Unavailable`] from then on.
    async fn close(&self) {}

    /// Loses every session without the adapter's knowledge, as a failing device
    /// would, so that the conformance suite can watch it recover. False if the
    /// adapter has no sessions.
    async fn interrupt(&self) -> bool {
        false
    }
}
