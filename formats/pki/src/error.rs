//! The crate's one error type.

use hsm_adapters::KeyError;

use crate::{findings::Findings, request_error::RequestError};

/// What was wrong, and where, in the terms of the standards.
#[derive(Clone, Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// Bytes that are not what the structure's syntax or DER asks for.
    #[error(transparent)]
    Encoding(asn1::Error),
    /// A public key, an algorithm or a signature that was rejected.
    #[error(transparent)]
    Crypto(#[from] crypto::Error),
    /// A certification request that cannot be used.
    #[error(transparent)]
    Request(#[from] RequestError),
    /// A value that cannot be put into what was to be built.
    #[error("{field}: {reason}")]
    Invalid {
        /// The field, such as `commonName`.
        field: &'static str,
        /// Why it cannot.
        reason: String,
    },
    /// The linter refused a certificate before it was signed.
    #[error("refused before signing: {0}")]
    Lint(Findings),
    /// The signing key's adapter failed.
    #[error("signing failed: {0}")]
    Key(#[from] KeyError),
    /// What came back from signing is not what was meant to be signed.
    #[error("signed by {uri}: {reason}")]
    SignedOtherwise {
        /// The key.
        uri: String,
        /// What differs.
        reason: &'static str,
    },
}

/// The crate's result.
pub type Result<T, E = Error> = std::result::Result<T, E>;

impl From<asn1::Error> for Error {
    fn from(error: asn1::Error) -> Self {
        match error {
            asn1::Error::OutOfRange { field, reason } => Self::invalid(field, reason),
            other => Self::Encoding(other),
        }
    }
}

impl Error {
    pub(crate) fn syntax(
        what: &'static str,
        field: &'static str,
        reason: impl Into<String>,
    ) -> Self {
        Self::Encoding(asn1::Error::Syntax {
            what,
            field,
            reason: reason.into(),
        })
    }

    pub(crate) fn invalid(field: &'static str, reason: impl Into<String>) -> Self {
        Self::Invalid {
            field,
            reason: reason.into(),
        }
    }
}
