//! `/oauth2/token` (RFC 6749 §3.2).

use axum::{http::StatusCode, response::Response};

use super::{
    client_form::ClientForm,
    oauth_error::{self, OAuthError},
};
use crate::grants;

pub(super) async fn post(form: ClientForm) -> Result<Response, OAuthError> {
    let tokens = grants::redeem(&form.oidc, &form.caller, &form.client, &form.params).await?;
    Ok(oauth_error::json(StatusCode::OK, &tokens))
}
