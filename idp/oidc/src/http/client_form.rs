//! Requests of clients: a form, and what the client sent to authenticate itself (RFC 6749 §2.3.1).

use std::sync::Arc;

use axum::{
    body::Body,
    extract::{FromRequest, Request},
    http::{HeaderMap, header},
};
use oauth::{BasicCredentials, ErrorCode, Params};
use platform_access::Caller;
use platform_pages::{caller, read_form};
use zeroize::Zeroizing;

use super::{cors::ClientOfRequest, oauth_error::OAuthError};
use crate::{
    Client, Oidc,
    authenticate_client::{ClientProof, authenticate_client},
};

/// A form from a client that has authenticated.
pub(super) struct ClientForm {
    pub(super) oidc: Oidc,
    pub(super) client: Arc<Client>,
    pub(super) params: Params,
    pub(super) caller: Caller,
}

impl FromRequest<Oidc> for ClientForm {
    type Rejection = OAuthError;

    async fn from_request(request: Request<Body>, oidc: &Oidc) -> Result<Self, OAuthError> {
        let (parts, body) = request.into_parts();
        let caller = caller(&parts);
        let params = read_form(&parts.headers, body).await?;
        let proof = proof(&parts.headers, &params)?;
        let client = authenticate_client(oidc, &caller, proof).await?;
        if let Some(of_request) = parts.extensions.get::<ClientOfRequest>() {
            of_request.set(&client);
        }
        Ok(Self {
            oidc: oidc.clone(),
            client,
            params,
            caller,
        })
    }
}

impl ClientForm {
    /// The parameter `token` of introspection and revocation.
    pub(super) fn token(&self) -> Result<&str, OAuthError> {
        self.params
            .get("token")
            .ok_or_else(|| OAuthError::new(ErrorCode::InvalidRequest, "token is missing"))
    }
}

fn proof(headers: &HeaderMap, params: &Params) -> Result<ClientProof, OAuthError> {
    let invalid = |description| OAuthError::new(ErrorCode::InvalidRequest, description);
    let named = params.get("client_id");
    if params.get("client_assertion").is_some() {
        return Err(OAuthError::new(
            ErrorCode::InvalidClient,
            "client assertions are not supported",
        ));
    }
    let mut authorization = headers.get_all(header::AUTHORIZATION).iter();
    let first = authorization.next();
    if authorization.next().is_some() {
        return Err(invalid("there are two Authorization headers"));
    }
    let Some(header) = first else {
        let client_id = named
            .ok_or_else(|| OAuthError::new(ErrorCode::InvalidClient, "client_id is missing"))?;
        return Ok(ClientProof {
            client_id: client_id.to_owned(),
            secret: params.get_owned("client_secret").map(Zeroizing::new),
        });
    };
    if params.get("client_secret").is_some() {
        return Err(invalid("authenticate in one way only"));
    }
    let credentials = BasicCredentials::parse(header.to_str().unwrap_or_default())
        .map_err(|error| OAuthError::new(ErrorCode::InvalidClient, &error.to_string()))?;
    if named.is_some_and(|named| named != credentials.client_id) {
        return Err(invalid("client_id is not that of the Authorization header"));
    }
    Ok(ClientProof {
        client_id: credentials.client_id,
        secret: credentials.client_secret,
    })
}
