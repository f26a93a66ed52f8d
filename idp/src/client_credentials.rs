//! A token for the client itself (RFC 6749 §4.4): the busiest road.

use platform::audit::RecordEntry as _;
use platform::{
    Caller,
    audit::{Entry, Party},
};

use crate::{
    Client, Error, GrantType, OAuthCode, Scope, ScopeValue, Service, params::Params, tokens::Tokens,
};

impl Service {
    /// A token with which the client acts for itself. One signature, one row
    /// of the audit log, nothing else.
    ///
    /// # Errors
    /// `unauthorized_client`, `invalid_scope`, `invalid_target`, and the key's and store's.
    pub(crate) async fn client_credentials(
        &self,
        client: &Client,
        params: &Params,
        caller: &Caller,
    ) -> Result<Tokens, Error> {
        if !client.may(GrantType::ClientCredentials) {
            return Err(Error::oauth(
                OAuthCode::UnauthorizedClient,
                "this client is not registered for client_credentials",
            ));
        }
        let has_rights = !client.grants.to_string().is_empty();
        let resource = params.get("resource");
        let scope = match params.get("scope") {
            // RFC 6749 §3.3: left out, it is what the client is registered for.
            None if has_rights
                && resource.is_none_or(|resource| resource == self.0.config.api_audience()) =>
            {
                Scope::parse(ScopeValue::Api.name())
            }
            None => Scope::default(),
            Some(list) => {
                let asked = Scope::parse(list);
                let only_api = asked.is_within(&Scope::parse(ScopeValue::Api.name()));
                if asked.is_empty() || !only_api || !has_rights {
                    return Err(Error::oauth(
                        OAuthCode::InvalidScope,
                        "a client that acts for itself may ask for api, where it has rights there",
                    ));
                }
                asked
            }
        };
        self.check_resource(client, resource, &scope)?;
        let now = self.now();
        let claims = self.access_claims(client, None, &scope, resource, now);
        let access_token = self.0.signer.sign_access(&claims).await?;
        let party = Party::thing(format!("client:{}", client.id));
        let entry = Entry::new("idp.token.issue", caller, party.clone(), now)
            .by(party)
            .with("grant_type", GrantType::ClientCredentials.name())
            .with("jti", claims.jti)
            .with("audience", claims.aud)
            .with("scope", claims.scope.as_str());
        self.0.store.record(entry).await?;
        Ok(Tokens {
            access_token,
            token_type: "Bearer",
            expires_in: self.0.config.access_token_lifetime.as_secs(),
            scope: claims.scope,
            refresh_token: None,
            id_token: None,
        })
    }
}
