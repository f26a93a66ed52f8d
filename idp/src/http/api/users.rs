//! `/api/v1/users`.

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
use zeroize::Zeroizing;

use super::{PageQuery, Refusals};
use crate::{NewUser, PasswordLink, Service, SessionInfo, UserChange, UserInfo};

/// A user about to be added.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = NewUser)]
pub(crate) struct NewUserBody {
    /// What they sign in with.
    #[schema(
        min_length = 1,
        max_length = 64,
        pattern = "^[A-Za-z0-9][A-Za-z0-9._@+-]*$",
        example = "alice"
    )]
    name: String,
    /// Their password; without one, make a link with which they set it.
    #[schema(min_length = 8, max_length = 256)]
    password: Option<String>,
    /// How they are called.
    #[schema(max_length = 200)]
    display_name: Option<String>,
    /// Their address.
    #[schema(max_length = 200, format = "email")]
    email: Option<String>,
    /// What they may do in Xinshu: actions, prefixes such as `ca.*`, or `*`.
    #[serde(default)]
    #[schema(max_items = 64)]
    grants: Vec<String>,
}

/// What is to change about a user; what is left out stays.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = UserChange)]
pub(crate) struct UserChangeBody {
    /// How they are called; empty takes it away.
    #[schema(max_length = 200)]
    display_name: Option<String>,
    /// Their address; empty takes it away.
    #[schema(max_length = 200)]
    email: Option<String>,
    /// What they may do in Xinshu.
    #[schema(max_items = 64)]
    grants: Option<Vec<String>>,
    /// Whether they are kept from signing in.
    disabled: Option<bool>,
}

/// A password.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct PasswordBody {
    #[schema(min_length = 8, max_length = 256)]
    password: String,
}

/// A user.
#[derive(Serialize, ToSchema)]
#[schema(as = User)]
pub(crate) struct UserBody {
    /// `sub` in tokens: never given to another.
    id: String,
    /// What they sign in with.
    name: String,
    /// How they are called.
    display_name: Option<String>,
    /// Their address.
    email: Option<String>,
    /// What they may do in Xinshu.
    grants: Vec<String>,
    /// Whether a password was set.
    has_password: bool,
    /// Whether they are kept from signing in.
    disabled: bool,
    /// When they were added (RFC 3339).
    #[schema(format = DateTime)]
    created_at: String,
}

/// Users in the order of their names.
#[derive(Serialize, ToSchema)]
pub(crate) struct UserList {
    users: Vec<UserBody>,
}

/// A link with which a user sets a password, once.
#[derive(Serialize, ToSchema)]
#[schema(as = PasswordLink)]
pub(crate) struct PasswordLinkBody {
    /// The link: a secret.
    url: String,
    /// Until when it is good (RFC 3339).
    #[schema(format = DateTime)]
    expires_at: String,
}

/// A signed-in browser.
#[derive(Serialize, ToSchema)]
#[schema(as = Session)]
pub(crate) struct SessionBody {
    /// `sid` in ID tokens.
    id: String,
    /// When the user signed in (RFC 3339).
    #[schema(format = DateTime)]
    auth_time: String,
    /// When the browser last came (RFC 3339).
    #[schema(format = DateTime)]
    last_seen_at: String,
    /// When the session ends at the latest (RFC 3339).
    #[schema(format = DateTime)]
    expires_at: String,
    /// Where the sign-in came from.
    address: Option<String>,
    /// What the browser called itself.
    user_agent: Option<String>,
}

/// Sessions, the latest first.
#[derive(Serialize, ToSchema)]
pub(crate) struct SessionList {
    sessions: Vec<SessionBody>,
}

/// How many sessions were ended.
#[derive(Serialize, ToSchema)]
pub(crate) struct Ended {
    ended: u64,
}

impl From<UserInfo> for UserBody {
    fn from(info: UserInfo) -> Self {
        Self {
            id: info.id,
            name: info.name,
            display_name: info.display_name,
            email: info.email,
            grants: info.grants,
            has_password: info.has_password,
            disabled: info.disabled,
            created_at: info.created_at.to_string(),
        }
    }
}

impl From<PasswordLink> for PasswordLinkBody {
    fn from(link: PasswordLink) -> Self {
        Self {
            url: link.url,
            expires_at: link.expires_at.to_string(),
        }
    }
}

impl From<SessionInfo> for SessionBody {
    fn from(info: SessionInfo) -> Self {
        Self {
            id: info.id,
            auth_time: info.auth_time.to_string(),
            last_seen_at: info.last_seen_at.to_string(),
            expires_at: info.expires_at.to_string(),
            address: info.address,
            user_agent: info.user_agent,
        }
    }
}

/// Lists users in the order of their names.
#[utoipa::path(get, path = "/api/v1/users", tag = "users", operation_id = "list_users", params(PageQuery),
    responses((status = 200, description = "Users", body = UserList), Refusals))]
pub(super) async fn list(
    State(service): State<Service>,
    Extension(caller): Extension<Caller>,
    QueryParams(query): QueryParams<PageQuery>,
) -> Result<Json<UserList>, Problem> {
    let users = service
        .list_users(&query.after, query.limit()?, &caller)
        .await?;
    Ok(Json(UserList {
        users: users.into_iter().map(UserBody::from).collect(),
    }))
}

