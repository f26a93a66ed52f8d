//! Bounds on what a stranger may send.

use axum::{
    body::{Body, Bytes},
    http::{HeaderMap, HeaderValue, header},
};
use bytes::BytesMut;
use http_body_util::BodyExt as _;

use crate::Problem;

/// The largest request body any route takes, in bytes.
pub const MAX_BODY: usize = 256 * 1024;

/// How much of a body that is too long is still read: a connection that is closed
/// while its client sends may lose the answer on the way.
const MAX_DRAINED: usize = 1024 * 1024;

/// Reads a request's body of at most `limit` bytes.
///
/// # Errors
/// 413 where it is longer, 400 where it breaks off.
pub async fn body_limit(mut body: Body, limit: usize) -> Result<Bytes, Problem> {
    let mut read = BytesMut::new();
    let mut total = 0_usize;
    while let Some(frame) = body.frame().await {
        let frame = frame.map_err(|_| Problem::bad_request("the request broke off"))?;
        let Ok(data) = frame.into_data() else {
            continue;
        };
        total = total.saturating_add(data.len());
        if total <= limit {
            read.extend_from_slice(&data);
        } else if total > MAX_DRAINED {
            break;
        }
    }
    if total > limit {
        return Err(Problem::new(
            axum::http::StatusCode::PAYLOAD_TOO_LARGE,
            "Content Too Large",
            format!("a request has at most {limit} bytes"),
        ));
    }
    Ok(read.freeze())
}

/// Forbids every cache to store a response.
pub fn no_cache(headers: &mut HeaderMap) {
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    headers.insert(header::PRAGMA, HeaderValue::from_static("no-cache"));
}
