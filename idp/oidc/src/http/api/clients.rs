//! `/api/v1/clients`.

use axum::{
    Extension, Json,
    extract::State,
    http::{StatusCode, header},
    response::{IntoResponse, Response},
};
use crypto::SignatureAlgorithm;
use oauth::{ClientAuthMethod, GrantType};
use platform_access::Caller;
use platform_web::{JsonBody, Page, PageQuery, PathParams, Problem, QueryParams, Refusals};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::{
    Client, ClientChange, ClientCredentials, Error, NewClient, Oidc, add_client::add_client,
    change_client::change_client, delete_client::delete_client, read_clients,
    renew_client_secret::renew_client_secret,
};

/// How a client authenticates.
#[derive(Clone, Copy, Deserialize, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub(crate) enum AuthMethod {
    ClientSecretBasic,
    ClientSecretPost,
    None,
}

/// How a client obtains tokens.
#[derive(Clone, Copy, Deserialize, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Grant {
    AuthorizationCode,
    RefreshToken,
    ClientCredentials,
}

/// How a client's ID tokens are signed.
#[derive(Clone, Copy, Deserialize, Serialize, ToSchema)]
#[serde(rename_all = "UPPERCASE")]
pub(crate) enum Alg {
    Rs256,
    Es256,
}

/// A client about to be registered. Names as in RFC 7591.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = NewClient)]
pub(crate) struct NewClientBody {
    /// What pages call it.
    #[schema(min_length = 1, max_length = 100, example = "portal")]
    client_name: String,
    /// How it authenticates; by default `client_secret_basic`.
    token_endpoint_auth_method: Option<AuthMethod>,
    /// How it obtains tokens; by default `authorization_code` and `refresh_token`.
    #[serde(default)]
    grant_types: Vec<Grant>,
    /// Where people are sent back to.
    #[serde(default)]
    #[schema(max_items = 32)]
    redirect_uris: Vec<String>,
    /// Where people are sent after signing out.
    #[serde(default)]
    #[schema(max_items = 32)]
    post_logout_redirect_uris: Vec<String>,
    /// Audiences it may ask for (RFC 8707).
    #[serde(default)]
    #[schema(max_items = 32)]
    resources: Vec<String>,
    /// What it may do in Xinshu, by itself or for a user: actions, prefixes such as `ca.*`, or `*`.
    #[serde(default)]
    #[schema(max_items = 64)]
    permissions: Vec<String>,
    /// Deprecated: the name of `permissions` in 0.1.0, accepted until 1.0.
    #[serde(default)]
    #[schema(max_items = 64, deprecated)]
    grants: Vec<String>,
    /// How its ID tokens are signed; by default RS256.
    id_token_signed_response_alg: Option<Alg>,
    /// Whether its ID tokens carry the claims of `profile` and `email`, for applications that
    /// do not ask userinfo; by default they do not.
    #[serde(default)]
    claims_in_id_token: bool,
}

/// What is to change about a client; what is omitted stays.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = ClientChange)]
pub(crate) struct ClientChangeBody {
    /// What pages call it.
    #[schema(min_length = 1, max_length = 100)]
    client_name: Option<String>,
    /// Where people are sent back to: the whole list.
    #[schema(max_items = 32)]
    redirect_uris: Option<Vec<String>>,
    /// Where people are sent after signing out: the whole list.
    #[schema(max_items = 32)]
    post_logout_redirect_uris: Option<Vec<String>>,
    /// Audiences it may ask for (RFC 8707): the whole list.
    #[schema(max_items = 32)]
    resources: Option<Vec<String>>,
    /// Whether its ID tokens carry the claims of `profile` and `email`.
    claims_in_id_token: Option<bool>,
    /// Whether it is disabled.
    disabled: Option<bool>,
}

/// Returned once.
#[derive(Serialize, ToSchema)]
#[schema(as = ClientCredentials)]
pub(crate) struct CredentialsBody {
    client_id: String,
    /// None for a public client. It is not stored and cannot be read again.
    client_secret: Option<String>,
}

