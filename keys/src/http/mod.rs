//! REST: `/api/v1/keys` and `/api/v1/key-stores`.

mod keys;
mod stores;

use utoipa_axum::{router::OpenApiRouter, routes};

use crate::Service;

/// REST and its description.
pub(crate) fn described() -> OpenApiRouter<Service> {
    OpenApiRouter::new()
        .routes(routes!(keys::list, keys::generate))
        .routes(routes!(keys::show, keys::destroy))
        .routes(routes!(stores::list))
}
