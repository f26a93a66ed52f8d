//! Bytes to commands and results to bytes: one file per protocol endpoint.

mod answer;
pub(crate) mod api;
mod authorize;
mod client_form;
mod consent;
mod cors;
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
    middleware::from_fn_with_state,
    routing::{get, options, post},
};

use crate::Oidc;

/// Pages and protocol endpoints.
pub(crate) fn routes(oidc: Oidc) -> Router {
    client_routes(&oidc)
        .route(
            "/.well-known/openid-configuration",
            get(discovery::configuration).options(cors::public_preflight),
        )
        .route(
            "/.well-known/oauth-authorization-server",
            get(discovery::configuration).options(cors::public_preflight),
        )
        .route(
            "/oauth2/jwks",
            get(discovery::jwks).options(cors::public_preflight),
        )
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
pub(crate) fn client_routes(oidc: &Oidc) -> Router<Oidc> {
    // OPTIONS has a handler, so that what answers other methods does not answer preflights.
    let options = || options(cors::not_a_preflight);
    Router::new()
        .route("/oauth2/token", options().post(token::post))
        .route(
            "/oauth2/userinfo",
            options().get(userinfo::get).post(userinfo::post),
        )
        .route("/oauth2/revoke", options().post(revoke::post))
        .route_layer(from_fn_with_state(oidc.clone(), cors::allow_origins))
        // Who has a secret to introspect with is no page.
        .route("/oauth2/introspect", post(introspect::post))
}
