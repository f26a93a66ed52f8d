//! Bytes to commands and results to bytes: one file per protocol endpoint.

mod answer;
pub(crate) mod api;
mod authorize;
mod client_form;
mod consent;
pub(crate) mod discovery;
mod introspect;
mod logout;
mod oauth_error;
mod resume;
mod revoke;
mod token;
mod userinfo;

use axum::{
    Router,
    routing::{get, post},
};

use crate::Oidc;

/// Pages and protocol endpoints.
pub(crate) fn routes(oidc: Oidc) -> Router {
    client_routes()
        .route(
            "/.well-known/openid-configuration",
            get(discovery::configuration),
        )
        .route(
            "/.well-known/oauth-authorization-server",
            get(discovery::configuration),
        )
        .route("/oauth2/jwks", get(discovery::jwks))
        .route(
            "/oauth2/authorize",
            get(authorize::get).post(authorize::post),
        )
        .route("/oauth2/continue", get(resume::get))
        .route("/oauth2/consent", post(consent::post))
        .route("/oauth2/logout", get(logout::get).post(logout::post))
        .with_state(oidc)
}

/// The endpoints that clients call themselves.
pub(crate) fn client_routes() -> Router<Oidc> {
    Router::new()
        .route("/oauth2/token", post(token::post))
        .route("/oauth2/userinfo", get(userinfo::get).post(userinfo::post))
        .route("/oauth2/introspect", post(introspect::post))
        .route("/oauth2/revoke", post(revoke::post))
}
