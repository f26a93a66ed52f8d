//! What a client may know of the user (OpenID Connect Core §5.3).

use serde::Serialize;

use crate::{Error, OAuthCode, Scope, ScopeValue, Service, store};

/// The claims of userinfo.
#[derive(Debug, Serialize)]
pub(crate) struct UserClaims {
    sub: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    name: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    preferred_username: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    updated_at: Option<i64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    email: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    email_verified: Option<bool>,
}

impl Service {
    /// The claims that the access token's scope allows.
    ///
    /// # Errors
    /// `invalid_token`, `insufficient_scope`, and the store's.
    pub(crate) async fn userinfo(&self, token: &str) -> Result<UserClaims, Error> {
        let invalid = || {
            Error::oauth(
                OAuthCode::InvalidToken,
                "the access token is malformed, past its end, or revoked",
            )
        };
        let claims = self.read_access_token(token).ok_or_else(invalid)?;
        let scope = Scope::parse(&claims.scope);
        if claims.is_for_client() || !scope.has(ScopeValue::OpenId) {
            return Err(Error::oauth(
                OAuthCode::InsufficientScope,
                "userinfo needs the scope openid",
            ));
        }
        // RFC 9068 §4: a resource server that was given a token cannot use it here.
        if claims.aud != self.0.config.issuer && claims.aud != self.0.config.api_audience() {
            return Err(Error::oauth(
                OAuthCode::InvalidToken,
                "the access token is for another resource",
            ));
        }
        if store::revoked::is_revoked(&self.0.store, &claims.jti, claims.family()).await? {
            return Err(invalid());
        }
        let user = store::users::by_id(&self.0.store, &claims.sub)
            .await?
            .filter(|user| user.disabled_at.is_none())
            .ok_or_else(invalid)?;
        let profile = scope.has(ScopeValue::Profile);
        let email = user.email.clone().filter(|_| scope.has(ScopeValue::Email));
        Ok(UserClaims {
            name: profile.then(|| user.title().to_owned()),
            preferred_username: profile.then(|| user.name.clone()),
            updated_at: profile.then(|| user.changed_at.as_second()),
            // An administrator wrote it; nobody has answered a letter to it yet.
            email_verified: email.as_ref().map(|_| false),
            email,
            sub: user.id,
        })
    }
}
