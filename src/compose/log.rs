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
use platform_log::ListedEntry;
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
    before: Option<u64>,
    /// At most so many entries, 1 to 1000; 100 if absent.
    #[param(minimum = 1, maximum = 1000)]
    limit: Option<u32>,
    /// Where to continue: `next` of the page before.
    #[param(max_length = 400)]
    cursor: Option<String>,
}

/// Lists audit entries, the newest first. Entries of the last second may have no index
/// yet, and may be listed again once they have one.
#[utoipa::path(get, path = "/api/v1/audit/entries", tag = "audit", params(ListQuery), responses(
    (status = 200, body = Page<ListedEntry>), Refusals))]
async fn entries(
    State(node): State<Arc<Node>>,
    Extension(caller): Extension<Caller>,
    QueryParams(query): QueryParams<ListQuery>,
) -> Result<Json<Page<ListedEntry>>, Problem> {
    let all = Resource::all("audit_entry");
    node.access.enforce(&caller, READ, &all).await?;
    let page = PageQuery {
        limit: query.limit,
        cursor: query.cursor,
    };
    let page = page.parse()?;
    let after = match page.after() {
        "" => None,
        cursor => Some(
            cursor
                .parse()
                .map_err(|_| Problem::bad_request("cursor is the `next` of the page before"))?,
        ),
    };
    let query = platform_log::ListQuery {
        action: query.action,
        before: query.before,
        after,
    };
    let listed = platform_log::list(&node.store, &query, page.fetch_limit()).await?;
    let page = page.page(listed, |(cursor, _)| cursor.to_string());
    Ok(Json(page.map(|(_, entry)| entry.into())))
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
