//! The REST API: what the command line and the console use.

mod clients;
mod signing_keys;

use utoipa_axum::{router::OpenApiRouter, routes};

use crate::Oidc;

/// The routes with their descriptions.
pub(crate) fn described() -> OpenApiRouter<Oidc> {
    OpenApiRouter::new()
        .routes(routes!(clients::list, clients::add))
        .routes(routes!(clients::show, clients::change, clients::delete))
        .routes(routes!(clients::renew_secret))
        .routes(routes!(signing_keys::list, signing_keys::rotate))
}
