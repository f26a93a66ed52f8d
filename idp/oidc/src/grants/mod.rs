//! Grant types: one handler each, in one table.

mod authorization_code;
mod client_credentials;
mod refresh_token;

use async_trait::async_trait;
use idp_directory::{User, read_users::find_by_id};
use oauth::{ErrorCode, GrantType, Params, TokenResponse};
use platform_access::Caller;
use platform_log::{AuditSink as _, Entry};

use crate::{Client, Error, Oidc, store};

/// What the token endpoint does for one grant type.
#[async_trait]
pub(crate) trait GrantHandler: Sync {
    /// The grant type.
    fn grant_type(&self) -> GrantType;

    /// Checks the request, issues tokens, records them, and returns the response. The
    /// client has authenticated and registered this grant type.
    async fn handle(
        &self,
        oidc: &Oidc,
        caller: &Caller,
        client: &Client,
        params: &Params,
    ) -> Result<TokenResponse, Error>;
}

/// Every grant type that is understood. A new one is a file here and a row.
pub(crate) static HANDLERS: [&dyn GrantHandler; 3] = [
    &authorization_code::AuthorizationCode,
    &refresh_token::RefreshTokenGrant,
    &client_credentials::ClientCredentialsGrant,
];

/// Answers a request to the token endpoint (RFC 6749 §3.2).
///
/// # Errors
/// `invalid_request`, `unsupported_grant_type`, `unauthorized_client`, and the handler's.
pub(crate) async fn redeem(
    oidc: &Oidc,
    caller: &Caller,
    client: &Client,
    params: &Params,
) -> Result<TokenResponse, Error> {
    let name = params
        .get("grant_type")
        .ok_or_else(|| Error::oauth(ErrorCode::InvalidRequest, "grant_type is missing"))?;
    let handler = GrantType::from_name(name)
        .and_then(|grant_type| {
            HANDLERS
                .iter()
                .find(|handler| handler.grant_type() == grant_type)
        })
        .ok_or_else(|| {
            let known: Vec<_> = HANDLERS
                .iter()
                .map(|handler| handler.grant_type().name())
                .collect();
            Error::oauth(
                ErrorCode::UnsupportedGrantType,
                format!("grant_type must be one of {}", known.join(", ")),
            )
        })?;
    if !client.may(handler.grant_type()) {
        return Err(Error::oauth(
            ErrorCode::UnauthorizedClient,
            format!("this client is not registered for {name}"),
        ));
    }
    handler.handle(oidc, caller, client, params).await
}

/// RFC 8707 §2.2: the resource of the grant may be named again, and no other.
fn check_same_resource(params: &Params, granted: Option<&str>) -> Result<(), Error> {
    match params.get("resource") {
        Some(asked) if Some(asked) != granted => Err(Error::oauth(
            ErrorCode::InvalidTarget,
            "resource is not that of the authorization request",
        )),
        _ => Ok(()),
    }
}

/// The user of a code or a grant, unless they were disabled or deleted.
async fn find_enabled_user(oidc: &Oidc, id: &str) -> Result<Option<User>, Error> {
    let user = find_by_id(oidc.0.authn.directory(), id).await?;
    Ok(user.filter(|user| user.disabled_at.is_none()))
}

/// Revokes the grant of a code or a token that was presented twice, and commits the entry of
/// the refusal. Returns the error for the client: `refusal`, or the store's.
async fn refuse_and_revoke(oidc: &Oidc, grant_id: String, entry: Entry, refusal: Error) -> Error {
    let now = oidc.now();
    let revoked: Result<(), Error> = oidc
        .0
        .store
        .transact(async move |tx| {
            store::grants::revoke(tx, &grant_id, now).await?;
            tx.audit(entry.clone());
            Ok(())
        })
        .await;
    oidc.0.end_access.bearers.clear();
    revoked.err().unwrap_or(refusal)
}
