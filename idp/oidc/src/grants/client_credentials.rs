//! A token for the client itself (RFC 6749 §4.4): the path that is used most.

use async_trait::async_trait;
use oauth::{API, ErrorCode, GrantType, Params, Scope, TokenResponse};
use platform_access::Caller;
use platform_log::RecordEntry as _;

use super::GrantHandler;
use crate::{
    Client, Error, Oidc,
    actions::acts::TOKEN_ISSUE,
    issue_tokens::{TokenRequest, check_resource, issue_tokens},
    scopes::supported,
};

pub(super) struct ClientCredentialsGrant;

#[async_trait]
impl GrantHandler for ClientCredentialsGrant {
    fn grant_type(&self) -> GrantType {
        GrantType::ClientCredentials
    }

    /// One signature, one row of the log, nothing else.
    async fn handle(
        &self,
        oidc: &Oidc,
        caller: &Caller,
        client: &Client,
        params: &Params,
    ) -> Result<TokenResponse, Error> {
        let resource = params.get("resource");
        let scope = scope(oidc, client, params.get("scope"), resource)?;
        check_resource(oidc, client, resource, &scope)?;
        let issued = issue_tokens(
            oidc,
            caller,
            TokenRequest {
                action: TOKEN_ISSUE,
                grant_type: self.grant_type(),
                client,
                scope: &scope,
                resource,
                grant: None,
                nonce: None,
                refresh_token: None,
            },
        )
        .await?;
        oidc.0.store.record(issued.entry).await?;
        Ok(issued.response)
    }
}

fn scope(
    oidc: &Oidc,
    client: &Client,
    asked: Option<&str>,
    resource: Option<&str>,
) -> Result<Scope, Error> {
    let has_permissions = !client.permissions.is_empty();
    let api = Scope::parse(API);
    match asked {
        // RFC 6749 §3.3: if omitted, it is what the client is registered for.
        None if has_permissions
            && resource.is_none_or(|resource| resource == oidc.0.config.api_audience()) =>
        {
            Ok(api)
        }
        None => Ok(Scope::default()),
        Some(list) => {
            let asked = supported(list);
            if asked.is_empty() || !asked.is_within(&api) || !has_permissions {
                return Err(Error::oauth(
                    ErrorCode::InvalidScope,
                    "a client that acts for itself may ask for api, if it has permissions there",
                ));
            }
            Ok(asked)
        }
    }
}
