//! Refreshing (RFC 6749 §6) with rotation: each refresh token is good once, and
//! one that comes twice revokes its whole family (RFC 9700 §4.14.2).

use crypto::random;
use platform::audit::AuditSink as _;
use platform::{
    Caller,
    audit::{Entry, Party},
};

use crate::{
    Client, Error, GrantType, OAuthCode, Scope, ScopeValue, Service,
    model::digest,
    params::Params,
    redeem_code::{check_same_resource, revoke_family},
    store::{self, refresh::Family},
    tokens::{Delegation, Tokens},
};

impl Service {
    /// New tokens for a refresh token, another refresh token among them.
    ///
    /// # Errors
    /// `invalid_request`, `invalid_grant`, `invalid_scope`, `unauthorized_client`, and others.
    pub(crate) async fn refresh(
        &self,
        client: &Client,
        params: &Params,
        caller: &Caller,
    ) -> Result<Tokens, Error> {
        if !client.may(GrantType::RefreshToken) {
            return Err(Error::oauth(
                OAuthCode::UnauthorizedClient,
                "this client is not registered for refreshing",
            ));
        }
        let token = params
            .get("refresh_token")
            .ok_or_else(|| Error::oauth(OAuthCode::InvalidRequest, "refresh_token is missing"))?;
        let token_hash = digest(token);
        let found = store::refresh::find(&self.0.store, token_hash)
            .await?
            .filter(|found| found.family.client_id == client.id)
            .ok_or_else(not_good)?;
        let family = found.family;
        if found.revoked {
            return Err(not_good());
        }
        if found.used {
            return Err(self.reused(family, caller).await);
        }
        let now = self.now();
        if found.expires_at <= now || family.expires_at <= now {
            return Err(not_good());
        }
        let granted = Scope::parse(&family.scope);
        let scope = match params.get("scope") {
            None => granted,
            Some(list) => {
                let asked = Scope::parse(list);
                if asked.is_empty() || !asked.is_within(&granted) {
                    return Err(Error::oauth(
                        OAuthCode::InvalidScope,
                        "scope is wider than what was granted",
                    ));
                }
                asked
            }
        };
        let resource = family.resource.as_deref();
        check_same_resource(params, resource)?;
        self.check_resource(client, resource, &scope)?;
        let user = store::users::by_id(&self.0.store, &family.user_id)
            .await?
            .filter(|user| user.disabled_at.is_none())
            .ok_or_else(not_good)?;

        let delegation = Delegation {
            user: &user,
            family: &family.id,
            session: &family.session_id,
            auth_time: family.auth_time,
        };
        let claims = self.access_claims(client, Some(delegation), &scope, resource, now);
        let access_token = self.0.signer.sign_access(&claims).await?;
        let id_token = if scope.has(ScopeValue::OpenId) {
            // OpenID Connect Core §12.2: no nonce in a refreshed one.
            Some(self.sign_id_token(client, delegation, None, now).await?)
        } else {
            None
        };
        let next = random::token();

        let entry = Entry::new(
            "idp.token.refresh",
            caller,
            Party::person(format!("user:{}", user.name)),
            now,
        )
        .by(Party::thing(format!("client:{}", client.id)))
        .with("family", family.id.as_str())
        .with("jti", claims.jti.as_str())
        .with("audience", claims.aud.as_str())
        .with("scope", claims.scope.as_str());
        let next_hash = digest(&next);
        let next_end = (now + self.0.config.refresh_token_idle).min(family.expires_at);
        let family_id = family.id.clone();
        let won = self
            .0
            .store
            .transact(move |tx| {
                let (family_id, entry) = (family_id.clone(), entry.clone());
                Box::pin(async move {
                    if !store::refresh::take(tx, token_hash, now).await? {
                        return Ok(false);
                    }
                    store::refresh::append_token(tx, next_hash, &family_id, next_end);
                    tx.audit(entry);
                    Ok::<_, Error>(true)
                })
            })
            .await?;
        if !won {
            return Err(self.reused(family, caller).await);
        }
        Ok(Tokens {
            access_token,
            token_type: "Bearer",
            expires_in: self.0.config.access_token_lifetime.as_secs(),
            scope: scope.to_string(),
            refresh_token: Some(next),
            id_token,
        })
    }

    /// Somebody has a copy; nobody can tell who is the thief.
    async fn reused(&self, family: Family, caller: &Caller) -> Error {
        let now = self.now();
        let until = now + self.0.config.access_token_lifetime;
        let entry = Entry::new(
            "idp.token.reuse",
            caller,
            Party::thing(format!("client:{}", family.client_id)),
            now,
        )
        .refused("the refresh token was used before; its family is revoked")
        .with("family", family.id.as_str());
        metrics::counter!("xinshu_idp_refresh_reuse_total").increment(1);
        let done = self
            .0
            .store
            .transact(move |tx| {
                let (family, entry) = (family.clone(), entry.clone());
                Box::pin(async move {
                    revoke_family(tx, &family.id, until, now).await?;
                    tx.audit(entry);
                    Ok::<_, Error>(())
                })
            })
            .await;
        self.0.bearers.clear();
        done.err().unwrap_or_else(not_good)
    }
}

fn not_good() -> Error {
    Error::oauth(
        OAuthCode::InvalidGrant,
        "the refresh token is not good: unknown, used, revoked, too old, or another client's",
    )
}
