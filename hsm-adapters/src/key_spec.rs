//! What a key is, what it may do, and whether it may leave its store.

use crypto::KeyAlgorithm;

use crate::{KeyError, KeyUsage};

/// What a key is generated for. An adapter refuses any other use.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct KeySpec {
    /// What kind of key pair it is.
    pub algorithm: KeyAlgorithm,
    /// What the private key may do.
    pub usage: KeyUsage,
    /// True if the private key may leave its store, wrapped ([`crate::Wrap`]).
    pub exportable: bool,
}

impl KeySpec {
    /// A key that signs and never leaves its store.
    pub const fn signing(algorithm: KeyAlgorithm) -> Self {
        Self {
            algorithm,
            usage: KeyUsage::SIGN,
            exportable: false,
        }
    }

    /// The same key for another usage.
    #[must_use]
    pub const fn with_usage(self, usage: KeyUsage) -> Self {
        Self { usage, ..self }
    }

    /// The same key, exportable.
    #[must_use]
    pub const fn exportable(self) -> Self {
        Self {
            exportable: true,
            ..self
        }
    }

    /// Refuses a use that this key was not generated for.
    pub(crate) fn permit(&self, uri: &str, asked: KeyUsage) -> Result<(), KeyError> {
        if self.usage.contains(asked) {
            return Ok(());
        }
        Err(KeyError::NotPermitted {
            uri: uri.to_owned(),
            asked,
            allowed: self.usage,
        })
    }

    /// Refuses a usage that the algorithm does not have.
    ///
    /// # Errors
    /// [`KeyError::UnsupportedUsage`].
    pub fn validate(&self) -> Result<(), KeyError> {
        let possible = KeyUsage::possible(self.algorithm);
        if self.usage == KeyUsage::NONE || !possible.contains(self.usage) {
            return Err(KeyError::UnsupportedUsage {
                algorithm: self.algorithm,
                usage: self.usage,
                possible,
            });
        }
        Ok(())
    }
}

impl From<KeyAlgorithm> for KeySpec {
    fn from(algorithm: KeyAlgorithm) -> Self {
        Self::signing(algorithm)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_has_only_the_usages_of_its_algorithm() {
        let spec = |algorithm, usage| KeySpec::signing(algorithm).with_usage(usage);
        spec(KeyAlgorithm::P256, KeyUsage::SIGN | KeyUsage::AGREE)
            .validate()
            .unwrap();
        spec(KeyAlgorithm::Rsa3072, KeyUsage::DECRYPT | KeyUsage::WRAP)
            .validate()
            .unwrap();
        for wrong in [
            spec(KeyAlgorithm::P256, KeyUsage::DECRYPT),
            spec(KeyAlgorithm::Ed25519, KeyUsage::AGREE),
            spec(KeyAlgorithm::Sm2, KeyUsage::WRAP),
            spec(KeyAlgorithm::P384, KeyUsage::NONE),
        ] {
            assert!(wrong.validate().is_err(), "{wrong:?}");
        }
    }
}
