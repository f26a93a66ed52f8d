//! Pages and REST: bytes to commands, results to bytes.

mod account;
pub(crate) mod api;
mod field_error;
mod password_advice;
mod set_password;
mod sign_in;
pub mod sign_out;

use axum::{
    Router,
    routing::{get, post},
};

use crate::Authn;

/// The pages.
pub(crate) fn routes(authn: Authn) -> Router {
    Router::new()
        .route("/sign-in", get(sign_in::get).post(sign_in::post))
        .route("/sign-out", get(sign_out::get).post(sign_out::post))
        .route("/account", get(account::get))
        .route("/account/password", post(account::change_password))
        .route("/account/sessions/end", post(account::end_session))
        .route(
            "/account/sessions/end-others",
            post(account::end_sessions_elsewhere),
        )
        .route("/account/applications/end", post(account::end_application))
        .route(
            "/account/set-password",
            get(set_password::get).post(set_password::post),
        )
        // W3C "A Well-Known URL for Changing Passwords", which password managers open.
        .route(
            "/.well-known/change-password",
            get(account::change_password_at),
        )
        .route("/", get(account::home))
        .with_state(authn)
}
