//! What can go wrong in the directory.

use platform_access::AccessError;
use platform_store::StoreError;
use platform_web::Problem;

/// Why an operation was not done.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The caller may not do this, or the refusal could not be recorded.
    #[error(transparent)]
    Access(#[from] AccessError),
    /// A value that is not allowed.
    #[error("{field}: {reason}")]
    Invalid {
        /// Which value.
        field: &'static str,
        /// What is wrong with it and how to fix it.
        reason: String,
    },
    /// No user has this name.
    #[error("there is no user {0:?}")]
    NoSuchUser(String),
    /// Another user has this name.
    #[error("there is a user {0} already")]
    UserExists(String),
    /// The user was changed by someone else in the meantime.
    #[error("user {0} was changed or deleted meanwhile; look and try again")]
    Changed(String),
    /// Without this user nobody could administer the system any more.
    #[error(
        "{0} is the last administrator: give another user the permission * first, \
         so that somebody can still do everything"
    )]
    LastAdministrator(String),
    /// More passwords are waiting to be hashed than the queue holds.
    #[error("too many passwords are being checked; try again")]
    Busy,
    /// The database.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// A fault of this program.
    #[error("{0}")]
    Internal(String),
}

impl Error {
    /// An [`Error::Invalid`].
    pub fn invalid(field: &'static str, reason: impl Into<String>) -> Self {
        Self::Invalid {
            field,
            reason: reason.into(),
        }
    }
}

impl From<Error> for Problem {
    fn from(error: Error) -> Self {
        match error {
            Error::Access(error) => error.into(),
            Error::Invalid { .. } => Self::unprocessable(error.to_string()),
            Error::NoSuchUser(_) => Self::not_found(error.to_string()),
            Error::UserExists(_) | Error::Changed(_) | Error::LastAdministrator(_) => {
                Self::conflict(error.to_string())
            }
            Error::Busy => Self::unavailable(error.to_string()),
            Error::Store(error) => error.into(),
            Error::Internal(_) => Self::internal(&error),
        }
    }
}
