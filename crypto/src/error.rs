//! The crate's error type.

/// Why a public key or a signature was rejected.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// Bytes that do not follow the structure's syntax or DER.
    #[error("{what}: {field}: {reason}")]
    Syntax {
        /// The structure, such as `SubjectPublicKeyInfo`.
        what: &'static str,
        /// The field within it, such as `algorithm`.
        field: &'static str,
        /// What is wrong there.
        reason: String,
    },
    /// More bytes than a public key may have.
    #[error("{what} has {actual} bytes, the limit is {limit}")]
    TooLong {
        /// The structure.
        what: &'static str,
        /// How many bytes it may have.
        limit: usize,
        /// How many it has.
        actual: usize,
    },
    /// An algorithm that is not in the table, or that does not fit the key.
    #[error("{what}: algorithm {algorithm} is not supported here")]
    UnsupportedAlgorithm {
        /// Where it was found.
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
        /// The scheme.
        what: &'static str,
    },
}

/// The crate's result.
pub type Result<T, E = Error> = std::result::Result<T, E>;