/// Adds a user.
#[utoipa::path(post, path = "/api/v1/users", tag = "users", operation_id = "add_user", request_body = NewUserBody,
    responses((status = 201, description = "The user was added", body = UserBody), Refusals))]
pub(super) async fn add(
    State(service): State<Service>,
    Extension(caller): Extension<Caller>,
    JsonBody(body): JsonBody<NewUserBody>,
) -> Result<Response, Problem> {
    let new = NewUser {
        name: body.name,
        password: body.password.map(Zeroizing::new),
        display_name: body.display_name,
        email: body.email,
        grants: body.grants,
    };
    let user = service.add_user(new, &caller).await?;
    Ok((StatusCode::CREATED, Json(UserBody::from(user))).into_response())
}

/// Shows a user.
#[utoipa::path(get, path = "/api/v1/users/{name}", tag = "users", operation_id = "show_user",
    params(("name" = String, Path, description = "User name")),
    responses((status = 200, description = "The user", body = UserBody), Refusals))]
pub(super) async fn show(
    State(service): State<Service>,
    Extension(caller): Extension<Caller>,
    PathParams(name): PathParams<String>,
) -> Result<Json<UserBody>, Problem> {
    Ok(Json(service.show_user(&name, &caller).await?.into()))
}

/// Changes a user. Disabling ends all sessions and revokes refresh tokens.
#[utoipa::path(patch, path = "/api/v1/users/{name}", tag = "users", operation_id = "change_user",
    params(("name" = String, Path, description = "User name")), request_body = UserChangeBody,
    responses((status = 200, description = "The user as changed", body = UserBody), Refusals))]
pub(super) async fn change(
    State(service): State<Service>,
    Extension(caller): Extension<Caller>,
    PathParams(name): PathParams<String>,
    JsonBody(body): JsonBody<UserChangeBody>,
) -> Result<Json<UserBody>, Problem> {
    let change = UserChange {
        display_name: body.display_name,
        email: body.email,
        grants: body.grants,
        disabled: body.disabled,
    };
    Ok(Json(
        service.change_user(&name, change, &caller).await?.into(),
    ))
}

/// Deletes a user.
#[utoipa::path(delete, path = "/api/v1/users/{name}", tag = "users", operation_id = "delete_user",
    params(("name" = String, Path, description = "User name")),
    responses((status = 204, description = "The user was deleted"), Refusals))]
pub(super) async fn delete(
    State(service): State<Service>,
    Extension(caller): Extension<Caller>,
    PathParams(name): PathParams<String>,
) -> Result<StatusCode, Problem> {
    service.delete_user(&name, &caller).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Sets a user's password and ends their sessions.
#[utoipa::path(put, path = "/api/v1/users/{name}/password", tag = "users", operation_id = "set_password",
    params(("name" = String, Path, description = "User name")), request_body = PasswordBody,
    responses((status = 204, description = "The password was set"), Refusals))]
pub(super) async fn set_password(
    State(service): State<Service>,
    Extension(caller): Extension<Caller>,
    PathParams(name): PathParams<String>,
    JsonBody(body): JsonBody<PasswordBody>,
) -> Result<StatusCode, Problem> {
    service
        .set_password(&name, Zeroizing::new(body.password), &caller)
        .await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Makes a link with which the user sets a password, once; earlier links end.
#[utoipa::path(post, path = "/api/v1/users/{name}/password-link", tag = "users", operation_id = "make_password_link",
    params(("name" = String, Path, description = "User name")),
    responses((status = 201, description = "The link", body = PasswordLinkBody), Refusals))]
pub(super) async fn password_link(
    State(service): State<Service>,
    Extension(caller): Extension<Caller>,
    PathParams(name): PathParams<String>,
) -> Result<Response, Problem> {
    let link = service.password_link(&name, &caller).await?;
    let body = Json(PasswordLinkBody::from(link));
    Ok((
        StatusCode::CREATED,
        [(header::CACHE_CONTROL, "no-store")],
        body,
    )
        .into_response())
}

/// Lists a user's sessions.
#[utoipa::path(get, path = "/api/v1/users/{name}/sessions", tag = "users", operation_id = "list_sessions",
    params(("name" = String, Path, description = "User name")),
    responses((status = 200, description = "Sessions", body = SessionList), Refusals))]
pub(super) async fn sessions(
    State(service): State<Service>,
    Extension(caller): Extension<Caller>,
    PathParams(name): PathParams<String>,
) -> Result<Json<SessionList>, Problem> {
    let sessions = service.list_sessions(&name, &caller).await?;
    Ok(Json(SessionList {
        sessions: sessions.into_iter().map(SessionBody::from).collect(),
    }))
}

/// Ends all sessions of a user and revokes their refresh tokens.
#[utoipa::path(delete, path = "/api/v1/users/{name}/sessions", tag = "users", operation_id = "end_sessions",
    params(("name" = String, Path, description = "User name")),
    responses((status = 200, description = "They were ended", body = Ended), Refusals))]
pub(super) async fn end_sessions(
    State(service): State<Service>,
    Extension(caller): Extension<Caller>,
    PathParams(name): PathParams<String>,
) -> Result<Json<Ended>, Problem> {
    let ended = service.end_sessions(&name, &caller).await?;
    Ok(Json(Ended { ended }))
}
