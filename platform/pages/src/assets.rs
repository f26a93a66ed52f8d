//! Style and marks, compiled in. Their names contain their digest, so browsers may cache them for ever.

use std::sync::LazyLock;

use axum::{
    Router,
    body::Body,
    extract::Path,
    http::{HeaderValue, StatusCode, header},
    response::{IntoResponse as _, Response},
    routing::get,
};

use crypto::Digest;

static CSS: LazyLock<Asset> = LazyLock::new(|| {
    Asset::new(
        "style",
        "css",
        "text/css; charset=utf-8",
        include_str!("../assets/style.css"),
    )
});
static MARK: LazyLock<Asset> = LazyLock::new(|| {
    Asset::new(
        "mark",
        "svg",
        "image/svg+xml",
        include_str!("../assets/mark.svg"),
    )
});

struct Asset {
    name: String,
    path: String,
    content_type: &'static str,
    content: &'static str,
}

impl Asset {
    fn new(stem: &str, extension: &str, content_type: &'static str, content: &'static str) -> Self {
        let name = format!(
            "{stem}-{}.{extension}",
            &hex::encode(Digest::Sha256.hash(content.as_bytes()))[..12]
        );
        Self {
            path: format!("/assets/{name}"),
            name,
            content_type,
            content,
        }
    }
}

pub(crate) fn css_path() -> &'static str {
    &CSS.path
}

pub(crate) fn mark_path() -> &'static str {
    &MARK.path
}

/// The routes of all assets.
pub fn routes() -> Router {
    Router::new().route("/assets/{file}", get(file))
}

async fn file(Path(file): Path<String>) -> Response {
    let Some(asset) = [&*CSS, &*MARK].into_iter().find(|asset| asset.name == file) else {
        return StatusCode::NOT_FOUND.into_response();
    };
    let mut response = Response::new(Body::from(asset.content));
    let headers = response.headers_mut();
    headers.insert(
        header::CONTENT_TYPE,
        HeaderValue::from_static(asset.content_type),
    );
    headers.insert(
        header::X_CONTENT_TYPE_OPTIONS,
        HeaderValue::from_static("nosniff"),
    );
    headers.insert(
        header::CACHE_CONTROL,
        HeaderValue::from_static("public, max-age=31536000, immutable"),
    );
    response
}
