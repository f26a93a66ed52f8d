//! What a client may know of the user (OpenID Connect Core §5.3).

use std::sync::Arc;

use idp_directory::read_users::find_by_id;
use oauth::{ErrorCode, OPENID, Scope};
use serde::Serialize;

use crate::{
    Client, Error, Oidc, claims::ScopeClaims, client_cache::find_client,
    issue_tokens::read_access_token, store,
};

/// The claims of userinfo.
#[derive(Debug, Serialize)]
pub(crate) struct UserClaims {
    sub: String,
    #[serde(flatten)]
    claims: ScopeClaims,
}

/// The claims that the access token's scope allows, and the client that has the token.
///
/// # Errors
/// `invalid_token`, `insufficient_scope`, and the store's.
pub(crate) async fn userinfo(oidc: &Oidc, token: &str) -> Result<(UserClaims, Arc<Client>), Error> {
    let invalid = || {
        Error::oauth(
            ErrorCode::InvalidToken,
            "the access token is malformed, has expired, or was revoked",
        )
    };
    let claims = read_access_token(oidc, token).await.ok_or_else(invalid)?;
    let scope = Scope::parse(&claims.scope);
    if claims.is_for_client() || !scope.has(OPENID) {
        return Err(Error::oauth(
            ErrorCode::InsufficientScope,
            "userinfo needs the scope openid",
        ));
    }
    // RFC 9068 §4: a resource server that received a token cannot use it here.
    let config = &oidc.0.config;
    if claims.aud != config.issuer && claims.aud != config.api_audience() {
        return Err(Error::oauth(
            ErrorCode::InvalidToken,
            "the access token is for another resource",
        ));
    }
    if !store::revoked::is_valid(&oidc.0.store, &claims.jti, claims.grant_id()).await? {
        return Err(invalid());
    }
    let client = find_client(oidc, &claims.client_id)
        .await?
        .ok_or_else(invalid)?;
    let user = find_by_id(oidc.0.authn.directory(), &claims.sub)
        .await?
        .filter(|user| user.disabled_at.is_none())
        .ok_or_else(invalid)?;
    let claims = UserClaims {
        claims: ScopeClaims::of(&user, &scope),
        sub: user.id,
    };
    Ok((claims, client))
}
