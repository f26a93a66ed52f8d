//! Access tokens (RFC 9068) and ID tokens (OpenID Connect Core §2).

use crypto::random;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::{Client, Error, OAuthCode, Scope, ScopeValue, Service, User, model::intersect};

/// Authentication by password.
pub(crate) const ACR_PASSWORD: &str = "urn:xinshu:acr:password";
const AMR_PASSWORD: &[&str] = &["pwd"];

/// What an access token says.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct AccessClaims {
    pub(crate) iss: String,
    pub(crate) sub: String,
    pub(crate) aud: String,
    pub(crate) client_id: String,
    pub(crate) iat: i64,
    pub(crate) exp: i64,
    /// `FAMILY.RANDOM` where the token came from a code: a family is revoked together.
    pub(crate) jti: String,
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub(crate) scope: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) auth_time: Option<i64>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) acr: Option<String>,
    /// What the holder may do in Xinshu's REST API.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) grants: Option<String>,
}

/// What an ID token says.
#[derive(Clone, Debug, Serialize)]
pub(crate) struct IdClaims<'a> {
    iss: &'a str,
    sub: &'a str,
    aud: &'a str,
    iat: i64,
    exp: i64,
    auth_time: i64,
    #[serde(skip_serializing_if = "Option::is_none")]
    nonce: Option<&'a str>,
    acr: &'static str,
    amr: &'static [&'static str],
    sid: &'a str,
}

/// The part of an ID token that we read back from `id_token_hint`.
#[derive(Clone, Debug, Deserialize)]
pub(crate) struct IdHint {
    pub(crate) iss: String,
    pub(crate) sub: String,
    pub(crate) aud: String,
    #[serde(default)]
    pub(crate) sid: Option<String>,
}

/// What the token endpoint answers (RFC 6749 §5.1).
#[derive(Serialize)]
pub(crate) struct Tokens {
    pub(crate) access_token: String,
    pub(crate) token_type: &'static str,
    pub(crate) expires_in: u64,
    #[serde(skip_serializing_if = "String::is_empty")]
    pub(crate) scope: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) refresh_token: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) id_token: Option<String>,
}

/// On whose behalf a client gets a token, by which sign-in.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Delegation<'a> {
    pub(crate) user: &'a User,
    pub(crate) family: &'a str,
    pub(crate) session: &'a str,
    pub(crate) auth_time: Timestamp,
}

impl AccessClaims {
    /// The family it belongs to, where it came from a code.
    pub(crate) fn family(&self) -> Option<&str> {
        self.jti.split_once('.').map(|(family, _)| family)
    }

    /// True where the token speaks for its client alone.
    pub(crate) fn is_for_client(&self) -> bool {
        self.sub == self.client_id
    }
}

impl Service {
    /// The claims of an access token about to be signed.
    pub(crate) fn access_claims(
        &self,
        client: &Client,
        delegation: Option<Delegation<'_>>,
        scope: &Scope,
        resource: Option<&str>,
        now: Timestamp,
    ) -> AccessClaims {
        let api = scope.has(ScopeValue::Api);
        let audience = match resource {
            Some(resource) => resource.to_owned(),
            None if api => self.0.config.api_audience(),
            // RFC 9068 §3: without a resource, the default one: userinfo and introspection.
            None => self.0.config.issuer.clone(),
        };
        let grants = api.then(|| match delegation {
            Some(delegation) => intersect(&delegation.user.grants, &client.grants).to_string(),
            None => client.grants.to_string(),
        });
        AccessClaims {
            iss: self.0.config.issuer.clone(),
            sub: delegation.map_or_else(
                || client.id.clone(),
                |delegation| delegation.user.id.clone(),
            ),
            aud: audience,
            client_id: client.id.clone(),
            iat: now.as_second(),
            exp: (now + self.0.config.access_token_lifetime).as_second(),
            jti: match delegation {
                Some(delegation) => format!("{}.{}", delegation.family, random::id()),
                None => random::id(),
            },
            scope: scope.to_string(),
            auth_time: delegation.map(|delegation| delegation.auth_time.as_second()),
            acr: delegation.map(|_| ACR_PASSWORD.to_owned()),
            grants,
        }
    }

    /// Signs an ID token.
    pub(crate) async fn sign_id_token(
        &self,
        client: &Client,
        delegation: Delegation<'_>,
        nonce: Option<&str>,
        now: Timestamp,
    ) -> Result<String, Error> {
        let claims = IdClaims {
            iss: &self.0.config.issuer,
            sub: &delegation.user.id,
            aud: &client.id,
            iat: now.as_second(),
            exp: (now + self.0.config.id_token_lifetime).as_second(),
            auth_time: delegation.auth_time.as_second(),
            nonce,
            acr: ACR_PASSWORD,
            amr: AMR_PASSWORD,
            sid: delegation.session,
        };
        self.0.signer.sign_id(client.id_token_alg, &claims).await
    }

    /// The audience that `resource` asks for (RFC 8707 §2).
    ///
    /// # Errors
    /// `invalid_target` for one that the client has not registered.
    pub(crate) fn check_resource(
        &self,
        client: &Client,
        resource: Option<&str>,
        scope: &Scope,
    ) -> Result<(), Error> {
        let Some(resource) = resource else {
            return Ok(());
        };
        let own = resource == self.0.config.api_audience() && scope.has(ScopeValue::Api);
        let registered =
            client.resources.iter().any(|known| known == resource) && !scope.has(ScopeValue::Api);
        if own || registered {
            Ok(())
        } else {
            Err(Error::oauth(
                OAuthCode::InvalidTarget,
                "resource is not one that this client may ask for with this scope",
            ))
        }
    }

    /// The access token's claims, where it is ours and not past its end.
    pub(crate) fn read_access_token(&self, token: &str) -> Option<AccessClaims> {
        let claims: AccessClaims = self
            .0
            .signer
            .verify(token, crate::keys::TokenType::Access)?;
        let good = claims.iss == self.0.config.issuer && claims.exp > self.now().as_second();
        good.then_some(claims)
    }

    /// The ID token behind an `id_token_hint`, which may be past its end
    /// (RP-Initiated Logout §4, OpenID Connect Core §3.1.2.1).
    pub(crate) fn read_id_hint(&self, token: &str) -> Option<IdHint> {
        let hint: IdHint = self.0.signer.verify(token, crate::keys::TokenType::Id)?;
        (hint.iss == self.0.config.issuer).then_some(hint)
    }
}
