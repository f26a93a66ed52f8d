//! Who holds an access token for Xinshu's own REST API (RFC 6750, RFC 9068 §4).

use std::time::{Duration, Instant};

use platform::Actor;
use quick_cache::sync::Cache;

use crate::{
    Error, OAuthCode, Scope, ScopeValue, Service,
    model::{digest, intersect},
    store,
};

/// How long another node's revocation may go unnoticed here.
const LIFE: Duration = Duration::from_secs(2);
const SIZE: usize = 4096;

/// Tokens lately found good, by their digest.
#[derive(Debug)]
pub(crate) struct BearerCache(Cache<[u8; 32], (Instant, i64, Actor)>);

impl BearerCache {
    pub(crate) fn new() -> Self {
        Self(Cache::new(SIZE))
    }

    /// Forgets all: something was revoked here.
    pub(crate) fn clear(&self) {
        self.0.clear();
    }
}

impl Service {
    /// The client or user who holds `token`, with the rights that they have now.
    ///
    /// # Errors
    /// [`Error::OAuth`] with `invalid_token` or `insufficient_scope`, and the store's.
    pub async fn authenticate_bearer(&self, token: &str) -> Result<Actor, Error> {
        let key = digest(token);
        let monotonic = self.0.clock.monotonic();
        if let Some((since, exp, actor)) = self.0.bearers.0.get(&key)
            && monotonic.saturating_duration_since(since) < LIFE
            && exp > self.now().as_second()
        {
            return Ok(actor);
        }
        let claims = self.read_access_token(token).ok_or_else(invalid)?;
        if claims.aud != self.0.config.api_audience()
            || !Scope::parse(&claims.scope).has(ScopeValue::Api)
        {
            return Err(Error::oauth(
                OAuthCode::InsufficientScope,
                "the access token is not for this API; ask for the scope api",
            ));
        }
        if store::revoked::is_revoked(&self.0.store, &claims.jti, claims.family()).await? {
            return Err(invalid());
        }
        let client = self
            .find_client(&claims.client_id)
            .await?
            .ok_or_else(invalid)?;
        let actor = if claims.is_for_client() {
            Actor::Client {
                id: client.id.clone(),
                permissions: client.grants.clone(),
            }
        } else {
            let user = store::users::by_id(&self.0.store, &claims.sub)
                .await?
                .filter(|user| user.disabled_at.is_none())
                .ok_or_else(invalid)?;
            Actor::User {
                permissions: intersect(&user.grants, &client.grants),
                id: user.id,
                name: user.name,
            }
        };
        self.0
            .bearers
            .0
            .insert(key, (monotonic, claims.exp, actor.clone()));
        Ok(actor)
    }
}

fn invalid() -> Error {
    Error::oauth(
        OAuthCode::InvalidToken,
        "the access token is malformed, past its end, or revoked",
    )
}
