//! The crate's one error type.

/// What was wrong, and in which field of which structure, in the terms of the standards.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
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
    /// More bytes than the structure may have.
    #[error("{what} has {actual} bytes, the limit is {limit}")]
    TooLong {
        /// The structure.
        what: &'static str,
        /// How many bytes it may have.
        limit: usize,
        /// How many it has.
        actual: usize,
    },
    /// A value that the field cannot carry.
    #[error("{field}: {reason}")]
    OutOfRange {
        /// The field, such as `notAfter`.
        field: &'static str,
        /// Why it cannot be encoded.
        reason: &'static str,
    },
}

/// The crate's result.
pub type Result<T, E = Error> = std::result::Result<T, E>;
