//! What can go wrong in the certificate authority.

use hsm_adapters::KeyError;
use platform::{StoreError, access::Denied, web::Problem};

/// An operation that did not happen.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The caller may not.
    #[error(transparent)]
    Denied(#[from] Denied),
    /// The request asks for something that no profile gives.
    #[error("{0}")]
    Refused(String),
    /// The certification request cannot be used.
    #[error("the certification request: {0}")]
    BadRequest(pki::Error),
    /// There is no such authority.
    #[error("there is no certificate authority {0}")]
    NoSuchCa(String),
    /// There is no such certificate.
    #[error("there is no certificate with serial number {0}")]
    NoSuchCertificate(String),
    /// The certificate was revoked before.
    #[error("certificate {0} is revoked already")]
    AlreadyRevoked(String),
    /// Bytes that were built or signed are not as they must be.
    #[error("building or signing failed: {0}")]
    Pki(pki::Error),
    /// A private key does not serve.
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
            Error::Denied(denied) => denied.into(),
            Error::Refused(_) | Error::BadRequest(_) => Self::unprocessable(error.to_string()),
            Error::NoSuchCa(_) | Error::NoSuchCertificate(_) => Self::not_found(error.to_string()),
            Error::AlreadyRevoked(_) => Self::conflict(error.to_string()),
            Error::Pki(error) => Self::internal(&error),
            Error::Key(error) => error.into(),
            Error::Store(error) => error.into(),
        }
    }
}
