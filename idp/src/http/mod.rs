//! Bytes to commands and results to bytes: one file a protocol route.

mod account;
mod answer;
pub(crate) mod api;
mod assets;
mod authorize;
mod client_proof;
mod consent;
mod cookie;
mod discovery;
mod form;
mod introspect;
mod logout;
mod oauth_error;
mod page;
mod revoke;
mod set_password;
mod sign_in;
mod sign_out;
mod token;
mod userinfo;
mod visit;

use axum::{
    Router,
    routing::{get, post},
};

pub(crate) use discovery::Documents;

use crate::Service;

/// Pages and protocol endpoints.
pub(crate) fn routes(service: Service) -> Router {
    Router::new()
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
        .route("/oauth2/consent", post(consent::post))
        .route("/oauth2/token", post(token::post))
        .route("/oauth2/userinfo", get(userinfo::get).post(userinfo::post))
        .route("/oauth2/introspect", post(introspect::post))
        .route("/oauth2/revoke", post(revoke::post))
        .route("/oauth2/logout", get(logout::get).post(logout::post))
        .route("/sign-in", get(sign_in::get).post(sign_in::post))
        .route("/sign-out", get(sign_out::get).post(sign_out::post))
        .route("/account", get(account::get))
        .route("/account/password", post(account::change_password))
        .route("/account/sessions/end", post(account::end_session))
        .route(
            "/account/set-password",
            get(set_password::get).post(set_password::post),
        )
        .route("/assets/idp/{file}", get(assets::get))
        .route("/", get(account::home))
        .with_state(service)
}
