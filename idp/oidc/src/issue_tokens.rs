//! Issuing tokens: the one way, for every grant type.

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use crypto::{Digest, OpaqueToken, random};
use idp_authn::Authentication;
use idp_directory::User;
use jiff::Timestamp;
use oauth::{API, ErrorCode, GrantType, OPENID, Scope, TokenResponse};
use platform_access::{Action, Caller, Permissions};
use platform_log::Entry;

use crate::{
    Client, Error, Oidc,
    claims::{AccessClaims, IdClaims, IdHint, ScopeClaims},
    key_set::TokenType,
};

/// Which tokens to issue. The grant's handler has checked everything.
pub(crate) struct TokenRequest<'a> {
    pub(crate) action: Action,
    pub(crate) grant_type: GrantType,
    pub(crate) client: &'a Client,
    pub(crate) scope: &'a Scope,
    pub(crate) resource: Option<&'a str>,
    /// None if the client acts for itself.
    pub(crate) grant: Option<GrantContext<'a>>,
    pub(crate) nonce: Option<&'a str>,
    /// The refresh token that is issued too.
    pub(crate) refresh_token: Option<OpaqueToken>,
}

/// On whose behalf a client acts, and how they authenticated.
#[derive(Clone, Copy, Debug)]
pub(crate) struct GrantContext<'a> {
    pub(crate) id: &'a str,
    pub(crate) user: &'a User,
    pub(crate) session_id: &'a str,
    pub(crate) authentication: &'a Authentication,
}

/// Tokens that were signed and must not leave before their records are committed.
pub(crate) struct IssuedTokens {
    pub(crate) response: TokenResponse,
    /// The refresh token of the response.
    pub(crate) refresh_token: Option<OpaqueToken>,
    /// To be committed with what the handler records.
    pub(crate) entry: Entry,
}

/// Signs an access token, and an ID token if `openid` is in the scope. Nothing is recorded
/// here.
///
/// # Errors
/// A key's.
pub(crate) async fn issue_tokens(
    oidc: &Oidc,
    caller: &Caller,
    request: TokenRequest<'_>,
) -> Result<IssuedTokens, Error> {
    let now = oidc.now();
    let claims = access_claims(oidc, &request, now);
    let access_token = oidc.0.keys.sign_access(&claims).await?;
    let id_token = match request.grant {
        Some(grant) if request.scope.has(OPENID) => {
            Some(sign_id_token(oidc, &request, grant, &access_token, now).await?)
        }
        _ => None,
    };
    let about = match request.grant {
        Some(grant) => grant.user.resource(),
        None => request.client.resource(),
    };
    let mut entry = caller
        .entry(request.action, &about, now)
        .with_actor(request.client.principal())
        .with("grant_type", request.grant_type.name())
        .with("jti", claims.jti)
        .with("audience", claims.aud)
        .with("scope", claims.scope.as_str())
        .with("refresh", request.refresh_token.is_some());
    if let Some(grant) = request.grant {
        entry = entry.with("grant", grant.id);
    }
    Ok(IssuedTokens {
        response: TokenResponse {
            access_token,
            token_type: "Bearer",
            expires_in: oidc.0.config.access_token_lifetime.as_secs(),
            scope: claims.scope,
            refresh_token: request
                .refresh_token
                .as_ref()
                .map(|token| token.text().to_owned()),
            id_token,
        },
        refresh_token: request.refresh_token,
        entry,
    })
}

