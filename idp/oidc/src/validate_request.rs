//! Whether an authorization request is one that its client may make.

use std::sync::Arc;

use oauth::{
    API, AuthorizationRequest, ErrorCode, GrantType, OFFLINE_ACCESS, Params, ParamsError,
    Recipient, RequestError, Scope,
};
use serde::{Deserialize, Serialize};

use crate::{
    Client, Error, Oidc,
    client_cache::find_client,
    issue_tokens::{check_resource, read_id_hint},
    scopes::supported,
};

/// Why a request was rejected.
#[derive(Debug)]
pub(crate) enum Rejection {
    /// Client or redirect URI is not valid: the user sees a page and is not redirected
    /// (RFC 6749 §4.1.2.1).
    Page {
        code: ErrorCode,
        description: String,
    },
    /// The client receives the error at its redirect URI.
    Redirect(Box<RequestError>),
    /// The interaction was answered or has expired.
    Expired,
    /// The server cannot.
    Failed(Error),
}

/// A request whose client, redirect URI, scope and expected user are valid. It is stored
/// in interactions in this form and not parsed again.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct ValidRequest {
    pub(crate) request: AuthorizationRequest,
    /// What is granted of the scope that was asked for.
    pub(crate) granted_scope: String,
    /// `sub` of the user whom the client expects.
    pub(crate) expected_user: Option<String>,
}

impl From<Error> for Rejection {
    fn from(error: Error) -> Self {
        Self::Failed(error)
    }
}

impl From<RequestError> for Rejection {
    fn from(error: RequestError) -> Self {
        Self::Redirect(Box::new(error))
    }
}

/// Why a request is rejected that would be answered somewhere unknown.
pub(crate) const UNREGISTERED_REDIRECT_URI: &str = "redirect_uri is not registered for this client";

/// Parses a request, of whose parameters something may be wrong, and checks it against its
/// client's registration.
pub(crate) async fn validate(
    oidc: &Oidc,
    params: &Params,
    fault: Option<&ParamsError>,
) -> Result<(Arc<Client>, ValidRequest), Rejection> {
    let page = |code, description: &str| Rejection::Page {
        code,
        description: description.to_owned(),
    };
    let recipient = Recipient::parse(params).map_err(|description| {
        let description = fault.map_or_else(|| description.to_owned(), ParamsError::to_string);
        page(ErrorCode::InvalidRequest, &description)
    })?;
    let client = find_client(oidc, &recipient.client_id)
        .await?
        .ok_or_else(|| page(ErrorCode::InvalidClient, "this client is not registered"))?;
    if !client.has_redirect_uri(&recipient.redirect_uri) {
        return Err(page(ErrorCode::InvalidRequest, UNREGISTERED_REDIRECT_URI));
    }
    // From here on the client learns of its errors itself.
    let request = AuthorizationRequest::parse(params, fault, recipient)?;
    let granted_scope = check_registration(oidc, &client, &request)?.to_string();
    let expected_user = match &request.id_token_hint {
        None => None,
        Some(token) => match read_id_hint(oidc, token).await {
            Some(hint) => Some(hint.sub),
            None => {
                let description = "id_token_hint is not an ID token of this server";
                return Err(request
                    .reject(ErrorCode::InvalidRequest, description)
                    .into());
            }
        },
    };
    let valid = ValidRequest {
        request,
        granted_scope,
        expected_user,
    };
    Ok((client, valid))
}

/// What the client may ask for; the granted part of its scope.
fn check_registration(
    oidc: &Oidc,
    client: &Client,
    request: &AuthorizationRequest,
) -> Result<Scope, RequestError> {
    if !client.may(GrantType::AuthorizationCode) {
        return Err(request.reject(
            ErrorCode::UnauthorizedClient,
            "this client is not registered for the code flow",
        ));
    }
    if request.code_challenge.is_none() && client.is_public() {
        return Err(request.reject(
            ErrorCode::InvalidRequest,
            "a public client must send code_challenge (PKCE)",
        ));
    }
    let mut scope = supported(&request.scope);
    if !client.may(GrantType::RefreshToken) {
        scope = scope.without(OFFLINE_ACCESS);
    }
    if client.permissions.is_empty() {
        scope = scope.without(API);
    }
    if scope.is_empty() {
        return Err(request.reject(
            ErrorCode::InvalidScope,
            "scope names nothing that this server knows",
        ));
    }
    check_resource(oidc, client, request.resource.as_deref(), &scope).map_err(|_| {
        request.reject(
            ErrorCode::InvalidTarget,
            "resource is not registered for this client",
        )
    })?;
    Ok(scope)
}
