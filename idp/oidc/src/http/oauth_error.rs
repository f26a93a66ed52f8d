//! Errors of the OAuth endpoints: JSON as in RFC 6749 §5.2 and RFC 6750 §3.

use axum::{
    body::Body,
    http::{HeaderValue, StatusCode, header},
    response::{IntoResponse, Response},
};
use oauth::{ErrorCode, ParamsError};
use platform_pages::FormError;
use platform_web::{RETRY_AFTER_SECONDS, log_refusal, no_cache};
use serde::Serialize;
use serde_json::json;

use crate::Error;

/// An error on its way to a client.
#[derive(Debug)]
pub(super) enum OAuthError {
    Form(FormError),
    Failed(Error),
}

impl From<Error> for OAuthError {
    fn from(error: Error) -> Self {
        Self::Failed(error)
    }
}

impl From<FormError> for OAuthError {
    fn from(error: FormError) -> Self {
        Self::Form(error)
    }
}

impl OAuthError {
    pub(super) fn new(code: ErrorCode, description: &str) -> Self {
        Self::Failed(Error::oauth(code, description))
    }
}

impl IntoResponse for OAuthError {
    fn into_response(self) -> Response {
        match self {
            Self::Form(error) => body(error.status(), form_code(&error).name(), &error.to_string()),
            Self::Failed(error) => failed(error),
        }
    }
}

/// RFC 8707 §2: of several resources none is issued a token.
fn form_code(error: &FormError) -> ErrorCode {
    match error {
        FormError::Params(ParamsError::Repeated(name)) if name == "resource" => {
            ErrorCode::InvalidTarget
        }
        _ => ErrorCode::InvalidRequest,
    }
}

fn failed(error: Error) -> Response {
    match error {
        Error::OAuth { code, description } => with_code(code, &description),
        Error::Authn(idp_authn::Error::Throttled { retry_after }) => {
            later(StatusCode::TOO_MANY_REQUESTS, retry_after)
        }
        Error::Authn(idp_authn::Error::Busy) => unavailable(),
        Error::Store(error) if error.is_transient() => {
            tracing::error!(%error, "the database is unavailable");
            unavailable()
        }
        Error::Key(error) if error.is_transient() => {
            tracing::error!(%error, "a signing key is unavailable");
            unavailable()
        }
        error => {
            tracing::error!(%error, "a request failed");
            body(
                StatusCode::INTERNAL_SERVER_ERROR,
                "server_error",
                "the server could not do this; its log has the cause under this request's id",
            )
        }
    }
}

fn with_code(code: ErrorCode, description: &str) -> Response {
    let status = match code {
        ErrorCode::InvalidClient | ErrorCode::InvalidToken => StatusCode::UNAUTHORIZED,
        ErrorCode::InsufficientScope => StatusCode::FORBIDDEN,
        _ => StatusCode::BAD_REQUEST,
    };
    let mut response = body(status, code.name(), description);
    let challenge = match code {
        ErrorCode::InvalidClient => "Basic realm=\"xinshu\"",
        ErrorCode::InvalidToken => "Bearer realm=\"xinshu\", error=\"invalid_token\"",
        ErrorCode::InsufficientScope => "Bearer realm=\"xinshu\", error=\"insufficient_scope\"",
        _ => return response,
    };
    response.headers_mut().insert(
        header::WWW_AUTHENTICATE,
        HeaderValue::from_static(challenge),
    );
    response
}

fn unavailable() -> Response {
    later(StatusCode::SERVICE_UNAVAILABLE, RETRY_AFTER_SECONDS)
}

/// A JSON response that must not be cached.
pub(super) fn json(status: StatusCode, value: &impl Serialize) -> Response {
    let Ok(bytes) = serde_json::to_vec(value) else {
        return StatusCode::INTERNAL_SERVER_ERROR.into_response();
    };
    let mut response = Response::new(Body::from(bytes));
    *response.status_mut() = status;
    let headers = response.headers_mut();
    no_cache(headers);
    headers.insert(
        header::CONTENT_TYPE,
        HeaderValue::from_static("application/json"),
    );
    headers.insert(
        header::X_CONTENT_TYPE_OPTIONS,
        HeaderValue::from_static("nosniff"),
    );
    response
}

fn body(status: StatusCode, code: &str, description: &str) -> Response {
    log_refusal(status, description);
    json(
        status,
        &json!({ "error": code, "error_description": printable(description) }),
    )
}

/// A description in the characters that it may have: printable ASCII without quotation mark
/// and backslash (RFC 6749 §4.1.2.1, §5.2).
pub(super) fn printable(description: &str) -> String {
    description
        .chars()
        .map(|char| {
            if matches!(char, ' '..='~') && !matches!(char, '"' | '\\') {
                char
            } else {
                '\''
            }
        })
        .collect()
}

fn later(status: StatusCode, seconds: u64) -> Response {
    let mut response = body(status, "temporarily_unavailable", "try again later");
    response
        .headers_mut()
        .insert(header::RETRY_AFTER, HeaderValue::from(seconds));
    response
}
