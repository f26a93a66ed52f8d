//! Style and pictures. Their names contain their digest, so browsers may cache them for ever.

use std::sync::LazyLock;

use crate::{Branding, asset::Asset};
use axum::{
    Extension, Router,
    body::{Body, Bytes},
    extract::Path,
    http::{HeaderValue, StatusCode, header},
    response::{IntoResponse as _, Response},
    routing::get,
};

static CSS: LazyLock<Asset> = LazyLock::new(|| {
    let content = include_bytes!("../assets/style.css");
    Asset::new(
        "style",
        "css",
        "text/css; charset=utf-8",
        Bytes::from_static(content),
    )
});
static MARK: LazyLock<Asset> = LazyLock::new(|| {
    let content = include_bytes!("../assets/mark.svg");
    Asset::new("mark", "svg", "image/svg+xml", Bytes::from_static(content))
});

pub(crate) fn css_path() -> &'static str {
    CSS.path()
}

pub(crate) fn mark_path() -> &'static str {
    MARK.path()
}

/// The routes of all assets.
pub fn routes() -> Router {
    Router::new().route("/assets/{file}", get(file))
}

async fn file(Path(file): Path<String>, branding: Option<Extension<Branding>>) -> Response {
    let logo = branding.as_ref().and_then(|branding| branding.logo());
    let asset = [Some(&*CSS), Some(&*MARK), logo]
        .into_iter()
        .flatten()
        .find(|asset| asset.name() == file);
    let Some(asset) = asset else {
        return StatusCode::NOT_FOUND.into_response();
    };
    let mut response = Response::new(Body::from(asset.content()));
    let headers = response.headers_mut();
    for (name, value) in [
        (header::CONTENT_TYPE, asset.content_type()),
        (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
        (header::CACHE_CONTROL, "public, max-age=31536000, immutable"),
        // An SVG that somebody opens by itself is a document, and must not run anything.
        (
            header::CONTENT_SECURITY_POLICY,
            "default-src 'none'; style-src 'unsafe-inline'; sandbox",
        ),
    ] {
        headers.insert(name, HeaderValue::from_static(value));
    }
    response
}
