//! REST: `/api/v1/audit/entries`.

use std::sync::Arc;

use axum::{Extension, Json, extract::State};
use platform::{
    Caller, audit,
    web::{Problem, ProblemBody, QueryParams},
};
use serde::Deserialize;
use utoipa_axum::{router::OpenApiRouter, routes};

use crate::node::Node;

pub(super) fn api(node: &Arc<Node>) -> OpenApiRouter {
    described().with_state(Arc::clone(node))
}

/// REST and its description.
pub(super) fn described() -> OpenApiRouter<Arc<Node>> {
    OpenApiRouter::new().routes(routes!(entries))
}

/// What a list of entries is narrowed by.
#[derive(Debug, Deserialize, utoipa::IntoParams)]
#[into_params(parameter_in = Query)]
struct Narrow {
    /// Only entries of this action, such as `ca.certificate.issue`.
    action: Option<String>,
    /// Only entries before this place in the log: the last one of the page before.
    #[param(minimum = 0)]
    before: Option<i64>,
    /// How many at most, 1 to 1000.
    #[param(minimum = 1, maximum = 1000)]
    limit: Option<u32>,
}

/// Lists audit entries, the newest first.
#[utoipa::path(get, path = "/api/v1/audit/entries", tag = "audit", params(Narrow), responses(
    (status = 200, body = Vec<audit::Listed>),
    (status = 400, body = ProblemBody, content_type = "application/problem+json"),
    (status = 401, body = ProblemBody, content_type = "application/problem+json"),
    (status = 403, body = ProblemBody, content_type = "application/problem+json"),
    (status = 503, body = ProblemBody, content_type = "application/problem+json")))]
async fn entries(
    State(node): State<Arc<Node>>,
    Extension(caller): Extension<Caller>,
    QueryParams(narrow): QueryParams<Narrow>,
) -> Result<Json<Vec<audit::Listed>>, Problem> {
    caller.require("audit.read")?;
    let limit = narrow.limit.unwrap_or(100);
    if !(1..=1000).contains(&limit) || narrow.before.is_some_and(|before| before < 0) {
        return Err(Problem::bad_request(
            "limit is from 1 to 1000, before is not negative",
        ));
    }
    let listed = audit::list(&node.store, narrow.action.as_deref(), narrow.before, limit).await?;
    Ok(Json(listed))
}
