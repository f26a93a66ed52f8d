//! Redeeming an authorization code (RFC 6749 §4.1.3), once.

use aws_lc_rs::digest as sha;
use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use crypto::random;
use jiff::Timestamp;
use platform::audit::AuditSink as _;
use platform::{
    Caller, StoreError,
    audit::{Entry, Party},
    store::Tx,
};
use subtle::ConstantTimeEq as _;

use crate::{
    Client, Error, GrantType, OAuthCode, Scope, ScopeValue, Service,
    model::digest,
    params::Params,
    store::{self, codes::Code, refresh::Family},
    tokens::{Delegation, Tokens},
};

impl Service {
    /// Tokens for a code.
    ///
    /// The order is that of the design: check, sign, record, release. The code
    /// is used up in the transaction that records the tokens, so of two nodes
    /// that redeem it one gets them, and the other revokes them.
    ///
    /// # Errors
    /// `invalid_request`, `invalid_grant`, `unauthorized_client`, and others.
    pub(crate) async fn redeem_code(
        &self,
        client: &Client,
        params: &Params,
        caller: &Caller,
    ) -> Result<Tokens, Error> {
        if !client.may(GrantType::AuthorizationCode) {
            return Err(Error::oauth(
                OAuthCode::UnauthorizedClient,
                "this client is not registered for codes",
            ));
        }
        let token = params
            .get("code")
            .ok_or_else(|| Error::oauth(OAuthCode::InvalidRequest, "code is missing"))?;
        let code = store::codes::find(&self.0.store, digest(token))
            .await?
            .filter(|code| code.client_id == client.id)
            .ok_or_else(not_good)?;
        if code.redeemed {
            return Err(self.replayed(code, caller).await);
        }
        let now = self.now();
        if code.expires_at <= now {
            return Err(not_good());
        }
        if params.get("redirect_uri") != Some(&code.redirect_uri) {
            return Err(Error::oauth(
                OAuthCode::InvalidGrant,
                "redirect_uri is not that of the authorization request",
            ));
        }
        check_verifier(code.code_challenge.as_deref(), params.get("code_verifier"))?;
        check_same_resource(params, code.resource.as_deref())?;
        let user = store::users::by_id(&self.0.store, &code.user_id)
            .await?
            .filter(|user| user.disabled_at.is_none())
            .ok_or_else(not_good)?;

        let scope = Scope::parse(&code.scope);
        let delegation = Delegation {
            user: &user,
            family: &code.family_id,
            session: &code.session_id,
            auth_time: code.auth_time,
        };
        let claims = self.access_claims(
            client,
            Some(delegation),
            &scope,
            code.resource.as_deref(),
            now,
        );
        let access_token = self.0.signer.sign_access(&claims).await?;
        let id_token = if scope.has(ScopeValue::OpenId) {
            Some(
                self.sign_id_token(client, delegation, code.nonce.as_deref(), now)
                    .await?,
            )
        } else {
            None
        };
        let offline = scope.has(ScopeValue::OfflineAccess) && client.may(GrantType::RefreshToken);
        let refresh_token = offline.then(random::token);

        let entry = Entry::new(
            "idp.token.issue",
            caller,
            Party::person(format!("user:{}", user.name)),
            now,
        )
        .by(Party::thing(format!("client:{}", client.id)))
        .with("grant_type", GrantType::AuthorizationCode.name())
        .with("family", code.family_id.as_str())
        .with("jti", claims.jti.as_str())
        .with("audience", claims.aud.as_str())
        .with("scope", claims.scope.as_str())
        .with("refresh", offline);
        let refresh = refresh_token.as_deref().map(|token| {
            let family = Family {
                id: code.family_id.clone(),
                client_id: client.id.clone(),
                user_id: user.id.clone(),
                session_id: code.session_id.clone(),
                scope: code.scope.clone(),
                resource: code.resource.clone(),
                auth_time: code.auth_time,
                expires_at: now + self.0.config.refresh_token_lifetime,
            };
            (
                family,
                digest(token),
                now + self.0.config.refresh_token_idle,
            )
        });
        let code_hash = code.code_hash.clone();
        let session_id = code.session_id.clone();
        let won = self
            .0
            .store
            .transact(move |tx| {
                let (code_hash, session_id) = (code_hash.clone(), session_id.clone());
                let (entry, refresh) = (entry.clone(), refresh.clone());
                Box::pin(async move {
                    // A session that was ended takes its unredeemed codes along.
                    if !store::sessions::exists(tx, &session_id).await? {
                        return Err(not_good());
                    }
                    if !store::codes::redeem(tx, &code_hash, now).await? {
                        return Ok(false);
                    }
                    if let Some((family, token_hash, expires_at)) = refresh {
                        store::refresh::append_token(tx, token_hash, &family.id, expires_at);
                        store::refresh::append_family(tx, family);
                        // A reset of the password right after must find it.
                        tx.write_appended().await?;
                    }
                    tx.audit(entry);
                    Ok::<_, Error>(true)
                })
            })
            .await?;
        if !won {
            return Err(self.replayed(code, caller).await);
        }
        Ok(Tokens {
            access_token,
            token_type: "Bearer",
            expires_in: self.0.config.access_token_lifetime.as_secs(),
            scope: scope.to_string(),
            refresh_token,
            id_token,
        })
    }

