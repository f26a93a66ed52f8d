//! What a token is worth (RFC 7662).

use crypto::token_key;
use idp_directory::read_users::find_by_id;
use oauth::ErrorCode;
use serde::Serialize;

use crate::{
    Client, Error, Oidc, actions::TOKEN_INTROSPECT, claims::AccessClaims,
    client_cache::find_client, issue_tokens::read_access_token, store,
};

/// The response of RFC 7662 §2.2.
#[derive(Debug, Default, Serialize)]
pub(crate) struct Introspection {
    active: bool,
    #[serde(flatten, skip_serializing_if = "Option::is_none")]
    claims: Option<AccessClaims>,
    #[serde(skip_serializing_if = "Option::is_none")]
    token_type: Option<&'static str>,
    #[serde(flatten, skip_serializing_if = "Option::is_none")]
    refresh: Option<RefreshClaims>,
}

#[derive(Debug, Serialize)]
struct RefreshClaims {
    client_id: String,
    sub: String,
    scope: String,
    exp: i64,
}

/// Describes a token to a confidential client, if it was issued to that client or for one
/// of its resources; any other token is "not active".
///
/// # Errors
/// `invalid_client` for a public client, and the store's.
pub(crate) async fn introspect(
    oidc: &Oidc,
    client: &Client,
    token: &str,
) -> Result<Introspection, Error> {
    if client.is_public() {
        return Err(Error::oauth(
            ErrorCode::InvalidClient,
            "introspection is for clients with a secret",
        ));
    }
    match read_access_token(oidc, token).await {
        Some(claims) => introspect_access_token(oidc, client, claims).await,
        None => introspect_refresh_token(oidc, client, token).await,
    }
}

async fn introspect_access_token(
    oidc: &Oidc,
    client: &Client,
    claims: AccessClaims,
) -> Result<Introspection, Error> {
    let concerns = claims.client_id == client.id
        || client.resources.contains(&claims.aud)
        || client.permissions.cover(TOKEN_INTROSPECT.as_str());
    let active = concerns
        && store::revoked::is_valid(&oidc.0.store, &claims.jti, claims.grant_id()).await?
        && is_holder_enabled(oidc, &claims).await?;
    Ok(if active {
        Introspection {
            active,
            claims: Some(claims),
            token_type: Some("Bearer"),
            refresh: None,
        }
    } else {
        Introspection::default()
    })
}

async fn introspect_refresh_token(
    oidc: &Oidc,
    client: &Client,
    token: &str,
) -> Result<Introspection, Error> {
    let found = store::grants::find_token(&oidc.0.store, token_key(token))
        .await?
        .filter(|found| found.grant.client_id == client.id && found.is_valid(oidc.now()));
    let Some(found) = found else {
        return Ok(Introspection::default());
    };
    Ok(Introspection {
        active: true,
        refresh: Some(RefreshClaims {
            exp: found.expires_at.min(found.grant.expires_at).as_second(),
            client_id: found.grant.client_id,
            sub: found.grant.user_id,
            scope: found.grant.scope,
        }),
        ..Introspection::default()
    })
}

/// Whether the client, and the user if there is one, are still enabled.
async fn is_holder_enabled(oidc: &Oidc, claims: &AccessClaims) -> Result<bool, Error> {
    if find_client(oidc, &claims.client_id).await?.is_none() {
        return Ok(false);
    }
    if claims.is_for_client() {
        return Ok(true);
    }
    let user = find_by_id(oidc.0.authn.directory(), &claims.sub).await?;
    Ok(user.is_some_and(|user| user.disabled_at.is_none()))
}
