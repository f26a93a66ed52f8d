//! Revoking a token at its client's request (RFC 7009).

use crypto::token_key;
use jiff::Timestamp;
use platform_access::Caller;
use platform_log::AuditSink as _;

use crate::{
    Client, Error, Oidc, actions::acts::TOKEN_REVOKE, issue_tokens::read_access_token, store,
};

/// Revokes an access token, or a refresh token with its whole grant. A token that is
/// unknown or another client's is ignored (RFC 7009 §2.2).
///
/// # Errors
/// The store's.
pub(crate) async fn revoke(
    oidc: &Oidc,
    caller: &Caller,
    client: &Client,
    token: &str,
) -> Result<(), Error> {
    let now = oidc.now();
    let entry = caller
        .entry(TOKEN_REVOKE, &client.resource(), now)
        .with_actor(client.principal());
    let revoked = match read_access_token(oidc, token).await {
        Some(claims) if claims.client_id == client.id => {
            let expires_at = Timestamp::from_second(claims.exp).unwrap_or(now);
            let entry = entry.with("jti", claims.jti.as_str());
            oidc.0
                .store
                .transact(async move |tx| {
                    store::revoked::insert(tx, &claims.jti, expires_at).await?;
                    tx.audit(entry.clone());
                    Ok(())
                })
                .await
        }
        Some(_) => return Ok(()),
        None => {
            let found = store::grants::find_token(&oidc.0.store, token_key(token)).await?;
            let Some(grant) = found
                .filter(|found| found.grant.client_id == client.id && !found.revoked)
                .map(|found| found.grant)
            else {
                return Ok(());
            };
            let entry = entry.with("grant", grant.id.as_str());
            oidc.0
                .store
                .transact(async move |tx| {
                    store::grants::revoke(tx, &grant.id, now).await?;
                    tx.audit(entry.clone());
                    Ok(())
                })
                .await
        }
    };
    oidc.0.end_access.bearers.clear();
    revoked
}
