//! Cryptographic Message Syntax: SignedData with one signer (RFC 5652).

mod read;
mod signed_data;

pub use read::{SignedData, SignerInfo};
pub use signed_data::{Signer, UnsignedData, certs_only};

use crypto::{Digest, SignatureAlgorithm};

/// The digest that belongs to a signature: its own, so that one hash function
/// serves throughout; SHA-512 for Ed25519 (RFC 8419 §2.3).
pub(crate) fn digest_of(algorithm: SignatureAlgorithm) -> Digest {
    algorithm.digest().unwrap_or(Digest::Sha512)
}
