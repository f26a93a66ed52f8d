//! The TSA's protocols.

mod files;
mod stamp;
mod units;

use axum::{Router, routing::post};
use utoipa_axum::{router::OpenApiRouter, routes};

use crate::Service;

pub(crate) fn routes(tsa: Service) -> Router {
    Router::new()
        .route("/tsa", post(stamp::by_default_unit))
        .route("/tsa/", post(stamp::by_default_unit))
        .route("/tsa/{unit}", post(stamp::by_unit).get(files::certificate))
        .route("/tsa/{unit}/", post(stamp::by_unit))
        .with_state(tsa)
}

pub(crate) fn api(tsa: Service) -> OpenApiRouter {
    described().with_state(tsa)
}

/// REST and its description.
pub(crate) fn described() -> OpenApiRouter<Service> {
    OpenApiRouter::new().routes(routes!(units::list))
}
