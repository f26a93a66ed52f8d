#![forbid(unsafe_code)]
//! What every layer needs of cryptography and no secret takes part in: the table of
//! algorithms, digests, public keys and the verification of signatures, random numbers.
//!
//! Private keys are in `hsm-adapters`; structures of X.509, CMS and JOSE in `formats`.

mod algorithm;
mod digest;
mod ecdsa;
mod encryption;
mod error;
pub mod mechanism;
mod opaque_token;
mod point;
mod public_key;
pub mod random;
mod signature_scheme;
mod sm2_identity;
mod weak_key;

pub use algorithm::{JoseKey, KeyAlgorithm, SignatureAlgorithm, UnknownAlgorithm};
pub use digest::Digest;
pub use ecdsa::{ecdsa_der_to_raw, ecdsa_raw_to_der};
pub use encryption::EncryptionAlgorithm;
pub use error::{Error, Result};
pub use mechanism::Sm2Mechanisms;
pub use opaque_token::{OpaqueToken, first_key_at, timed_id, token_key};
pub use point::decompress_point;
pub use public_key::{KeyIdentifier, KeyKind, PublicKey, verify};
pub use signature_scheme::SignatureScheme;
pub use sm2_identity::{SM2_DEFAULT_ID, sm2_identity};
pub use weak_key::{Weakness, find_weakness};
