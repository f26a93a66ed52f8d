//! REST: `/api/v1/key-stores`.

use axum::{Extension, Json, extract::State};
use platform_access::Caller;
use platform_web::{Page, Problem, Refusals};

use crate::{Service, StoreDescription, stores};

/// Lists the stores that private keys are in, all on one page.
#[utoipa::path(get, path = "/api/v1/key-stores", tag = "keys", responses(
    (status = 200, body = Page<StoreDescription>), Refusals))]
pub(super) async fn list(
    State(keys): State<Service>,
    Extension(caller): Extension<Caller>,
) -> Result<Json<Page<StoreDescription>>, Problem> {
    let items = stores::stores(&keys, &caller).await?;
    Ok(Json(Page { items, next: None }))
}
