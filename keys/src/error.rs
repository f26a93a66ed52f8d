//! What can go wrong with the administration of keys.

use hsm_adapters::KeyError;
use platform_access::AccessError;
use platform_store::StoreError;
use platform_web::Problem;

/// An operation that was not done.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The caller may not.
    #[error(transparent)]
    Access(#[from] AccessError),
    /// Something refers to the key.
    #[error("{uri} is in use by {}", used_by.join(", "))]
    InUse {
        /// The key.
        uri: String,
        /// What refers to it, such as `authority issuing`.
        used_by: Vec<String>,
    },
    /// The device or the key store refused or failed.
    #[error(transparent)]
    Key(#[from] KeyError),
    /// The database failed.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The process is stopping.
    #[error("the server is stopping")]
    Stopping,
}

impl From<Error> for Problem {
    fn from(error: Error) -> Self {
        let detail = error.to_string();
        match error {
            Error::Access(error) => error.into(),
            Error::InUse { .. } => Self::conflict(detail),
            Error::Store(error) => error.into(),
            Error::Stopping => Self::unavailable(detail),
            Error::Key(error) => match error {
                KeyError::NoSuchKey { .. } => Self::not_found(detail),
                KeyError::KeyExists { .. } => Self::conflict(detail),
                KeyError::BadUri { .. }
                | KeyError::UnsupportedKey { .. }
                | KeyError::UnsupportedUsage { .. }
                | KeyError::UnsupportedOperation { .. } => Self::unprocessable(detail),
                // Whoever administers keys must know what the device reported.
                _ => {
                    tracing::error!(%error, "a key store failed");
                    Self::unavailable(detail)
                }
            },
        }
    }
}
