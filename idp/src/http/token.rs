//! `/oauth2/token` (RFC 6749 §3.2).

use axum::{http::StatusCode, response::Response};

use super::{
    client_proof::ClientForm,
    oauth_error::{self, OAuthError},
};
use crate::{GrantType, OAuthCode};

pub(super) async fn post(form: ClientForm) -> Result<Response, OAuthError> {
    let ClientForm {
        service,
        client,
        params,
        caller,
    } = form;
    let name = params
        .get("grant_type")
        .ok_or_else(|| OAuthError::new(OAuthCode::InvalidRequest, "grant_type is missing"))?;
    let tokens = match GrantType::from_name(name) {
        Some(GrantType::AuthorizationCode) => {
            service.redeem_code(&client, &params, &caller).await?
        }
        Some(GrantType::RefreshToken) => service.refresh(&client, &params, &caller).await?,
        Some(GrantType::ClientCredentials) => {
            service
                .client_credentials(&client, &params, &caller)
                .await?
        }
        None => {
            return Err(OAuthError::new(
                OAuthCode::UnsupportedGrantType,
                "grant_type is authorization_code, refresh_token or client_credentials",
            ));
        }
    };
    Ok(oauth_error::json(StatusCode::OK, &tokens))
}