    /// A code came twice: whoever has it, all that came from it is void
    /// (RFC 6749 §4.1.2, RFC 9700 §2.1.1).
    async fn replayed(&self, code: Code, caller: &Caller) -> Error {
        let now = self.now();
        let until = now + self.0.config.access_token_lifetime;
        let entry = Entry::new(
            "idp.code.redeem",
            caller,
            Party::thing(format!("client:{}", code.client_id)),
            now,
        )
        .refused("the code was used before; its tokens are revoked")
        .with("family", code.family_id.as_str());
        let done = self
            .0
            .store
            .transact(move |tx| {
                let (code, entry) = (code.clone(), entry.clone());
                Box::pin(async move {
                    revoke_family(tx, &code.family_id, until, now).await?;
                    tx.audit(entry);
                    Ok::<_, Error>(())
                })
            })
            .await;
        self.0.bearers.clear();
        done.err().unwrap_or_else(not_good)
    }
}

/// Voids every token of a family.
pub(crate) async fn revoke_family(
    tx: &mut Tx<'_>,
    family_id: &str,
    until: Timestamp,
    now: Timestamp,
) -> Result<(), StoreError> {
    store::refresh::revoke(tx, family_id, now).await?;
    store::revoked::insert(tx, family_id, until).await
}

/// RFC 8707 §2.2: of what was granted a part may be asked for, and nothing else.
pub(crate) fn check_same_resource(params: &Params, granted: Option<&str>) -> Result<(), Error> {
    match params.get("resource") {
        Some(asked) if Some(asked) != granted => Err(Error::oauth(
            OAuthCode::InvalidTarget,
            "resource is not that of the authorization request",
        )),
        _ => Ok(()),
    }
}

fn not_good() -> Error {
    Error::oauth(
        OAuthCode::InvalidGrant,
        "the code is not good: unknown, used, too old, or another client's",
    )
}

/// RFC 7636 §4.6; a verifier without a challenge is a downgrade (RFC 9700 §2.1.1).
fn check_verifier(challenge: Option<&str>, verifier: Option<&str>) -> Result<(), Error> {
    let refused = |description| Err(Error::oauth(OAuthCode::InvalidGrant, description));
    match (challenge, verifier) {
        (None, None) => Ok(()),
        (None, Some(_)) => {
            refused("code_verifier without a code_challenge in the authorization request")
        }
        (Some(_), None) => refused("code_verifier is missing"),
        (Some(challenge), Some(verifier)) => {
            let length_fits = (43..=128).contains(&verifier.len());
            let hash = URL_SAFE_NO_PAD.encode(sha::digest(&sha::SHA256, verifier.as_bytes()));
            if length_fits && bool::from(hash.as_bytes().ct_eq(challenge.as_bytes())) {
                Ok(())
            } else {
                refused("code_verifier does not fit the code_challenge")
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_verifier_of_rfc_7636() {
        // RFC 7636 appendix B.
        let verifier = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk";
        let challenge = "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM";
        assert!(check_verifier(Some(challenge), Some(verifier)).is_ok());
        assert!(check_verifier(Some(challenge), Some(challenge)).is_err());
        assert!(check_verifier(Some(challenge), None).is_err());
        assert!(check_verifier(None, Some(verifier)).is_err());
        assert!(check_verifier(None, None).is_ok());
    }
}
