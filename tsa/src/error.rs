//! What can go wrong in the time-stamp authority.

use hsm_adapters::KeyError;
use pki::tsp::Rejection;
use platform::{StoreError, access::Denied, web::Problem};

/// A time-stamp that was not given, or a unit that was not made.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The request is refused in the protocol's own terms (RFC 3161 §2.4.2).
    #[error("refused: {0}")]
    Rejected(#[from] Rejection),
    /// There is no such unit.
    #[error("there is no time-stamping unit {0}")]
    NoSuchUnit(String),
    /// The caller may not.
    #[error(transparent)]
    Denied(#[from] Denied),
    /// Bytes could not be built, read or signed.
    #[error("building or signing failed: {0}")]
    Pki(pki::Error),
    /// The unit's key does not serve.
    #[error(transparent)]
    Key(#[from] KeyError),
    /// The database does not serve.
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
            Error::Denied(denied) => denied.into(),
            Error::Pki(error) => Self::internal(&error),
            Error::Key(error) => error.into(),
            Error::Store(error) => error.into(),
        }
    }
}
