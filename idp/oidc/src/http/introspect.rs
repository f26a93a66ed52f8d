//! `/oauth2/introspect` (RFC 7662).

use axum::{http::StatusCode, response::Response};

use super::{
    client_form::ClientForm,
    oauth_error::{self, OAuthError},
};
use crate::introspect::introspect;

pub(super) async fn post(form: ClientForm) -> Result<Response, OAuthError> {
    let introspection = introspect(&form.oidc, &form.client, form.token()?).await?;
    Ok(oauth_error::json(StatusCode::OK, &introspection))
}
