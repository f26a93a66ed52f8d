//! `/oauth2/revoke` (RFC 7009).

use axum::{
    http::StatusCode,
    response::{IntoResponse as _, Response},
};
use platform::web::no_cache;

use super::{client_proof::ClientForm, oauth_error::OAuthError};
use crate::OAuthCode;

pub(super) async fn post(form: ClientForm) -> Result<Response, OAuthError> {
    let token = form
        .params
        .get("token")
        .ok_or_else(|| OAuthError::new(OAuthCode::InvalidRequest, "token is missing"))?;
    form.service
        .revoke(&form.client, token, &form.caller)
        .await?;
    let mut response = StatusCode::OK.into_response();
    no_cache(response.headers_mut());
    Ok(response)
}
