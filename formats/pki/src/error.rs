//! The crate's one error type.

use hsm_adapters::KeyError;

use crate::{findings::Findings, request_error::RequestError};

/// What was wrong, and where, in the terms of the standards.
#[derive(Clone, Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// Bytes that do not follow the structure's syntax or DER.
    #[error("{what}: {field}: {reason}")]
    Syntax {
        /// The structure, such as `CertificationRequest`.
        what: &'static str,
        /// The field within it, such as `subject`.
        field: &'static str,
        /// What is wrong there.
        reason: String,
    },
    /// More bytes than such a thing may have.
    #[error("{what} has {actual} bytes, the limit is {limit}")]
    TooLong {
        /// The structure.
        what: &'static str,
        /// How many bytes it may have.
        limit: usize,
        /// How many it has.
        actual: usize,
    },
    /// An algorithm that is in no row of the table, or does not fit the key.
    #[error("{what}: algorithm {algorithm} is not supported here")]
    UnsupportedAlgorithm {
        /// Where it was met.
        what: &'static str,
        /// Its name or OID.
        algorithm: String,
    },
    /// A public key that must not be used.
    #[error("public key refused: {reason}")]
    BadKey {
        /// What is wrong with it.
        reason: String,
    },
    /// A signature that the key did not make over these bytes.
    #[error("{what}: wrong signature")]
    BadSignature {
        /// What carries the signature.
        what: &'static str,
    },
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
            asn1::Error::Syntax {
                what,
                field,
                reason,
            } => Self::Syntax {
                what,
                field,
                reason,
            },
            asn1::Error::TooLong {
                what,
                limit,
                actual,
            } => Self::TooLong {
                what,
                limit,
                actual,
            },
            asn1::Error::OutOfRange { field, reason } => Self::Invalid {
                field,
                reason: reason.into(),
            },
        }
    }
}

impl From<crypto::Error> for Error {
    fn from(error: crypto::Error) -> Self {
        match error {
            crypto::Error::Syntax {
                what,
                field,
                reason,
            } => Self::Syntax {
                what,
                field,
                reason,
            },
            crypto::Error::TooLong {
                what,
                limit,
                actual,
            } => Self::TooLong {
                what,
                limit,
                actual,
            },
            crypto::Error::UnsupportedAlgorithm { what, algorithm } => {
                Self::UnsupportedAlgorithm { what, algorithm }
            }
            crypto::Error::BadKey { reason } => Self::BadKey { reason },
            crypto::Error::BadSignature { what } => Self::BadSignature { what },
            other => Self::BadKey {
                reason: other.to_string(),
            },
        }
    }
}

impl Error {
    pub(crate) fn syntax(
        what: &'static str,
        field: &'static str,
        reason: impl Into<String>,
    ) -> Self {
        Self::Syntax {
            what,
            field,
            reason: reason.into(),
        }
    }

    pub(crate) fn invalid(field: &'static str, reason: impl Into<String>) -> Self {
        Self::Invalid {
            field,
            reason: reason.into(),
        }
    }
}
