//! Who holds an access token for Xinshu's own REST API (RFC 6750, RFC 9068 §4).

use std::time::{Duration, Instant};

use crypto::token_key;
use idp_directory::read_users::find_by_id;
use oauth::{API, ErrorCode, Scope};
use platform_access::Actor;
use quick_cache::sync::Cache;

use crate::{Error, Oidc, client_cache::find_client, issue_tokens::read_access_token, store};

/// For how long another node's revocation may go unnoticed here (rule 12).
const CACHED: Duration = Duration::from_millis(450);
const CACHE_ENTRIES: usize = 4096;

/// Tokens that were lately found valid, by their digest.
#[derive(Debug)]
pub(crate) struct BearerCache(Cache<Vec<u8>, (Instant, i64, Actor)>);

impl BearerCache {
    pub(crate) fn new() -> Self {
        Self(Cache::new(CACHE_ENTRIES))
    }

    /// Something was revoked or changed by this node.
    pub(crate) fn clear(&self) {
        self.0.clear();
    }
}

/// The client or user who holds `token`, with the permissions that they have now.
///
/// # Errors
/// [`Error::OAuth`] with `invalid_token` or `insufficient_scope`, and the store's.
pub async fn authenticate_bearer(oidc: &Oidc, token: &str) -> Result<Actor, Error> {
    let key = token_key(token);
    let read_at = Instant::now();
    let cache = &oidc.0.end_access.bearers.0;
    if let Some((since, exp, actor)) = cache.get(&key)
        && read_at.saturating_duration_since(since) < CACHED
        && exp > oidc.now().as_second()
    {
        return Ok(actor);
    }
    let claims = read_access_token(oidc, token).await.ok_or_else(invalid)?;
    if claims.aud != oidc.0.config.api_audience() || !Scope::parse(&claims.scope).has(API) {
        return Err(Error::oauth(
            ErrorCode::InsufficientScope,
            "the access token is not for this API; ask for the scope api",
        ));
    }
    if !store::revoked::is_valid(&oidc.0.store, &claims.jti, claims.grant_id()).await? {
        return Err(invalid());
    }
    let client = find_client(oidc, &claims.client_id)
        .await?
        .ok_or_else(invalid)?;
    let actor = if claims.is_for_client() {
        Actor::Client {
            id: client.id.clone(),
            permissions: client.permissions.clone(),
        }
    } else {
        let user = find_by_id(oidc.0.authn.directory(), &claims.sub)
            .await?
            .filter(|user| user.disabled_at.is_none())
            .ok_or_else(invalid)?;
        Actor::User {
            permissions: user.permissions.intersect(&client.permissions),
            id: user.id,
            name: user.name,
        }
    };
    cache.insert(key, (read_at, claims.exp, actor.clone()));
    Ok(actor)
}

fn invalid() -> Error {
    Error::oauth(
        ErrorCode::InvalidToken,
        "the access token is malformed, has expired, or was revoked",
    )
}
