//! `/api/v1/clients`.

use axum::{
    Extension, Json,
    extract::State,
    http::{StatusCode, header},
    response::{IntoResponse, Response},
};
use platform::{
    Caller,
    web::{JsonBody, PathParams, Problem, QueryParams},
};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::{PageQuery, Refusals};
use crate::{Client, ClientAuth, ClientCredentials, GrantType, IdTokenAlg, NewClient, Service};

/// How a client proves who it is.
#[derive(Clone, Copy, Deserialize, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub(crate) enum AuthMethod {
    ClientSecretBasic,
    ClientSecretPost,
    None,
}

/// How a client gets tokens.
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
    /// How it proves who it is; by default `client_secret_basic`.
    token_endpoint_auth_method: Option<AuthMethod>,
    /// How it gets tokens; by default `authorization_code` and `refresh_token`.
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
    /// What it may do in Xinshu, alone or for a user: actions, prefixes such as `ca.*`, or `*`.
    #[serde(default)]
    #[schema(max_items = 64)]
    grants: Vec<String>,
    /// How its ID tokens are signed; by default RS256.
    id_token_signed_response_alg: Option<Alg>,
}

/// What is to change about a client.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = ClientChange)]
pub(crate) struct ClientChangeBody {
    /// Whether it is refused.
    disabled: bool,
}

/// What a client is told, once.
#[derive(Serialize, ToSchema)]
#[schema(as = ClientCredentials)]
pub(crate) struct CredentialsBody {
    client_id: String,
    /// None for a public client. It is not stored and never told again.
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
    grants: Vec<String>,
    id_token_signed_response_alg: Alg,
    disabled: bool,
    /// When it was added (RFC 3339).
    #[schema(format = DateTime)]
    created_at: String,
}

/// Clients in the order of their ids.
#[derive(Serialize, ToSchema)]
pub(crate) struct ClientList {
    clients: Vec<ClientBody>,
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

same_names!(AuthMethod, ClientAuth: ClientSecretBasic, ClientSecretPost, None);
same_names!(Grant, GrantType: AuthorizationCode, RefreshToken, ClientCredentials);
same_names!(Alg, IdTokenAlg: Rs256, Es256);

impl From<Client> for ClientBody {
    fn from(client: Client) -> Self {
        Self {
            client_id: client.id,
            client_name: client.name,
            token_endpoint_auth_method: client.auth.into(),
            grant_types: client.grant_types.into_iter().map(Grant::from).collect(),
            redirect_uris: client.redirect_uris,
            post_logout_redirect_uris: client.post_logout_redirect_uris,
            resources: client.resources,
            grants: client
                .grants
                .to_string()
                .split_whitespace()
                .map(str::to_owned)
                .collect(),
            id_token_signed_response_alg: client.id_token_alg.into(),
            disabled: client.disabled_at.is_some(),
            created_at: client.created_at.to_string(),
        }
    }
}

/// Lists clients in the order of their ids.
#[utoipa::path(get, path = "/api/v1/clients", tag = "clients", operation_id = "list_clients", params(PageQuery),
    responses((status = 200, description = "Clients", body = ClientList), Refusals))]
pub(super) async fn list(
    State(service): State<Service>,
    Extension(caller): Extension<Caller>,
    QueryParams(query): QueryParams<PageQuery>,
) -> Result<Json<ClientList>, Problem> {
    let clients = service
        .list_clients(&query.after, query.limit()?, &caller)
        .await?;
    Ok(Json(ClientList {
        clients: clients.into_iter().map(ClientBody::from).collect(),
    }))
}

/// Registers a client; the answer holds its secret, once.
#[utoipa::path(post, path = "/api/v1/clients", tag = "clients", operation_id = "add_client", request_body = NewClientBody,
    responses((status = 201, description = "The client was registered", body = CredentialsBody), Refusals))]
pub(super) async fn add(
    State(service): State<Service>,
    Extension(caller): Extension<Caller>,
    JsonBody(body): JsonBody<NewClientBody>,
) -> Result<Response, Problem> {
    let new = NewClient {
        name: body.client_name,
        auth: body.token_endpoint_auth_method.map(ClientAuth::from),
        grant_types: body.grant_types.into_iter().map(GrantType::from).collect(),
        redirect_uris: body.redirect_uris,
        post_logout_redirect_uris: body.post_logout_redirect_uris,
        resources: body.resources,
        grants: body.grants,
        id_token_alg: body
            .id_token_signed_response_alg
            .map(IdTokenAlg::from)
            .unwrap_or_default(),
    };
    let credentials = service.add_client(new, &caller).await?;
    Ok(told_once(StatusCode::CREATED, credentials))
}

/// Shows a client.
#[utoipa::path(get, path = "/api/v1/clients/{client_id}", tag = "clients", operation_id = "show_client",
    params(("client_id" = String, Path, description = "Client id")),
    responses((status = 200, description = "The client", body = ClientBody), Refusals))]
pub(super) async fn show(
    State(service): State<Service>,
    Extension(caller): Extension<Caller>,
    PathParams(id): PathParams<String>,
) -> Result<Json<ClientBody>, Problem> {
    Ok(Json(service.show_client(&id, &caller).await?.into()))
}

/// Disables a client, or lets it in again. Disabling revokes its refresh tokens.
#[utoipa::path(patch, path = "/api/v1/clients/{client_id}", tag = "clients", operation_id = "change_client",
    params(("client_id" = String, Path, description = "Client id")), request_body = ClientChangeBody,
    responses((status = 204, description = "The client was changed"), Refusals))]
pub(super) async fn change(
    State(service): State<Service>,
    Extension(caller): Extension<Caller>,
    PathParams(id): PathParams<String>,
    JsonBody(body): JsonBody<ClientChangeBody>,
) -> Result<StatusCode, Problem> {
    service
        .set_client_disabled(&id, body.disabled, &caller)
        .await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Deletes a client and revokes its refresh tokens.
#[utoipa::path(delete, path = "/api/v1/clients/{client_id}", tag = "clients", operation_id = "delete_client",
    params(("client_id" = String, Path, description = "Client id")),
    responses((status = 204, description = "The client was deleted"), Refusals))]
pub(super) async fn delete(
    State(service): State<Service>,
    Extension(caller): Extension<Caller>,
    PathParams(id): PathParams<String>,
) -> Result<StatusCode, Problem> {
    service.delete_client(&id, &caller).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Gives a client another secret; the old one ends at once.
#[utoipa::path(post, path = "/api/v1/clients/{client_id}/secret", tag = "clients", operation_id = "renew_client_secret",
    params(("client_id" = String, Path, description = "Client id")),
    responses((status = 200, description = "The new secret", body = CredentialsBody), Refusals))]
pub(super) async fn renew_secret(
    State(service): State<Service>,
    Extension(caller): Extension<Caller>,
    PathParams(id): PathParams<String>,
) -> Result<Response, Problem> {
    let credentials = service.renew_client_secret(&id, &caller).await?;
    Ok(told_once(StatusCode::OK, credentials))
}

fn told_once(status: StatusCode, credentials: ClientCredentials) -> Response {
    let body = Json(CredentialsBody {
        client_id: credentials.client_id,
        client_secret: credentials.client_secret,
    });
    (status, [(header::CACHE_CONTROL, "no-store")], body).into_response()
}
