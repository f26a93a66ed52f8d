//! REST: `/api/v1/cas`.

use axum::{Extension, Json, extract::State};
use platform_access::Caller;
use platform_web::{Page, PathParams, Problem, Refusals};
use serde::Serialize;
use utoipa::ToSchema;

use crate::{CaInfo, Service, list as lists, publish_crl as publish};

/// Lists the certificate authorities: all on one page.
#[utoipa::path(get, path = "/api/v1/cas", tag = "authorities",
    responses((status = 200, body = Page<CaInfo>), Refusals))]
pub(super) async fn list(
    State(ca): State<Service>,
    Extension(caller): Extension<Caller>,
) -> Result<Json<Page<CaInfo>>, Problem> {
    Ok(Json(Page {
        items: lists::authorities(&ca, &caller).await?,
        next: None,
    }))
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
