//! `/log/checkpoint`: the signed head of the log, for whoever wants to keep it.

use std::sync::Arc;

use axum::{
    Router,
    extract::State,
    http::header::{CACHE_CONTROL, CONTENT_TYPE},
    response::{IntoResponse, Response},
    routing::get,
};
use platform::{audit, web::Problem};

use crate::node::Node;

pub(super) fn routes(node: &Arc<Node>) -> Router {
    Router::new()
        .route("/log/checkpoint", get(checkpoint))
        .with_state(Arc::clone(node))
}

async fn checkpoint(State(node): State<Arc<Node>>) -> Result<Response, Problem> {
    let note = audit::latest_checkpoint(&node.store)
        .await?
        .ok_or_else(|| Problem::not_found("nothing was logged yet"))?;
    let headers = [
        (CONTENT_TYPE, "text/plain; charset=utf-8"),
        (CACHE_CONTROL, "no-store"),
    ];
    Ok((headers, note).into_response())
}
