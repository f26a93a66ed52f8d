//! Bounds on what a stranger may send.

use axum::{
    body::{Body, Bytes},
    http::{HeaderMap, HeaderValue, header},
};
use http_body_util::{BodyExt, LengthLimitError, Limited};

use super::Problem;

/// The largest request body any route takes, in bytes.
pub const MAX_BODY: usize = 256 * 1024;

/// Reads a request's body of at most `limit` bytes.
///
/// # Errors
/// 413 where it is longer, 400 where it breaks off.
pub async fn body_limit(body: Body, limit: usize) -> Result<Bytes, Problem> {
    match Limited::new(body, limit).collect().await {
        Ok(collected) => Ok(collected.to_bytes()),
        Err(error) if error.is::<LengthLimitError>() => Err(Problem::new(
            axum::http::StatusCode::PAYLOAD_TOO_LARGE,
            "Content Too Large",
            format!("a request has at most {limit} bytes"),
        )),
        Err(_) => Err(Problem::bad_request("the request broke off")),
    }
}

/// Marks an answer as one that nobody may keep.
pub fn no_cache(headers: &mut HeaderMap) {
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    headers.insert(header::PRAGMA, HeaderValue::from_static("no-cache"));
}
