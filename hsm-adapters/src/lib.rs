#![forbid(unsafe_code)]
//! Where private keys are.
//!
//! A private key never leaves its adapter unencrypted: the rest of Xinshu holds a
//! [`Key`], which has a public half and signs, decrypts or agrees. This crate knows
//! nothing of X.509, HTTP or SQL.
//!
//! - [`KeyStore`] is an adapter: it finds, generates, lists and destroys keys.
//! - [`Key`] is one private key, wherever it is; [`Decrypt`] and [`Agree`] are what
//!   some keys can do besides signing, [`Wrap`] what moves keys between stores.
//! - [`KeySpec`] says what a key is generated for.
//! - [`Keyring`] is all adapters of a node behind one interface; a [`KeyUri`] says
//!   which adapter a key is in.
//! - [`conformance`] is what every adapter must pass.

pub mod conformance;
mod error;
mod job_queue;
mod key;
mod key_spec;
mod key_usage;
mod keyring;
mod passphrase;
mod pkcs11;
mod sm2_settings;
mod software;
mod uri;
mod wrapping;

pub use error::KeyError;
pub use key::{Agree, Decrypt, Key, KeyInfo, KeyStore, Wrap, WrappedKey};
pub use key_spec::KeySpec;
pub use key_usage::{KeyUsage, UnknownUsage};
pub use keyring::{Keyring, KeyringSettings};
pub use passphrase::{read_passphrase, read_secret_file};
pub use pkcs11::{Pkcs11Settings, Pkcs11Store};
pub use sm2_settings::Sm2Settings;
pub use software::{SoftwareSettings, SoftwareStore};
pub use uri::{KeyUri, Pkcs11Uri};
