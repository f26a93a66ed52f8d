//! `/oauth2/introspect` (RFC 7662).

use axum::{http::StatusCode, response::Response};

use super::{
    client_proof::ClientForm,
    oauth_error::{self, OAuthError},
};
use crate::OAuthCode;

pub(super) async fn post(form: ClientForm) -> Result<Response, OAuthError> {
    let token = form
        .params
        .get("token")
        .ok_or_else(|| OAuthError::new(OAuthCode::InvalidRequest, "token is missing"))?;
    let answer = form.service.introspect(&form.client, token).await?;
    Ok(oauth_error::json(StatusCode::OK, &answer))
}
