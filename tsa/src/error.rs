//! What can go wrong in the time-stamp authority.

use hsm_adapters::KeyError;
use pki::tsp::Rejection;
use platform_access::AccessError;
use platform_store::StoreError;
use platform_web::Problem;

/// A time-stamp that was not given, or a unit that could not be used.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// The request is rejected in the protocol's own terms (RFC 3161 §2.4.2).
    #[error("rejected: {0}")]
    Rejected(#[from] Rejection),
    /// There is no such unit.
    #[error("there is no time-stamping unit {0}")]
    NoSuchUnit(String),
    /// A unit's policy is not an OID.
    #[error("unit {unit}: its policy {policy:?} is not an OID")]
    InvalidPolicy {
        /// The unit's name.
        unit: String,
        /// Its policy.
        policy: String,
    },
    /// The caller lacks the permission, or the refusal could not be recorded.
    #[error(transparent)]
    Access(#[from] AccessError),
    /// The unit's certificate could not be looked up.
    #[error("the certificate of unit {unit}: {reason}")]
    Certificate {
        /// The unit's name.
        unit: String,
        /// What failed.
        reason: String,
    },
    /// Bytes could not be built, read or signed.
    #[error("building or signing failed: {0}")]
    Pki(pki::Error),
    /// The unit's key cannot be used.
    #[error(transparent)]
    Key(#[from] KeyError),
    /// The database failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl From<pki::Error> for Error {
    fn from(error: pki::Error) -> Self {
        match error {
            pki::Error::Key(error) => Self::Key(error),
            other => Self::Pki(other),
        }
    }
}

impl From<Error> for Problem {
    fn from(error: Error) -> Self {
        match error {
            Error::Rejected(_) => Self::unprocessable(error.to_string()),
            Error::NoSuchUnit(_) => Self::not_found(error.to_string()),
            Error::Access(error) => error.into(),
            Error::InvalidPolicy { .. } | Error::Certificate { .. } | Error::Pki(_) => {
                Self::internal(&error)
            }
            Error::Key(error) => error.into(),
            Error::Store(error) => error.into(),
        }
    }
}
