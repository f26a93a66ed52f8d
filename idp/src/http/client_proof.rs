//! What a client shows of itself (RFC 6749 §2.3.1), and requests that begin with it.

use std::sync::Arc;

use axum::{
    body::Body,
    extract::{FromRequest, Request},
    http::{HeaderMap, header},
};
use base64::{Engine as _, engine::general_purpose::STANDARD};
use platform::Caller;
use zeroize::Zeroizing;

use super::{form, oauth_error::OAuthError, visit};
use crate::{Client, OAuthCode, Service, authenticate_client::ClientProof, params::Params};

/// A form from a client that proved who it is.
pub(super) struct ClientForm {
    pub(super) service: Service,
    pub(super) client: Arc<Client>,
    pub(super) params: Params,
    pub(super) caller: Caller,
}

impl FromRequest<Service> for ClientForm {
    type Rejection = OAuthError;

    async fn from_request(request: Request<Body>, service: &Service) -> Result<Self, OAuthError> {
        let (parts, body) = request.into_parts();
        let caller = visit::caller(&parts);
        let params = form::read(&parts.headers, body).await?;
        let proof = proof(&parts.headers, &params)?;
        let client = service.authenticate_client(proof, &caller).await?;
        Ok(Self {
            service: service.clone(),
            client,
            params,
            caller,
        })
    }
}

fn proof(headers: &HeaderMap, params: &Params) -> Result<ClientProof, OAuthError> {
    let invalid = |description| OAuthError::new(OAuthCode::InvalidRequest, description);
    let named = params.get("client_id");
    if params.get("client_assertion").is_some() {
        return Err(OAuthError::new(
            OAuthCode::InvalidClient,
            "client assertions are not supported",
        ));
    }
    let Some(header) = headers.get(header::AUTHORIZATION) else {
        let client_id = named
            .ok_or_else(|| OAuthError::new(OAuthCode::InvalidClient, "client_id is missing"))?;
        return Ok(ClientProof {
            client_id: client_id.to_owned(),
            secret: params.take("client_secret").map(Zeroizing::new),
        });
    };
    if params.get("client_secret").is_some() {
        return Err(invalid("authenticate in one way only"));
    }
    let unreadable = || {
        OAuthError::new(
            OAuthCode::InvalidClient,
            "the Authorization header is not Basic",
        )
    };
    let text = header.to_str().map_err(|_| unreadable())?;
    let (scheme, credentials) = text.split_once(' ').ok_or_else(unreadable)?;
    if !scheme.eq_ignore_ascii_case("basic") {
        return Err(unreadable());
    }
    let decoded = Zeroizing::new(
        STANDARD
            .decode(credentials.trim())
            .map_err(|_| unreadable())?,
    );
    let (client_id, secret) = std::str::from_utf8(&decoded)
        .ok()
        .and_then(|text| text.split_once(':'))
        .ok_or_else(unreadable)?;
    // Ids and secrets of ours have no character that the form encoding of RFC
    // 6749 §2.3.1 changes; '-' and '_' are all that some encoders touch.
    let client_id = unescape(client_id);
    if named.is_some_and(|named| named != client_id) {
        return Err(invalid("client_id is not that of the Authorization header"));
    }
    Ok(ClientProof {
        client_id,
        secret: Some(Zeroizing::new(unescape(secret))),
    })
}

fn unescape(text: &str) -> String {
    ["%2D", "%2d"]
        .iter()
        .fold(text.to_owned(), |text, escape| text.replace(escape, "-"))
        .replace("%5F", "_")
        .replace("%5f", "_")
}
