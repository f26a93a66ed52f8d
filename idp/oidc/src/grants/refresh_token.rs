//! Refreshing (RFC 6749 §6) with rotation: each refresh token works once, and one that
//! comes twice revokes its grant (RFC 9700 §4.14.2).
//!
//! A client whose answer was lost may retry for a short while: it gets the same successor.
//! Nothing of the successor is stored but what it is derived from together with the token that
//! the client has. Once the successor was used, the client has it, and a retry is a reuse.

use async_trait::async_trait;
use crypto::{OpaqueToken, random, token_key};
use jiff::Timestamp;
use oauth::{ErrorCode, GrantType, Params, Scope, TokenResponse};
use platform_access::{Caller, Resource};
use platform_log::AuditSink as _;

use super::{GrantHandler, check_same_resource, find_enabled_user, refuse_and_revoke};
use crate::{
    Client, Error, Oidc,
    actions::acts::{TOKEN_REFRESH, TOKEN_REUSE},
    issue_tokens::{GrantContext, IssuedTokens, TokenRequest, check_resource, issue_tokens},
    model::{Grant, RefreshToken},
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
        if let Some(response) = refresh(oidc, caller, client, params, token).await? {
            return Ok(response);
        }
        // Another request used the token at the same moment, so this one is a retry.
        let response = refresh(oidc, caller, client, params, token).await?;
        response.ok_or_else(invalid_token)
    }
}

/// Refreshes once; none if the token was used between looking it up and using it.
async fn refresh(
    oidc: &Oidc,
    caller: &Caller,
    client: &Client,
    params: &Params,
    token: &str,
) -> Result<Option<TokenResponse>, Error> {
    let key = token_key(token);
    let found = store::grants::find_token(&oidc.0.store, key.clone())
        .await?
        .filter(|found| found.grant.client_id == client.id && !found.revoked)
        .ok_or_else(invalid_token)?;
    let now = oidc.now();
    let Some((step, successor)) = next_step(oidc, &found, token, key, now) else {
        return Err(reused(oidc, caller, &found.grant).await);
    };
    if found.grant.expires_at <= now || (found.used.is_none() && found.expires_at <= now) {
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
            grant_type: GrantType::RefreshToken,
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
            refresh_token: Some(successor),
        },
    )
    .await?;
    record(oidc, caller, step, grant, now, issued).await
}

/// What is recorded before the response is released.
enum Step {
    /// The token is used for the first time.
    Use { key: Vec<u8>, seed: [u8; 32] },
    /// Its successor was issued lately and, as far as is known, never arrived.
    Retry,
}

/// What came of recording a step.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Outcome {
    Recorded,
    /// The token was used, or its grant revoked, since it was looked up.
    UsedMeanwhile,
    /// A retry, but the successor was used: the client has it.
    Reused,
    /// A retry, and the grant was revoked since: nobody used anything twice.
    Revoked,
}

/// What presenting a token amounts to, and the successor that it gets; none for a reuse.
fn next_step(
    oidc: &Oidc,
    found: &RefreshToken,
    token: &str,
    key: Vec<u8>,
    now: Timestamp,
) -> Option<(Step, OpaqueToken)> {
    let Some(used) = &found.used else {
        let seed = random::bytes();
        let successor = OpaqueToken::successor(token, &seed, now.as_millisecond());
        return Some((Step::Use { key, seed }, successor));
    };
    let seed = used.successor_seed?;
    let is_retry = now <= used.at + oidc.0.config.refresh_token_grace;
    let successor = OpaqueToken::successor(token, &seed, used.at.as_millisecond());
    is_retry.then_some((Step::Retry, successor))
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

/// Uses the token and commits its successor, or makes sure that the successor was not used,
/// with the entry; then releases the response. None if the token was used meanwhile.
async fn record(
    oidc: &Oidc,
    caller: &Caller,
    step: Step,
    grant: Grant,
    now: Timestamp,
    issued: IssuedTokens,
) -> Result<Option<TokenResponse>, Error> {
    let successor = issued.refresh_token.as_ref().map(OpaqueToken::key);
    let successor = successor.unwrap_or_default();
    let successor_end = (now + oidc.0.config.refresh_token_idle).min(grant.expires_at);
    let entry = match step {
        Step::Use { .. } => issued.entry,
        Step::Retry => issued.entry.with("retry", true),
    };
    let grant_id = grant.id.clone();
    let outcome = oidc
        .0
        .store
        .transact(async move |tx| {
            let outcome = match &step {
                Step::Use { key, seed } => {
                    let used = store::grants::use_token(tx, key, &grant_id, seed, now).await?;
                    if used {
                        let key = successor.clone();
                        store::grants::append_token_in(tx, key, &grant_id, successor_end);
                    }
                    if used {
                        Outcome::Recorded
                    } else {
                        Outcome::UsedMeanwhile
                    }
                }
                Step::Retry => match store::grants::is_unused(tx, &successor, &grant_id).await? {
                    Some(true) => Outcome::Recorded,
                    Some(false) => Outcome::Reused,
                    None => Outcome::Revoked,
                },
            };
            if outcome == Outcome::Recorded {
                tx.audit(entry.clone());
            }
            Ok::<_, Error>(outcome)
        })
        .await?;
    match outcome {
        Outcome::Recorded => Ok(Some(issued.response)),
        Outcome::UsedMeanwhile => Ok(None),
        Outcome::Reused => Err(reused(oidc, caller, &grant).await),
        Outcome::Revoked => Err(invalid_token()),
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
