//! Redeeming an authorization code (RFC 6749 §4.1.3), once.

use async_trait::async_trait;
use crypto::{OpaqueToken, token_key};
use oauth::{CodeChallenge, ErrorCode, GrantType, OFFLINE_ACCESS, Params, Scope, TokenResponse};
use platform_access::{Caller, Resource};
use platform_log::AuditSink as _;
use platform_store::{AppendBatch, StoreError};

use super::{GrantHandler, check_same_resource, find_enabled_user, refuse_and_revoke};
use crate::{
    Client, Error, Oidc,
    actions::acts::{CODE_REDEEM, TOKEN_ISSUE},
    issue_tokens::{GrantContext, IssuedTokens, TokenRequest, issue_tokens},
    issued_codes,
    model::{Code, Grant},
    scopes::supported,
    store,
};

pub(super) struct AuthorizationCode;

#[async_trait]
impl GrantHandler for AuthorizationCode {
    fn grant_type(&self) -> GrantType {
        GrantType::AuthorizationCode
    }

    /// Check, sign, record, release. The record is a row with the grant's id, which is
    /// derived from the code: of two redemptions anywhere, the second conflicts.
    async fn handle(
        &self,
        oidc: &Oidc,
        caller: &Caller,
        client: &Client,
        params: &Params,
    ) -> Result<TokenResponse, Error> {
        let code = find_code(oidc, caller, client, params).await?;
        let user = find_enabled_user(oidc, &code.user_id)
            .await?
            .ok_or_else(invalid_code)?;
        let scope = supported(&code.scope);
        let offline = scope.has(OFFLINE_ACCESS) && client.may(GrantType::RefreshToken);
        let grant_id = code.grant_id();
        let issued = issue_tokens(
            oidc,
            caller,
            TokenRequest {
                action: TOKEN_ISSUE,
                grant_type: self.grant_type(),
                client,
                scope: &scope,
                resource: code.resource.as_deref(),
                grant: Some(GrantContext {
                    id: &grant_id,
                    user: &user,
                    session_id: &code.session_id,
                    authentication: &code.authentication,
                }),
                nonce: code.nonce.as_deref(),
                refresh_token: offline.then(|| OpaqueToken::new(oidc.now().as_millisecond())),
            },
        )
        .await?;
        record(oidc, caller, code, &scope, issued).await
    }
}

/// The code that was presented, if everything about it fits.
async fn find_code(
    oidc: &Oidc,
    caller: &Caller,
    client: &Client,
    params: &Params,
) -> Result<Code, Error> {
    let token = params
        .get("code")
        .ok_or_else(|| Error::oauth(ErrorCode::InvalidRequest, "code is missing"))?;
    let (code, redeemed) = issued_codes::find_code(oidc, token_key(token))
        .await?
        .filter(|(code, _)| code.client_id == client.id)
        .ok_or_else(invalid_code)?;
    if redeemed {
        return Err(replayed(oidc, caller, &code).await);
    }
    if code.expires_at <= oidc.now() {
        return Err(invalid_code());
    }
    if params.get("redirect_uri") != Some(&code.redirect_uri) {
        return Err(Error::invalid_grant(
            "redirect_uri is not that of the authorization request",
        ));
    }
    CodeChallenge::check(code.code_challenge.as_ref(), params.get("code_verifier"))
        .map_err(|error| Error::invalid_grant(error.to_string()))?;
    check_same_resource(params, code.resource.as_deref())?;
    Ok(code)
}

/// Commits the grant, its refresh token and the entry, then releases the response.
async fn record(
    oidc: &Oidc,
    caller: &Caller,
    code: Code,
    scope: &Scope,
    issued: IssuedTokens,
) -> Result<TokenResponse, Error> {
    let now = oidc.now();
    let config = &oidc.0.config;
    let offline = issued.refresh_token.is_some();
    let lifetime = if offline {
        config.refresh_token_lifetime
    } else {
        config.access_token_lifetime
    };
    let mut rows = AppendBatch::default();
    if let Some(token) = &issued.refresh_token {
        let end = now + config.refresh_token_idle;
        store::grants::append_token(&mut rows, token.key(), &code.grant_id(), end);
    }
    let grant = Grant {
        id: code.grant_id(),
        client_id: code.client_id.clone(),
        user_id: code.user_id.clone(),
        session_id: code.session_id.clone(),
        scope: scope.to_string(),
        resource: code.resource.clone(),
        authentication: code.authentication.clone(),
        offline,
        expires_at: now + lifetime,
    };
    store::grants::append(&mut rows, grant);
    rows.audit(issued.entry);
    match oidc.0.store.append(rows).await {
        Ok(()) => Ok(issued.response),
        Err(StoreError::Conflict(_)) => Err(replayed(oidc, caller, &code).await),
        // The session was ended after the code was issued, and took its codes along.
        Err(StoreError::MissingParent(_)) => Err(invalid_code()),
        Err(error) => Err(error.into()),
    }
}

/// A code was presented twice: everything issued from it is revoked, even if the second
/// request is not the client's (RFC 6749 §4.1.2, RFC 9700 §2.1.1). Returns the error for the
/// client.
async fn replayed(oidc: &Oidc, caller: &Caller, code: &Code) -> Error {
    let grant_id = code.grant_id();
    let client = Resource::new("client", &code.client_id);
    let entry = caller
        .entry(CODE_REDEEM, &client, oidc.now())
        .refused("the code was redeemed before; its tokens are revoked")
        .with("grant", grant_id.as_str());
    refuse_and_revoke(oidc, grant_id, entry, invalid_code()).await
}

fn invalid_code() -> Error {
    Error::invalid_grant(
        "the code is unknown, was redeemed, has expired, or was issued to another client",
    )
}