fn access_claims(oidc: &Oidc, request: &TokenRequest<'_>, now: Timestamp) -> AccessClaims {
    let config = &oidc.0.config;
    let client = request.client;
    let api = request.scope.has(API);
    let audience = match request.resource {
        Some(resource) => resource.to_owned(),
        None if api => config.api_audience(),
        // RFC 9068 §3: the default resource, which is userinfo and introspection.
        None => config.issuer.clone(),
    };
    let permissions = api.then(|| match request.grant {
        Some(grant) => grant.user.permissions.intersect(&client.permissions),
        None => client.permissions.clone(),
    });
    let authentication = request.grant.map(|grant| grant.authentication);
    AccessClaims {
        iss: config.issuer.clone(),
        sub: match request.grant {
            Some(grant) => grant.user.id.clone(),
            None => client.id.clone(),
        },
        aud: audience,
        client_id: client.id.clone(),
        iat: now.as_second(),
        exp: (now + config.access_token_lifetime).as_second(),
        jti: match request.grant {
            Some(grant) => format!("{}.{}", grant.id, random::id()),
            None => random::id(),
        },
        scope: request.scope.to_string(),
        auth_time: authentication.map(|authentication| authentication.time.as_second()),
        acr: authentication.map(|authentication| authentication.acr.clone()),
        amr: authentication
            .map(|authentication| authentication.amr().map(str::to_owned).collect())
            .unwrap_or_default(),
        permissions: permissions.as_ref().map(Permissions::to_string),
    }
}

async fn sign_id_token(
    oidc: &Oidc,
    request: &TokenRequest<'_>,
    grant: GrantContext<'_>,
    access_token: &str,
    now: Timestamp,
) -> Result<String, Error> {
    let claims = IdClaims {
        iss: &oidc.0.config.issuer,
        sub: &grant.user.id,
        aud: &request.client.id,
        iat: now.as_second(),
        exp: (now + oidc.0.config.id_token_lifetime).as_second(),
        auth_time: grant.authentication.time.as_second(),
        nonce: request.nonce,
        acr: &grant.authentication.acr,
        amr: grant.authentication.amr().collect(),
        sid: grant.session_id,
        at_hash: at_hash(access_token),
        user: request
            .client
            .claims_in_id_token
            .then(|| ScopeClaims::of(grant.user, request.scope)),
    };
    let algorithm = request.client.id_token_alg;
    oidc.0.keys.sign(algorithm, TokenType::Id, &claims).await
}

/// OpenID Connect Core §3.1.3.6. RS256 and ES256, which sign ID tokens, both hash by SHA-256.
fn at_hash(access_token: &str) -> String {
    let hash = Digest::Sha256.hash(access_token.as_bytes());
    URL_SAFE_NO_PAD.encode(hash.get(..16).unwrap_or_default())
}

/// Checks the audience that `resource` asks for (RFC 8707 §2).
///
/// # Errors
/// `invalid_target` for one that the client has not registered.
pub(crate) fn check_resource(
    oidc: &Oidc,
    client: &Client,
    resource: Option<&str>,
    scope: &Scope,
) -> Result<(), Error> {
    let Some(resource) = resource else {
        return Ok(());
    };
    let api = scope.has(API);
    let own = resource == oidc.0.config.api_audience() && api;
    let registered = client.resources.iter().any(|known| known == resource) && !api;
    if own || registered {
        Ok(())
    } else {
        Err(Error::oauth(
            ErrorCode::InvalidTarget,
            "resource is not one that this client may ask for with this scope",
        ))
    }
}

/// The claims of an access token that this provider signed and that has not expired.
pub(crate) async fn read_access_token(oidc: &Oidc, token: &str) -> Option<AccessClaims> {
    let keys = &oidc.0.keys;
    let claims: AccessClaims = keys.verify(token, TokenType::Access).await?;
    let valid = claims.iss == oidc.0.config.issuer && claims.exp > oidc.now().as_second();
    valid.then_some(claims)
}

/// The ID token behind an `id_token_hint`, which may have expired (RP-Initiated Logout §4,
/// OpenID Connect Core §3.1.2.1).
pub(crate) async fn read_id_hint(oidc: &Oidc, token: &str) -> Option<IdHint> {
    let hint: IdHint = oidc.0.keys.verify(token, TokenType::Id).await?;
    (hint.iss == oidc.0.config.issuer).then_some(hint)
}
