//! The CA's protocols: REST for requesters and administrators, plain HTTP for relying parties.

mod cas;
mod certificates;
mod ocsp;
mod profiles;
mod public;

use axum::{
    Router,
    routing::{get, post},
};
use utoipa_axum::{router::OpenApiRouter, routes};

use crate::Service;

pub(crate) fn api(ca: Service) -> OpenApiRouter {
    described().with_state(ca)
}

/// REST and its description.
pub(crate) fn described() -> OpenApiRouter<Service> {
    OpenApiRouter::new()
        .routes(routes!(certificates::issue, certificates::list))
        .routes(routes!(certificates::show))
        .routes(routes!(certificates::revoke))
        .routes(routes!(certificates::release))
        .routes(routes!(cas::list))
        .routes(routes!(cas::publish_crl))
        .routes(routes!(profiles::list))
}

pub(crate) fn public(ca: Service) -> Router {
    Router::new()
        .route("/ca/{file}", get(public::certificate))
        .route("/crl/{file}", get(public::crl))
        .route("/ocsp", post(ocsp::post))
        .route("/ocsp/", post(ocsp::post))
        .route("/ocsp/{*request}", get(ocsp::get))
        .with_state(ca)
}
