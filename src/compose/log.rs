//! The audit log: its entries through REST, its signed head for everyone.

use std::sync::Arc;

use axum::{
    Extension, Json, Router,
    extract::State,
    http::header::{CACHE_CONTROL, CONTENT_TYPE},
    response::{IntoResponse, Response},
    routing::get,
};
use platform_access::{Action, Caller, Resource};
use platform_log::Listed;
use platform_web::{Page, PageQuery, Problem, QueryParams, Refusals};
use serde::Deserialize;
use utoipa::openapi::OpenApi;
use utoipa_axum::{router::OpenApiRouter, routes};

use super::{Node, Parts};

/// Reading the log's entries.
const READ: Action = Action::new("audit.read");

pub(super) fn parts(node: &Arc<Node>) -> Option<Parts> {
    let checkpoint = Router::new()
        .route("/log/checkpoint", get(checkpoint))
        .with_state(Arc::clone(node));
    Some(Parts {
        api: described().with_state(Arc::clone(node)),
        https: checkpoint,
        ..Parts::default()
    })
}

pub(super) fn openapi() -> OpenApi {
    described().into_openapi()
}

/// REST and its description.
fn described() -> OpenApiRouter<Arc<Node>> {
    OpenApiRouter::new().routes(routes!(entries))
}

/// Which entries to list.
#[derive(Debug, Deserialize, utoipa::IntoParams)]
#[into_params(parameter_in = Query)]
struct ListQuery {
    /// Only entries of this action, such as `ca.certificate.issue`.
    action: Option<String>,
    /// Only entries before this index in the log.
    #[param(minimum = 0)]
    before: Option<i64>,
    /// At most so many entries, 1 to 1000; 100 if absent.
    #[param(minimum = 1, maximum = 1000)]
    limit: Option<u32>,
    /// Where to continue: `next` of the page before.
    #[param(max_length = 400)]
    cursor: Option<String>,
}

/// Lists audit entries, the newest first. Entries of the last second may have no index
/// yet; they are on the first page only.
#[utoipa::path(get, path = "/api/v1/audit/entries", tag = "audit", params(ListQuery), responses(
    (status = 200, body = Page<Listed>), Refusals))]
async fn entries(
    State(node): State<Arc<Node>>,
    Extension(caller): Extension<Caller>,
    QueryParams(query): QueryParams<ListQuery>,
) -> Result<Json<Page<Listed>>, Problem> {
    let all = Resource::all("audit_entry");
    node.access.enforce(&caller, READ, &all).await?;
    let page = PageQuery {
        limit: query.limit,
        cursor: query.cursor,
    };
    let page = page.parse()?;
    let bad_cursor = |_| Problem::bad_request("cursor is the `next` of the page before");
    let before = match page.after() {
        "" => query.before,
        index => Some(index.parse().map_err(bad_cursor)?),
    };
    if before.is_some_and(|before: i64| before < 0) {
        return Err(Problem::bad_request("before is not negative"));
    }
    let action = query.action.as_deref();
    let listed = platform_log::list(&node.store, action, before, page.limit() + 1).await?;
    Ok(Json(page.page(listed, |entry| {
        entry.index.unwrap_or(i64::MAX).to_string()
    })))
}

/// The signed head of the log, for whoever wants to keep it.
async fn checkpoint(State(node): State<Arc<Node>>) -> Result<Response, Problem> {
    let note = platform_log::latest_checkpoint(&node.store)
        .await?
        .ok_or_else(|| Problem::not_found("nothing was logged yet"))?;
    let headers = [
        (CONTENT_TYPE, "text/plain; charset=utf-8"),
        (CACHE_CONTROL, "no-store"),
    ];
    Ok((headers, note).into_response())
}