/// A client.
#[derive(Serialize, ToSchema)]
#[schema(as = Client)]
pub(crate) struct ClientBody {
    client_id: String,
    client_name: String,
    token_endpoint_auth_method: AuthMethod,
    grant_types: Vec<Grant>,
    redirect_uris: Vec<String>,
    post_logout_redirect_uris: Vec<String>,
    resources: Vec<String>,
    permissions: Vec<String>,
    id_token_signed_response_alg: Alg,
    /// Whether its ID tokens carry the claims of `profile` and `email`.
    claims_in_id_token: bool,
    disabled: bool,
    /// When it was added (RFC 3339).
    #[schema(format = DateTime)]
    created_at: String,
}

macro_rules! same_names {
    ($ours:ident, $theirs:ident: $($variant:ident),+) => {
        impl From<$ours> for $theirs {
            fn from(value: $ours) -> Self {
                match value { $($ours::$variant => Self::$variant),+ }
            }
        }
        impl From<$theirs> for $ours {
            fn from(value: $theirs) -> Self {
                match value { $($theirs::$variant => Self::$variant),+ }
            }
        }
    };
}

same_names!(AuthMethod, ClientAuthMethod: ClientSecretBasic, ClientSecretPost, None);
same_names!(Grant, GrantType: AuthorizationCode, RefreshToken, ClientCredentials);

impl From<Alg> for SignatureAlgorithm {
    fn from(alg: Alg) -> Self {
        match alg {
            Alg::Rs256 => Self::RsaPkcs1Sha256,
            Alg::Es256 => Self::EcdsaP256Sha256,
        }
    }
}

impl TryFrom<SignatureAlgorithm> for Alg {
    type Error = Error;

    fn try_from(algorithm: SignatureAlgorithm) -> Result<Self, Error> {
        match algorithm {
            SignatureAlgorithm::RsaPkcs1Sha256 => Ok(Self::Rs256),
            SignatureAlgorithm::EcdsaP256Sha256 => Ok(Self::Es256),
            other => Err(Error::Internal(format!("ID tokens signed with {other}"))),
        }
    }
}

impl TryFrom<Client> for ClientBody {
    type Error = Error;

    fn try_from(client: Client) -> Result<Self, Error> {
        Ok(Self {
            client_id: client.id,
            client_name: client.name,
            token_endpoint_auth_method: client.auth.into(),
            grant_types: client.grant_types.into_iter().map(Grant::from).collect(),
            redirect_uris: client.redirect_uris,
            post_logout_redirect_uris: client.post_logout_redirect_uris,
            resources: client.resources,
            permissions: client.permissions.iter().map(str::to_owned).collect(),
            id_token_signed_response_alg: client.id_token_alg.try_into()?,
            claims_in_id_token: client.claims_in_id_token,
            disabled: client.disabled_at.is_some(),
            created_at: client.created_at.to_string(),
        })
    }
}

/// Lists clients in the order of their ids.
#[utoipa::path(get, path = "/api/v1/clients", tag = "clients", operation_id = "list_clients", params(PageQuery),
    responses((status = 200, description = "Clients", body = Page<ClientBody>), Refusals))]
pub(super) async fn list(
    State(oidc): State<Oidc>,
    Extension(caller): Extension<Caller>,
    QueryParams(query): QueryParams<PageQuery>,
) -> Result<Json<Page<ClientBody>>, Problem> {
    let clients = read_clients::list_clients(&oidc, &caller, &query.parse()?).await?;
    Ok(Json(clients.try_map(ClientBody::try_from)?))
}

/// Registers a client. The response contains its secret, which cannot be read again.
#[utoipa::path(post, path = "/api/v1/clients", tag = "clients", operation_id = "add_client", request_body = NewClientBody,
    responses((status = 201, description = "The client was registered", body = CredentialsBody), Refusals))]
