//! What can go wrong when people prove who they are.

use platform_access::AccessError;
use platform_pages::Failure;
use platform_store::StoreError;
use platform_web::Problem;

/// Why an operation was not done.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The caller may not do this, or the refusal could not be recorded.
    #[error(transparent)]
    Access(#[from] AccessError),
    /// No user has this name.
    #[error("there is no user {0:?}")]
    NoSuchUser(String),
    /// The user has no session with this id.
    #[error("there is no session {0:?}")]
    NoSuchSession(String),
    /// A password that falls at the first guesses.
    #[error("password: {0}")]
    WeakPassword(#[from] WeakPassword),
    /// A link that was used, is too old, or never existed.
    #[error("the link was used or has expired")]
    LinkExpired,
    /// Unknown user, disabled user or wrong password: nobody learns which.
    #[error("the user name or the password is wrong")]
    WrongCredentials,
    /// Too many attempts.
    #[error("too many attempts; try again in {retry_after} s")]
    Throttled {
        /// Seconds to wait.
        retry_after: u64,
    },
    /// More passwords are waiting to be checked than the queue holds.
    #[error("too many passwords are being checked; try again")]
    Busy,
    /// The database.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// Settings that contradict each other.
    #[error("{0}")]
    Config(String),
    /// A fault of this program.
    #[error("{0}")]
    Internal(String),
}

/// Why a password may not be chosen (NIST SP 800-63B-4 §3.1.1.2).
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum WeakPassword {
    /// Too few characters.
    #[error("at least {min} characters")]
    TooShort {
        /// The fewest.
        min: usize,
    },
    /// Too many bytes to hash.
    #[error("at most {max} bytes")]
    TooLong {
        /// The most.
        max: usize,
    },
    /// A short text over and over, or a run such as `abcdef`.
    #[error("this one repeats itself or is a plain sequence; choose another")]
    Repetitive,
    /// On the list of common and breached passwords.
    #[error("this one is on the list of common and breached passwords; choose another")]
    TooCommon,
    /// The name of the user or of the service, and little else.
    #[error("this one is little more than the name of the user or of the service; choose another")]
    Name,
}

impl From<idp_directory::Error> for Error {
    fn from(error: idp_directory::Error) -> Self {
        match error {
            idp_directory::Error::Access(error) => error.into(),
            idp_directory::Error::NoSuchUser(name) => Self::NoSuchUser(name),
            idp_directory::Error::Store(error) => error.into(),
            idp_directory::Error::Busy => Self::Busy,
            other => Self::Internal(other.to_string()),
        }
    }
}

impl From<Error> for Problem {
    fn from(error: Error) -> Self {
        match error {
            Error::Access(error) => error.into(),
            Error::WeakPassword(_) => Self::unprocessable(error.to_string()),
            Error::NoSuchUser(_) | Error::NoSuchSession(_) | Error::LinkExpired => {
                Self::not_found(error.to_string())
            }
            Error::Store(error) => error.into(),
            Error::Busy | Error::Throttled { .. } => Self::unavailable(error.to_string()),
            Error::WrongCredentials => Self::unauthorized(error.to_string()),
            Error::Config(_) | Error::Internal(_) => Self::internal(&error),
        }
    }
}

/// What a page says of it; the cause is logged here.
impl From<Error> for Failure {
    fn from(error: Error) -> Self {
        match error {
            Error::Busy => Self::Unavailable,
            Error::Store(error) if error.is_transient() => {
                tracing::error!(%error, "the database is unavailable");
                Self::Unavailable
            }
            error => {
                tracing::error!(%error, "a request failed");
                Self::Internal
            }
        }
    }
}
