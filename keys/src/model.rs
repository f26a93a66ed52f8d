//! What a key and a store look like to callers.

use hsm_adapters::{KeyInfo, KeySpec};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// A private key, without any of its secrets.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct KeyDescription {
    /// Its address, such as `software:archive-2027`.
    pub uri: String,
    /// Its algorithm, such as `p256`.
    pub algorithm: String,
    /// Security strength in bits (NIST SP 800-57 part 1, table 2).
    pub strength_bits: u16,
    /// What it may do: `sign`, `decrypt`, `agree`, `wrap`.
    pub usage: Vec<String>,
    /// True if it may leave its store, wrapped.
    pub exportable: bool,
}

/// A key to be generated.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewKey {
    /// Its name in the default store, or a whole address.
    pub name: String,
    /// What it is, and what it is for.
    pub spec: KeySpec,
}

/// A place where private keys are.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct StoreDescription {
    /// Its name, such as `software` or `pkcs11:token=main`.
    pub store: String,
    /// True if new keys are generated here unless another address is given.
    pub default: bool,
    /// `ready`, or why it is not.
    pub state: String,
    /// The key algorithms that it can generate.
    pub algorithms: Vec<String>,
}

impl From<KeyInfo> for KeyDescription {
    fn from(KeyInfo { uri, spec }: KeyInfo) -> Self {
        Self {
            uri,
            algorithm: spec.algorithm.name().to_owned(),
            strength_bits: spec.algorithm.strength(),
            usage: spec.usage.names().map(str::to_owned).collect(),
            exportable: spec.exportable,
        }
    }
}
