//! Errors of the REST API: RFC 9457 `application/problem+json`.

use axum::{
    body::Body,
    http::{HeaderMap, HeaderValue, StatusCode, header},
    response::{IntoResponse, Response},
};
use hsm_adapters::KeyError;
use platform_access::{AccessError, Denied};
use platform_store::StoreError;
use serde::Serialize;
use utoipa::ToSchema;

use crate::refusal_log;

/// How long a client should wait if a device or the database is unavailable; the value
/// of `Retry-After` in every answer that says so.
pub const RETRY_AFTER_SECONDS: u64 = 2;

/// An error on its way to a client.
#[derive(Clone, Debug)]
pub struct Problem {
    status: StatusCode,
    title: &'static str,
    detail: String,
    challenge: Challenge,
}

/// What `WWW-Authenticate` says (RFC 6750 §3).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Challenge {
    None,
    NoToken,
    InvalidToken,
    InsufficientScope,
}

impl Challenge {
    fn header(self) -> Option<HeaderValue> {
        let challenge = match self {
            Self::None => return None,
            // A stranger who sent no token is told the scheme alone (§3.1).
            Self::NoToken => "Bearer",
            Self::InvalidToken => r#"Bearer error="invalid_token""#,
            Self::InsufficientScope => r#"Bearer error="insufficient_scope""#,
        };
        Some(HeaderValue::from_static(challenge))
    }
}

/// The body of an error (RFC 9457 §3.1).
#[derive(Debug, Serialize, ToSchema)]
pub struct ProblemBody {
    /// Always `about:blank`: the status says it all.
    pub r#type: &'static str,
    /// The kind of error, the same for all of its kind.
    pub title: &'static str,
    /// The HTTP status.
    pub status: u16,
    /// What is wrong with this request and how to fix it.
    pub detail: String,
}

impl Problem {
    /// An error with any status.
    pub fn new(status: StatusCode, title: &'static str, detail: impl Into<String>) -> Self {
        Self {
            status,
            title,
            detail: detail.into(),
            challenge: Challenge::None,
        }
    }

    /// The request cannot be understood: 400.
    pub fn bad_request(detail: impl Into<String>) -> Self {
        Self::new(StatusCode::BAD_REQUEST, "Bad Request", detail)
    }

    /// The request is understood and says something impossible: 422.
    pub fn unprocessable(detail: impl Into<String>) -> Self {
        Self::new(
            StatusCode::UNPROCESSABLE_ENTITY,
            "Unprocessable Content",
            detail,
        )
    }

    /// Nobody proved who they are: 401.
    pub fn unauthorized(detail: impl Into<String>) -> Self {
        Self {
            challenge: Challenge::NoToken,
            ..Self::new(StatusCode::UNAUTHORIZED, "Unauthorized", detail)
        }
    }

    /// The access token proves nothing any more, or never did: 401.
    pub fn invalid_token(detail: impl Into<String>) -> Self {
        Self {
            challenge: Challenge::InvalidToken,
            ..Self::unauthorized(detail)
        }
    }

    /// The caller is known and may not do this: 403.
    pub fn forbidden(detail: impl Into<String>) -> Self {
        Self {
            challenge: Challenge::InsufficientScope,
            ..Self::new(StatusCode::FORBIDDEN, "Forbidden", detail)
        }
    }

    /// There is no such thing: 404.
    pub fn not_found(detail: impl Into<String>) -> Self {
        Self::new(StatusCode::NOT_FOUND, "Not Found", detail)
    }

    /// It contradicts what is: 409.
    pub fn conflict(detail: impl Into<String>) -> Self {
        Self::new(StatusCode::CONFLICT, "Conflict", detail)
    }

    /// A device or the database does not serve now: 503 with Retry-After.
    pub fn unavailable(detail: impl Into<String>) -> Self {
        Self::new(
            StatusCode::SERVICE_UNAVAILABLE,
            "Service Unavailable",
            detail,
        )
    }

    /// Something that should not happen did: 500. The cause goes to the log alone.
    pub fn internal(cause: &dyn std::fmt::Display) -> Self {
        tracing::error!(%cause, "a request failed");
        Self::new(
            StatusCode::INTERNAL_SERVER_ERROR,
            "Internal Server Error",
            "the server could not do this; its log has the cause under this request's id",
        )
    }

    /// The status that will be answered.
    pub fn status(&self) -> StatusCode {
        self.status
    }
}

/// Says when to try again: on every 503, whatever its protocol.
pub fn retry_later(headers: &mut HeaderMap) {
    headers.insert(header::RETRY_AFTER, HeaderValue::from(RETRY_AFTER_SECONDS));
}

impl From<StoreError> for Problem {
    fn from(error: StoreError) -> Self {
        if error.is_transient() {
            tracing::error!(%error, "the database does not serve");
            Self::unavailable("the database does not serve now; try again")
        } else {
            Self::internal(&error)
        }
    }
}

impl From<KeyError> for Problem {
    fn from(error: KeyError) -> Self {
        if error.is_transient() {
            tracing::error!(%error, "a key does not serve");
            Self::unavailable("the signing key does not serve now; try again")
        } else {
            Self::internal(&error)
        }
    }
}

impl From<AccessError> for Problem {
    fn from(error: AccessError) -> Self {
        match error {
            AccessError::Denied(denied) => denied.into(),
            AccessError::Delegation { .. } => Self::forbidden(error.to_string()),
            AccessError::Store(error) => error.into(),
        }
    }
}

impl From<Denied> for Problem {
    fn from(denied: Denied) -> Self {
        if denied.actor == "anonymous" {
            return Self::unauthorized(
                "this needs an access token, a client certificate or the local socket",
            );
        }
        Self::forbidden(denied.to_string())
    }
}

impl IntoResponse for Problem {
    fn into_response(self) -> Response {
        refusal_log::log_problem(self.status, &self.detail);
        let body = ProblemBody {
            r#type: "about:blank",
            title: self.title,
            status: self.status.as_u16(),
            detail: self.detail,
        };
        let json = serde_json::to_vec(&body).unwrap_or_default();
        let mut response = Response::new(Body::from(json));
        *response.status_mut() = self.status;
        let headers = response.headers_mut();
        headers.insert(
            header::CONTENT_TYPE,
            HeaderValue::from_static("application/problem+json"),
        );
        headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
        if self.status == StatusCode::SERVICE_UNAVAILABLE {
            retry_later(headers);
        }
        if let Some(challenge) = self.challenge.header() {
            headers.insert(header::WWW_AUTHENTICATE, challenge);
        }
        response
    }
}
