//! Refreshing (RFC 6749 §6) with rotation: each refresh token works once, and one that
//! comes twice revokes its grant (RFC 9700 §4.14.2).

use async_trait::async_trait;
use crypto::token_key;
use oauth::{ErrorCode, GrantType, Params, Scope, TokenResponse};
use platform_access::{Caller, Resource};
use platform_log::AuditSink as _;

use super::{GrantHandler, check_same_resource, find_enabled_user, refuse_and_revoke};
use crate::{
    Client, Error, Oidc,
    actions::acts::{TOKEN_REFRESH, TOKEN_REUSE},
    issue_tokens::{GrantContext, IssuedTokens, TokenRequest, check_resource, issue_tokens},
    model::Grant,
    scopes::supported,
    store,
};

pub(super) struct RefreshTokenGrant;

#[async_trait]
impl GrantHandler for RefreshTokenGrant {
    fn grant_type(&self) -> GrantType {
        GrantType::RefreshToken
    }

    async fn handle(
        &self,
        oidc: &Oidc,
        caller: &Caller,
        client: &Client,
        params: &Params,
    ) -> Result<TokenResponse, Error> {
        let token = params
            .get("refresh_token")
            .ok_or_else(|| Error::oauth(ErrorCode::InvalidRequest, "refresh_token is missing"))?;
        let key = token_key(token);
        let found = store::grants::find_token(&oidc.0.store, key.clone())
            .await?
            .filter(|found| found.grant.client_id == client.id && !found.revoked)
            .ok_or_else(invalid_token)?;
        if found.used {
            return Err(reused(oidc, caller, &found.grant).await);
        }
        if !found.is_valid(oidc.now()) {
            return Err(invalid_token());
        }
        let grant = found.grant;
        let scope = narrowed_scope(params, &supported(&grant.scope))?;
        check_same_resource(params, grant.resource.as_deref())?;
        check_resource(oidc, client, grant.resource.as_deref(), &scope)?;
        let user = find_enabled_user(oidc, &grant.user_id)
            .await?
            .ok_or_else(invalid_token)?;
        let issued = issue_tokens(
            oidc,
            caller,
            TokenRequest {
                action: TOKEN_REFRESH,
                grant_type: self.grant_type(),
                client,
                scope: &scope,
                resource: grant.resource.as_deref(),
                grant: Some(GrantContext {
                    id: &grant.id,
                    user: &user,
                    session_id: &grant.session_id,
                    authentication: &grant.authentication,
                }),
                // OpenID Connect Core §12.2: a refreshed ID token has no nonce.
                nonce: None,
                refreshable: true,
            },
        )
        .await?;
        record(oidc, caller, key, grant, issued).await
    }
}

/// The part of the granted scope that is asked for, all of it by default.
fn narrowed_scope(params: &Params, granted: &Scope) -> Result<Scope, Error> {
    let Some(list) = params.get("scope") else {
        return Ok(granted.clone());
    };
    let asked = supported(list);
    if asked.is_empty() || !asked.is_within(granted) {
        return Err(Error::oauth(
            ErrorCode::InvalidScope,
            "scope is wider than what was granted",
        ));
    }
    Ok(asked)
}

/// Uses the token, commits its successor and the entry, then releases the response.
async fn record(
    oidc: &Oidc,
    caller: &Caller,
    key: Vec<u8>,
    grant: Grant,
    issued: IssuedTokens,
) -> Result<TokenResponse, Error> {
    let now = oidc.now();
    let next_key = issued.refresh_token.as_ref().map(|token| token.key());
    let next_end = (now + oidc.0.config.refresh_token_idle).min(grant.expires_at);
    let (grant_id, entry) = (grant.id.clone(), issued.entry);
    let used = oidc
        .0
        .store
        .transact(async move |tx| {
            if !store::grants::use_token(tx, &key, &grant_id, now).await? {
                return Ok(false);
            }
            if let Some(next_key) = &next_key {
                store::grants::append_token_in(tx, next_key.clone(), &grant_id, next_end);
            }
            tx.audit(entry.clone());
            Ok::<_, Error>(true)
        })
        .await?;
    if used {
        Ok(issued.response)
    } else {
        Err(reused(oidc, caller, &grant).await)
    }
}

/// Somebody has a copy, and nobody can tell who is the thief. Returns the error for the client.
async fn reused(oidc: &Oidc, caller: &Caller, grant: &Grant) -> Error {
    let client = Resource::new("client", &grant.client_id);
    let entry = caller
        .entry(TOKEN_REUSE, &client, oidc.now())
        .refused("the refresh token was used before; its grant is revoked")
        .with("grant", grant.id.as_str());
    metrics::counter!("xinshu_idp_refresh_reuse_total").increment(1);
    refuse_and_revoke(oidc, grant.id.clone(), entry, invalid_token()).await
}

fn invalid_token() -> Error {
    Error::invalid_grant(
        "the refresh token is unknown, was used or revoked, has expired, or was issued to another client",
    )
}
