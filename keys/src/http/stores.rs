//! REST: `/api/v1/key-stores`.

use axum::{Extension, Json, extract::State};
use platform_access::Caller;
use platform_web::{Page, PageQuery, Problem, QueryParams, Refusals};

use crate::{Service, StoreDescription, stores};

/// Lists the stores that private keys are in.
#[utoipa::path(get, path = "/api/v1/key-stores", tag = "keys", params(PageQuery), responses(
    (status = 200, body = Page<StoreDescription>), Refusals))]
pub(super) async fn list(
    State(keys): State<Service>,
    Extension(caller): Extension<Caller>,
    QueryParams(page): QueryParams<PageQuery>,
) -> Result<Json<Page<StoreDescription>>, Problem> {
    let page = page.parse()?;
    let stores = stores::stores(&keys, &caller).await?;
    Ok(Json(page.page_of(stores, |store| store.store.clone())))
}
