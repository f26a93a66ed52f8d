//! REST: `/api/v1/cas`.

use axum::{Extension, Json, extract::State};
use platform::{
    Caller,
    web::{PathParams, Problem, ProblemBody},
};
use serde::Serialize;
use utoipa::ToSchema;

use crate::{CaInfo, Service};

/// Lists the certificate authorities.
#[utoipa::path(get, path = "/api/v1/cas", tag = "authorities", responses(
    (status = 200, body = Vec<CaInfo>),
    (status = 401, body = ProblemBody, content_type = "application/problem+json"),
    (status = 403, body = ProblemBody, content_type = "application/problem+json"),
    (status = 503, body = ProblemBody, content_type = "application/problem+json")))]
pub(super) async fn list(
    State(service): State<Service>,
    Extension(caller): Extension<Caller>,
) -> Result<Json<Vec<CaInfo>>, Problem> {
    caller.require("ca.authority.read")?;
    Ok(Json(
        service
            .authorities()
            .iter()
            .map(crate::Authority::info)
            .collect(),
    ))
}

/// A CRL that was published.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct PublishedCrl {
    /// Its cRLNumber.
    crl_number: i64,
}

/// Publishes a CRL now.
#[utoipa::path(post, path = "/api/v1/cas/{name}/crl", tag = "authorities",
    params(("name" = String, Path, description = "The authority's name")), responses(
    (status = 200, body = PublishedCrl),
    (status = 400, body = ProblemBody, content_type = "application/problem+json"),
    (status = 401, body = ProblemBody, content_type = "application/problem+json"),
    (status = 403, body = ProblemBody, content_type = "application/problem+json"),
    (status = 404, body = ProblemBody, content_type = "application/problem+json"),
    (status = 503, body = ProblemBody, content_type = "application/problem+json")))]
pub(super) async fn publish_crl(
    State(service): State<Service>,
    Extension(caller): Extension<Caller>,
    PathParams(name): PathParams<String>,
) -> Result<Json<PublishedCrl>, Problem> {
    let crl_number = service.publish_crl(&caller, &name).await?;
    Ok(Json(PublishedCrl { crl_number }))
}
