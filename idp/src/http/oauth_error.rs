//! Errors of the OAuth endpoints: JSON as RFC 6749 §5.2 and RFC 6750 §3 have it.

use axum::{
    body::Body,
    http::{HeaderValue, StatusCode, header},
    response::{IntoResponse, Response},
};
use platform::web::no_cache;
use serde::Serialize;
use serde_json::json;

use super::form::FormError;
use crate::{Error, OAuthCode};

const RETRY_AFTER_SECONDS: u64 = 2;

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
    pub(super) fn new(code: OAuthCode, description: &str) -> Self {
        Self::Failed(Error::oauth(code, description))
    }
}

impl IntoResponse for OAuthError {
    fn into_response(self) -> Response {
        let error = match self {
            Self::Form(error) => {
                return body(
                    error.status(),
                    OAuthCode::InvalidRequest.name(),
                    &error.to_string(),
                );
            }
            Self::Failed(error) => error,
        };
        match error {
            Error::OAuth { code, description } => {
                let status = match code {
                    OAuthCode::InvalidClient | OAuthCode::InvalidToken => StatusCode::UNAUTHORIZED,
                    OAuthCode::InsufficientScope => StatusCode::FORBIDDEN,
                    _ => StatusCode::BAD_REQUEST,
                };
                let mut response = body(status, code.name(), &description);
                let challenge = match code {
                    OAuthCode::InvalidClient => Some("Basic realm=\"xinshu\"".to_owned()),
                    OAuthCode::InvalidToken | OAuthCode::InsufficientScope => Some(format!(
                        "Bearer realm=\"xinshu\", error=\"{}\"",
                        code.name()
                    )),
                    _ => None,
                };
                if let Some(challenge) =
                    challenge.and_then(|text| HeaderValue::from_str(&text).ok())
                {
                    response
                        .headers_mut()
                        .insert(header::WWW_AUTHENTICATE, challenge);
                }
                response
            }
            Error::Throttled { retry_after } => later(StatusCode::TOO_MANY_REQUESTS, retry_after),
            Error::Busy => later(StatusCode::SERVICE_UNAVAILABLE, RETRY_AFTER_SECONDS),
            Error::Store(error) if error.is_transient() => {
                tracing::error!(%error, "the database does not serve");
                later(StatusCode::SERVICE_UNAVAILABLE, RETRY_AFTER_SECONDS)
            }
            Error::Key(error) if error.is_transient() => {
                tracing::error!(%error, "a key does not serve");
                later(StatusCode::SERVICE_UNAVAILABLE, RETRY_AFTER_SECONDS)
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
}

/// A JSON answer that nobody keeps.
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
    // RFC 6749 §5.2: printable ASCII without quotation mark and backslash.
    let description: String = description
        .chars()
        .map(|char| {
            if matches!(char, ' '..='~') && !matches!(char, '"' | '\\') {
                char
            } else {
                '\''
            }
        })
        .collect();
    json(
        status,
        &json!({ "error": code, "error_description": description }),
    )
}

fn later(status: StatusCode, seconds: u64) -> Response {
    let mut response = body(status, "temporarily_unavailable", "try again later");
    response
        .headers_mut()
        .insert(header::RETRY_AFTER, HeaderValue::from(seconds));
    response
}
