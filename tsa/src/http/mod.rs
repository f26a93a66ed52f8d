//! The TSA's protocols.

mod stamp;
mod units;

use axum::{Router, routing::post};
use utoipa_axum::{router::OpenApiRouter, routes};

use crate::Service;

pub(crate) fn routes(service: Service) -> Router {
    Router::new()
        .route("/tsa", post(stamp::by_default_unit))
        .route("/tsa/{unit}", post(stamp::by_unit))
        .with_state(service)
}

pub(crate) fn api(service: Service) -> OpenApiRouter {
    described().with_state(service)
}

/// REST and its description.
pub(crate) fn described() -> OpenApiRouter<Service> {
    OpenApiRouter::new().routes(routes!(units::list))
}
