//! REST: bytes to commands, results to bytes.

mod users;

use utoipa_axum::{router::OpenApiRouter, routes};

use crate::Directory;

/// The routes with their descriptions.
pub(crate) fn described() -> OpenApiRouter<Directory> {
    OpenApiRouter::new()
        .routes(routes!(users::list, users::add))
        .routes(routes!(users::show, users::change, users::delete))
}
