//! The nouns of the provider.

mod client;
mod client_change;
mod code;
mod grant;
mod signing_key;

pub use client::{Client, ClientCredentials, NewClient};
pub use client_change::ClientChange;
pub(crate) use code::Code;
pub(crate) use grant::{Grant, RefreshToken, Used};
pub use signing_key::{KeyState, SigningKeyInfo};

/// SHA-256, the form in which client secrets are stored.
pub(crate) fn hash_secret(secret: &str) -> [u8; 32] {
    let mut out = [0; 32];
    out.copy_from_slice(&crypto::Digest::Sha256.hash(secret.as_bytes()));
    out
}
