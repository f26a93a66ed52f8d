#![forbid(unsafe_code)]
//! Where private keys live.
//!
//! A private key never leaves its adapter: the rest of Xinshu holds a [`Key`],
//! which tells its public half and signs. This crate knows nothing of X.509,
//! HTTP or SQL.
//!
//! - [`KeyStore`] is an adapter: it finds, generates, lists and destroys keys.
//! - [`Key`] is one private key, wherever it is.
//! - [`Keyring`] is all adapters of a node behind one door; a [`KeyUri`] says
//!   which adapter a key lives in.
//! - [`conformance`] is what every adapter must pass.

pub mod conformance;
mod error;
mod key;
mod keyring;
mod lane;
mod passphrase;
mod pkcs11;
mod software;
mod uri;

pub use error::KeyError;
pub use key::{Key, KeyInfo, KeyStore};
pub use keyring::{Keyring, KeyringSettings, Sm2Settings};
pub use passphrase::{read_passphrase, read_secret_file};
pub use pkcs11::{Pkcs11Settings, Pkcs11Store};
pub use software::{SoftwareSettings, SoftwareStore};
pub use uri::{KeyUri, Pkcs11Uri};
