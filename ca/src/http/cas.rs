//! REST: `/api/v1/cas`.

use axum::{Extension, Json, extract::State};
use platform_access::Caller;
use platform_web::{Page, PageQuery, PathParams, Problem, QueryParams, Refusals};
use serde::Serialize;
use utoipa::ToSchema;

use crate::{CaInfo, Service, list as lists, publish_crl as publish};

/// Lists the certificate authorities: all on one page.
#[utoipa::path(get, path = "/api/v1/cas", tag = "authorities",
    params(PageQuery),
    responses((status = 200, body = Page<CaInfo>), Refusals))]
pub(super) async fn list(
    State(ca): State<Service>,
    Extension(caller): Extension<Caller>,
    QueryParams(page): QueryParams<PageQuery>,
) -> Result<Json<Page<CaInfo>>, Problem> {
    let page = page.parse()?;
    let authorities = lists::authorities(&ca, &caller).await?;
    Ok(Json(page.page_of(authorities, |ca| ca.name.clone())))
}

/// A CRL that was published.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct PublishedCrl {
    /// Its cRLNumber.
    crl_number: i64,
}

/// Publishes a CRL now.
#[utoipa::path(post, path = "/api/v1/cas/{name}/crl", tag = "authorities",
    params(("name" = String, Path, description = "The authority's name")),
    responses((status = 200, body = PublishedCrl), Refusals))]
pub(super) async fn publish_crl(
    State(ca): State<Service>,
    Extension(caller): Extension<Caller>,
    PathParams(name): PathParams<String>,
) -> Result<Json<PublishedCrl>, Problem> {
    let crl_number = publish::publish_crl(&ca, &caller, &name).await?;
    Ok(Json(PublishedCrl { crl_number }))
}