pub(super) async fn add(
    State(oidc): State<Oidc>,
    Extension(caller): Extension<Caller>,
    JsonBody(body): JsonBody<NewClientBody>,
) -> Result<Response, Problem> {
    let new = NewClient {
        name: body.client_name,
        auth: body.token_endpoint_auth_method.map(ClientAuthMethod::from),
        grant_types: body.grant_types.into_iter().map(GrantType::from).collect(),
        redirect_uris: body.redirect_uris,
        post_logout_redirect_uris: body.post_logout_redirect_uris,
        resources: body.resources,
        permissions: [body.permissions, body.grants].concat(),
        id_token_alg: body
            .id_token_signed_response_alg
            .map(SignatureAlgorithm::from),
        claims_in_id_token: body.claims_in_id_token,
    };
    let credentials = add_client(&oidc, &caller, new).await?;
    Ok(credentials_response(StatusCode::CREATED, credentials))
}

/// Shows a client.
#[utoipa::path(get, path = "/api/v1/clients/{client_id}", tag = "clients", operation_id = "show_client",
    params(("client_id" = String, Path, description = "Client id")),
    responses((status = 200, description = "The client", body = ClientBody), Refusals))]
pub(super) async fn show(
    State(oidc): State<Oidc>,
    Extension(caller): Extension<Caller>,
    PathParams(id): PathParams<String>,
) -> Result<Json<ClientBody>, Problem> {
    let client = read_clients::show_client(&oidc, &caller, &id).await?;
    Ok(Json(client.try_into()?))
}

/// Changes a client. Disabling revokes all its tokens.
#[utoipa::path(patch, path = "/api/v1/clients/{client_id}", tag = "clients", operation_id = "change_client",
    params(("client_id" = String, Path, description = "Client id")), request_body = ClientChangeBody,
    responses((status = 204, description = "The client was changed"), Refusals))]
pub(super) async fn change(
    State(oidc): State<Oidc>,
    Extension(caller): Extension<Caller>,
    PathParams(id): PathParams<String>,
    JsonBody(body): JsonBody<ClientChangeBody>,
) -> Result<StatusCode, Problem> {
    let change = ClientChange {
        name: body.client_name,
        redirect_uris: body.redirect_uris,
        post_logout_redirect_uris: body.post_logout_redirect_uris,
        resources: body.resources,
        claims_in_id_token: body.claims_in_id_token,
        disabled: body.disabled,
    };
    change_client(&oidc, &caller, &id, change).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Deletes a client and revokes all its tokens.
#[utoipa::path(delete, path = "/api/v1/clients/{client_id}", tag = "clients", operation_id = "delete_client",
    params(("client_id" = String, Path, description = "Client id")),
    responses((status = 204, description = "The client was deleted"), Refusals))]
pub(super) async fn delete(
    State(oidc): State<Oidc>,
    Extension(caller): Extension<Caller>,
    PathParams(id): PathParams<String>,
) -> Result<StatusCode, Problem> {
    delete_client(&oidc, &caller, &id).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Renews a client's secret; the old one stops working at once.
#[utoipa::path(post, path = "/api/v1/clients/{client_id}/secret", tag = "clients", operation_id = "renew_client_secret",
    params(("client_id" = String, Path, description = "Client id")),
    responses((status = 200, description = "The new secret", body = CredentialsBody), Refusals))]
pub(super) async fn renew_secret(
    State(oidc): State<Oidc>,
    Extension(caller): Extension<Caller>,
    PathParams(id): PathParams<String>,
) -> Result<Response, Problem> {
    let credentials = renew_client_secret(&oidc, &caller, &id).await?;
    Ok(credentials_response(StatusCode::OK, credentials))
}

fn credentials_response(status: StatusCode, credentials: ClientCredentials) -> Response {
    let body = Json(CredentialsBody {
        client_id: credentials.client_id,
        client_secret: credentials.client_secret,
    });
    (status, [(header::CACHE_CONTROL, "no-store")], body).into_response()
}
