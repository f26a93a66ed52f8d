//! `/oauth2/revoke` (RFC 7009).

use axum::{
    http::StatusCode,
    response::{IntoResponse as _, Response},
};
use platform_web::no_cache;

use super::{client_form::ClientForm, oauth_error::OAuthError};
use crate::revoke::revoke;

pub(super) async fn post(form: ClientForm) -> Result<Response, OAuthError> {
    revoke(&form.oidc, &form.caller, &form.client, form.token()?).await?;
    let mut response = StatusCode::OK.into_response();
    no_cache(response.headers_mut());
    Ok(response)
}
