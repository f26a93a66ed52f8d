//! `/oauth2/userinfo` (OpenID Connect Core §5.3, RFC 6750 §2).

use axum::{
    Extension,
    body::Body,
    extract::State,
    http::{HeaderMap, HeaderValue, StatusCode, header},
    response::{IntoResponse as _, Response},
};

use oauth::ErrorCode;
use platform_pages::read_form;
use platform_web::no_cache;

use super::{
    cors::ClientOfRequest,
    oauth_error::{self, OAuthError},
};
use crate::{Oidc, userinfo::userinfo};

pub(super) async fn get(
    State(oidc): State<Oidc>,
    of_request: Option<Extension<ClientOfRequest>>,
    headers: HeaderMap,
) -> Result<Response, OAuthError> {
    match bearer(&headers)? {
        Some(token) => respond(&oidc, of_request, token).await,
        None => Ok(challenge()),
    }
}

pub(super) async fn post(
    State(oidc): State<Oidc>,
    of_request: Option<Extension<ClientOfRequest>>,
    headers: HeaderMap,
    body: Body,
) -> Result<Response, OAuthError> {
    if let Some(token) = bearer(&headers)? {
        return respond(&oidc, of_request, token).await;
    }
    if !headers.contains_key(header::CONTENT_TYPE) {
        return Ok(challenge());
    }
    let form = read_form(&headers, body).await?;
    match form.get("access_token") {
        Some(token) => respond(&oidc, of_request, token).await,
        None => Ok(challenge()),
    }
}

async fn respond(
    oidc: &Oidc,
    of_request: Option<Extension<ClientOfRequest>>,
    token: &str,
) -> Result<Response, OAuthError> {
    let (claims, client) = userinfo(oidc, token).await?;
    if let Some(Extension(of_request)) = of_request {
        of_request.set(&client);
    }
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
                ErrorCode::InvalidToken,
                "the Authorization header is not Bearer",
            )
        })
}

/// RFC 6750 §3.1: a request without any token gets no error code.
fn challenge() -> Response {
    let mut response = StatusCode::UNAUTHORIZED.into_response();
    let headers = response.headers_mut();
    no_cache(headers);
    headers.insert(
        header::WWW_AUTHENTICATE,
        HeaderValue::from_static("Bearer realm=\"xinshu\""),
    );
    response
}
