//! What can go wrong in the identity provider.

use hsm_adapters::KeyError;
use platform::{StoreError, access::Denied, web::Problem};

/// Why an operation was not done.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The caller may not do this.
    #[error(transparent)]
    Denied(#[from] Denied),
    /// A value that cannot be.
    #[error("{field}: {reason}")]
    Invalid {
        /// Which value.
        field: &'static str,
        /// What is wrong with it and how to mend it.
        reason: String,
    },
    /// There is no such user, client or session.
    #[error("there is no {0}")]
    NotFound(String),
    /// It exists already.
    #[error("{0}")]
    Conflict(String),
    /// A refusal that OAuth has a code for.
    #[error("{}: {description}", code.name())]
    OAuth {
        /// The registered error code.
        code: OAuthCode,
        /// For the client's developer.
        description: String,
    },
    /// Unknown user, disabled user or wrong password: nobody is told which.
    #[error("the user name or the password is wrong")]
    WrongCredentials,
    /// Too many attempts: try again later.
    #[error("too many attempts; wait {retry_after} s")]
    Throttled {
        /// Seconds to wait.
        retry_after: u64,
    },
    /// More passwords are waiting to be checked than the queue holds.
    #[error("too many passwords are being checked")]
    Busy,
    /// The database.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// A signing key.
    #[error("a signing key: {0}")]
    Key(#[from] KeyError),
    /// A setting or a key that the service cannot start with.
    #[error("{0}")]
    Config(String),
    /// Something that should not happen did.
    #[error("{0}")]
    Internal(String),
}

/// The error codes of OAuth 2.0 and OpenID Connect that this server answers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum OAuthCode {
    /// RFC 6749 §5.2.
    InvalidRequest,
    /// RFC 6749 §5.2.
    InvalidClient,
    /// RFC 6749 §5.2.
    InvalidGrant,
    /// RFC 6749 §5.2.
    UnauthorizedClient,
    /// RFC 6749 §5.2.
    UnsupportedGrantType,
    /// RFC 6749 §5.2.
    InvalidScope,
    /// RFC 8707 §2.
    InvalidTarget,
    /// RFC 6749 §4.1.2.1.
    AccessDenied,
    /// RFC 6749 §4.1.2.1.
    UnsupportedResponseType,
    /// OpenID Connect Core §3.1.2.6.
    LoginRequired,
    /// OpenID Connect Core §3.1.2.6.
    RequestNotSupported,
    /// OpenID Connect Core §3.1.2.6.
    RequestUriNotSupported,
    /// OpenID Connect Core §3.1.2.6.
    RegistrationNotSupported,
    /// RFC 7009 §2.2.1.
    UnsupportedTokenType,
    /// RFC 6750 §3.1.
    InvalidToken,
    /// RFC 6750 §3.1.
    InsufficientScope,
}

impl Error {
    pub(crate) fn oauth(code: OAuthCode, description: impl Into<String>) -> Self {
        Self::OAuth {
            code,
            description: description.into(),
        }
    }

    pub(crate) fn invalid(field: &'static str, reason: impl Into<String>) -> Self {
        Self::Invalid {
            field,
            reason: reason.into(),
        }
    }
}

impl OAuthCode {
    /// The code as it is written in answers.
    pub fn name(self) -> &'static str {
        match self {
            Self::InvalidRequest => "invalid_request",
            Self::InvalidClient => "invalid_client",
            Self::InvalidGrant => "invalid_grant",
            Self::UnauthorizedClient => "unauthorized_client",
            Self::UnsupportedGrantType => "unsupported_grant_type",
            Self::InvalidScope => "invalid_scope",
            Self::InvalidTarget => "invalid_target",
            Self::AccessDenied => "access_denied",
            Self::UnsupportedResponseType => "unsupported_response_type",
            Self::LoginRequired => "login_required",
            Self::RequestNotSupported => "request_not_supported",
            Self::RequestUriNotSupported => "request_uri_not_supported",
            Self::RegistrationNotSupported => "registration_not_supported",
            Self::UnsupportedTokenType => "unsupported_token_type",
            Self::InvalidToken => "invalid_token",
            Self::InsufficientScope => "insufficient_scope",
        }
    }
}

impl From<Error> for Problem {
    fn from(error: Error) -> Self {
        match error {
            Error::Denied(denied) => denied.into(),
            Error::Invalid { .. } => Self::unprocessable(error.to_string()),
            Error::NotFound(_) => Self::not_found(error.to_string()),
            Error::Conflict(_) => Self::conflict(error.to_string()),
            Error::Store(error) => error.into(),
            Error::Key(error) => error.into(),
            Error::Busy | Error::Throttled { .. } => Self::unavailable(error.to_string()),
            Error::WrongCredentials => Self::unauthorized(error.to_string()),
            Error::OAuth {
                code: OAuthCode::InvalidToken,
                description,
            } => Self::unauthorized(description),
            Error::OAuth {
                code: OAuthCode::InsufficientScope,
                description,
            } => Self::new(axum::http::StatusCode::FORBIDDEN, "Forbidden", description),
            Error::OAuth { description, .. } => Self::bad_request(description),
            Error::Config(_) | Error::Internal(_) => Self::internal(&error),
        }
    }
}
