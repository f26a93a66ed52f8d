//! A constant body on a route as deep as the real ones: what the server could do
//! at most, for `make bench` alone.

use axum::{
    Router,
    body::{Body, Bytes},
    extract::Path,
    routing::any,
};

static ZEROS: [u8; 64 * 1024] = [0; 64 * 1024];

pub(super) fn routes() -> Router {
    Router::new().route("/bench/constant/{size}", any(constant))
}

async fn constant(Path(size): Path<usize>, _: Bytes) -> Body {
    Body::from(Bytes::from_static(ZEROS.get(..size).unwrap_or(&ZEROS)))
}
