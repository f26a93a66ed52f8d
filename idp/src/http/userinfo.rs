//! `/oauth2/userinfo` (OpenID Connect Core §5.3, RFC 6750 §2).

use axum::{
    body::Body,
    extract::State,
    http::{HeaderMap, HeaderValue, StatusCode, header},
    response::{IntoResponse as _, Response},
};

use super::{
    form,
    oauth_error::{self, OAuthError},
};
use crate::{OAuthCode, Service};

pub(super) async fn get(
    State(service): State<Service>,
    headers: HeaderMap,
) -> Result<Response, OAuthError> {
    match bearer(&headers)? {
        Some(token) => answer(&service, token).await,
        None => Ok(challenge()),
    }
}

pub(super) async fn post(
    State(service): State<Service>,
    headers: HeaderMap,
    body: Body,
) -> Result<Response, OAuthError> {
    if let Some(token) = bearer(&headers)? {
        return answer(&service, token).await;
    }
    if !headers.contains_key(header::CONTENT_TYPE) {
        return Ok(challenge());
    }
    let form = form::read(&headers, body).await?;
    match form.get("access_token") {
        Some(token) => answer(&service, token).await,
        None => Ok(challenge()),
    }
}

async fn answer(service: &Service, token: &str) -> Result<Response, OAuthError> {
    let claims = service.userinfo(token).await?;
    Ok(oauth_error::json(StatusCode::OK, &claims))
}

fn bearer(headers: &HeaderMap) -> Result<Option<&str>, OAuthError> {
    let Some(value) = headers.get(header::AUTHORIZATION) else {
        return Ok(None);
    };
    value
        .to_str()
        .ok()
        .and_then(|text| text.split_once(' '))
        .filter(|(scheme, _)| scheme.eq_ignore_ascii_case("bearer"))
        .map(|(_, token)| Some(token.trim()))
        .ok_or_else(|| {
            OAuthError::new(
                OAuthCode::InvalidToken,
                "the Authorization header is not Bearer",
            )
        })
}

/// RFC 6750 §3.1: who showed no token at all is told no error.
fn challenge() -> Response {
    let mut response = StatusCode::UNAUTHORIZED.into_response();
    let headers = response.headers_mut();
    platform::web::no_cache(headers);
    headers.insert(
        header::WWW_AUTHENTICATE,
        HeaderValue::from_static("Bearer realm=\"xinshu\""),
    );
    response
}
