//! The settings of SM2.

use crypto::Sm2Mechanisms;

/// What SM2 needs beyond the other algorithms.
#[derive(Clone, Debug)]
pub struct Sm2Settings {
    /// The signer's id (GB/T 32918.2 §5.5).
    pub id: String,
    /// What PKCS#11 tokens call SM2; without it no SM2 key is generated there.
    pub mechanisms: Option<Sm2Mechanisms>,
}

impl Default for Sm2Settings {
    fn default() -> Self {
        Self {
            id: crypto::SM2_DEFAULT_ID.to_owned(),
            mechanisms: None,
        }
    }
}
