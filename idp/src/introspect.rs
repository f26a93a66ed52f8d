//! What a token is worth (RFC 7662).

use serde::Serialize;

use crate::{Client, Error, OAuthCode, Service, model::digest, store, tokens::AccessClaims};

/// The answer of RFC 7662 §2.2.
#[derive(Debug, Default, Serialize)]
pub(crate) struct Introspection {
    active: bool,
    #[serde(flatten, skip_serializing_if = "Option::is_none")]
    claims: Option<AccessClaims>,
    #[serde(skip_serializing_if = "Option::is_none")]
    token_type: Option<&'static str>,
    #[serde(flatten, skip_serializing_if = "Option::is_none")]
    refresh: Option<Refresh>,
}

#[derive(Debug, Serialize)]
struct Refresh {
    client_id: String,
    sub: String,
    scope: String,
    exp: i64,
}

impl Service {
    /// Tells a confidential client about a token that was issued to it or for
    /// one of its resources; of any other it says "not active" and no more.
    ///
    /// # Errors
    /// `invalid_client` for a public client, and the store's.
    pub(crate) async fn introspect(
        &self,
        client: &Client,
        token: &str,
    ) -> Result<Introspection, Error> {
        if client.is_public() {
            return Err(Error::oauth(
                OAuthCode::InvalidClient,
                "introspection is for clients with a secret",
            ));
        }
        if let Some(claims) = self.read_access_token(token) {
            let concerns = claims.client_id == client.id
                || client.resources.contains(&claims.aud)
                || client.grants.cover("idp.token.introspect");
            let active = concerns
                && !store::revoked::is_revoked(&self.0.store, &claims.jti, claims.family()).await?
                && self.holder_is_good(&claims).await?;
            return Ok(if active {
                Introspection {
                    active,
                    claims: Some(claims),
                    token_type: Some("Bearer"),
                    refresh: None,
                }
            } else {
                Introspection::default()
            });
        }
        let now = self.now();
        let found = store::refresh::find(&self.0.store, digest(token))
            .await?
            .filter(|found| found.family.client_id == client.id)
            .filter(|found| {
                !found.used
                    && !found.revoked
                    && found.expires_at > now
                    && found.family.expires_at > now
            });
        Ok(
            found.map_or_else(Introspection::default, |found| Introspection {
                active: true,
                refresh: Some(Refresh {
                    exp: found.expires_at.min(found.family.expires_at).as_second(),
                    client_id: found.family.client_id,
                    sub: found.family.user_id,
                    scope: found.family.scope,
                }),
                ..Introspection::default()
            }),
        )
    }

    /// Whether the client, and the user if there is one, are still let in.
    async fn holder_is_good(&self, claims: &AccessClaims) -> Result<bool, Error> {
        if self.find_client(&claims.client_id).await?.is_none() {
            return Ok(false);
        }
        if claims.is_for_client() {
            return Ok(true);
        }
        let user = store::users::by_id(&self.0.store, &claims.sub).await?;
        Ok(user.is_some_and(|user| user.disabled_at.is_none()))
    }
}
