//! What can go wrong in the OpenID provider.

use hsm_adapters::KeyError;
use oauth::ErrorCode;
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
    /// A value that is not allowed.
    #[error("{field}: {reason}")]
    Invalid {
        /// Which value.
        field: &'static str,
        /// What is wrong with it and how to fix it.
        reason: String,
    },
    /// No client has this id.
    #[error("there is no client {0:?}")]
    NoSuchClient(String),
    /// It contradicts what exists.
    #[error("{0}")]
    Conflict(String),
    /// An error that OAuth has a code for.
    #[error("{}: {description}", code.name())]
    OAuth {
        /// The registered error code.
        code: ErrorCode,
        /// For the client's developer.
        description: String,
    },
    /// From sign-in: throttled or busy, for example.
    #[error(transparent)]
    Authn(idp_authn::Error),
    /// The database.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// A signing key.
    #[error("a signing key: {0}")]
    Key(#[from] KeyError),
    /// A setting or a key that the provider cannot start with.
    #[error("{0}")]
    Config(String),
    /// A fault of this program.
    #[error("{0}")]
    Internal(String),
}

impl Error {
    pub(crate) fn oauth(code: ErrorCode, description: impl Into<String>) -> Self {
        Self::OAuth {
            code,
            description: description.into(),
        }
    }

    pub(crate) fn invalid_grant(description: impl Into<String>) -> Self {
        Self::oauth(ErrorCode::InvalidGrant, description)
    }

    pub(crate) fn invalid(field: &'static str, reason: impl Into<String>) -> Self {
        Self::Invalid {
            field,
            reason: reason.into(),
        }
    }
}

impl From<idp_authn::Error> for Error {
    fn from(error: idp_authn::Error) -> Self {
        match error {
            idp_authn::Error::Store(error) => error.into(),
            idp_authn::Error::Access(error) => error.into(),
            other => Self::Authn(other),
        }
    }
}

impl From<idp_directory::Error> for Error {
    fn from(error: idp_directory::Error) -> Self {
        match error {
            idp_directory::Error::Invalid { field, reason } => Self::Invalid { field, reason },
            other => idp_authn::Error::from(other).into(),
        }
    }
}

impl From<Error> for Problem {
    fn from(error: Error) -> Self {
        match error {
            Error::Access(error) => error.into(),
            Error::Invalid { .. } => Self::unprocessable(error.to_string()),
            Error::NoSuchClient(_) => Self::not_found(error.to_string()),
            Error::Conflict(_) => Self::conflict(error.to_string()),
            Error::Store(error) => error.into(),
            Error::Key(error) => error.into(),
            Error::Authn(error) => error.into(),
            Error::OAuth {
                code: ErrorCode::InvalidToken,
                description,
            } => Self::invalid_token(description),
            Error::OAuth {
                code: ErrorCode::InsufficientScope,
                description,
            } => Self::forbidden(description),
            Error::OAuth { description, .. } => Self::bad_request(description),
            Error::Config(_) | Error::Internal(_) => Self::internal(&error),
        }
    }
}

/// What a page says of it; the cause is logged here.
impl From<Error> for Failure {
    fn from(error: Error) -> Self {
        match error {
            Error::Authn(error) => error.into(),
            Error::Store(error) if error.is_transient() => {
                tracing::error!(%error, "the database is unavailable");
                Self::Unavailable
            }
            Error::Key(error) if error.is_transient() => {
                tracing::error!(%error, "a signing key is unavailable");
                Self::Unavailable
            }
            Error::OAuth { .. } | Error::Invalid { .. } => Self::BadRequest(error.to_string()),
            error => {
                tracing::error!(%error, "a request failed");
                Self::Internal
            }
        }
    }
}
