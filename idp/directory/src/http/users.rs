//! `/api/v1/users`.

use axum::{
    Extension, Json,
    extract::State,
    http::StatusCode,
    response::{IntoResponse, Response},
};
use platform_access::Caller;
use platform_web::{JsonBody, Page, PageQuery, PathParams, Problem, QueryParams, Refusals};
use serde::{Deserialize, Serialize};
use utoipa::{
    ToSchema,
    openapi::{Object, ObjectBuilder, Type},
};
use zeroize::Zeroizing;

use crate::{
    Directory, NewUser, UserChange, UserInfo,
    add_user::add_user,
    change_user::change_user,
    delete_user::delete_user,
    model::PATTERN,
    read_users::{list_users, show_user},
};

/// A user about to be added.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = NewUser)]
pub(crate) struct NewUserBody {
    #[schema(schema_with = name_schema)]
    name: String,
    /// Their password, of at least `idp.password_min_characters`; without one, make a link with
    /// which they set it.
    #[schema(min_length = 15, max_length = 256)]
    password: Option<String>,
    /// Their name as pages show it.
    #[schema(max_length = 200)]
    display_name: Option<String>,
    /// Their e-mail address.
    #[schema(max_length = 200, format = "email")]
    email: Option<String>,
    /// Whether the address counts as verified; true by default.
    email_verified: Option<bool>,
    /// What they may do in Xinshu: actions, prefixes such as `ca.*`, or `*`.
    #[serde(default)]
    #[schema(max_items = 64)]
    permissions: Vec<String>,
    /// Deprecated: the name of `permissions` in 0.1.0, accepted until 1.0.
    #[serde(default)]
    #[schema(max_items = 64, deprecated)]
    grants: Vec<String>,
}

/// A function, since the attribute takes no constant.
fn name_schema() -> Object {
    ObjectBuilder::new()
        .schema_type(Type::String)
        .description(Some("What they type to sign in."))
        .min_length(Some(1))
        .max_length(Some(64))
        .pattern(Some(PATTERN))
        .examples(["alice"])
        .build()
}

/// What is to change about a user; what is omitted stays.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = UserChange)]
pub(crate) struct UserChangeBody {
    /// Their name as pages show it; empty removes it.
    #[schema(max_length = 200)]
    display_name: Option<String>,
    /// Their e-mail address; empty removes it.
    #[schema(max_length = 200)]
    email: Option<String>,
    /// Whether the address counts as verified; true by default if there is another address.
    email_verified: Option<bool>,
    /// What they may do in Xinshu.
    #[schema(max_items = 64)]
    permissions: Option<Vec<String>>,
    /// Deprecated: the name of `permissions` in 0.1.0, accepted until 1.0.
    #[schema(max_items = 64, deprecated)]
    grants: Option<Vec<String>>,
    /// Whether they are disabled.
    disabled: Option<bool>,
}

/// A user.
#[derive(Serialize, ToSchema)]
#[schema(as = User)]
pub(crate) struct UserBody {
    /// `sub` in tokens: never given to another user.
    id: String,
    /// What they type to sign in.
    name: String,
    /// Their name as pages show it.
    display_name: Option<String>,
    /// Their e-mail address.
    email: Option<String>,
    /// Whether there is an address and it counts as verified.
    email_verified: bool,
    /// What they may do in Xinshu.
    permissions: Vec<String>,
    /// Whether a password was set.
    has_password: bool,
    /// Whether they are disabled.
    disabled: bool,
    /// When they were added (RFC 3339).
    #[schema(format = DateTime)]
    created_at: String,
}

impl From<UserInfo> for UserBody {
    fn from(info: UserInfo) -> Self {
        Self {
            id: info.id,
            name: info.name,
            display_name: info.display_name,
            email: info.email,
            email_verified: info.email_verified,
            permissions: info.permissions,
            has_password: info.has_password,
            disabled: info.disabled,
            created_at: info.created_at.to_string(),
        }
    }
}

/// Lists users in the order of their names.
#[utoipa::path(get, path = "/api/v1/users", tag = "users", operation_id = "list_users", params(PageQuery),
    responses((status = 200, description = "Users", body = Page<UserBody>), Refusals))]
pub(super) async fn list(
    State(directory): State<Directory>,
    Extension(caller): Extension<Caller>,
    QueryParams(query): QueryParams<PageQuery>,
) -> Result<Json<Page<UserBody>>, Problem> {
    let users = list_users(&directory, &caller, &query.parse()?).await?;
    Ok(Json(users.map(UserBody::from)))
}

/// Adds a user.
#[utoipa::path(post, path = "/api/v1/users", tag = "users", operation_id = "add_user", request_body = NewUserBody,
    responses((status = 201, description = "The user was added", body = UserBody), Refusals))]
pub(super) async fn add(
    State(directory): State<Directory>,
    Extension(caller): Extension<Caller>,
    JsonBody(body): JsonBody<NewUserBody>,
) -> Result<Response, Problem> {
    let new = NewUser {
        name: body.name,
        password: body.password.map(Zeroizing::new),
        display_name: body.display_name,
        email: body.email,
        email_verified: body.email_verified,
        permissions: [body.permissions, body.grants].concat(),
    };
    let user = add_user(&directory, &caller, new).await?;
    Ok((StatusCode::CREATED, Json(UserBody::from(user))).into_response())
}

/// Shows a user.
#[utoipa::path(get, path = "/api/v1/users/{name}", tag = "users", operation_id = "show_user",
    params(("name" = String, Path, description = "User name")),
    responses((status = 200, description = "The user", body = UserBody), Refusals))]
pub(super) async fn show(
    State(directory): State<Directory>,
    Extension(caller): Extension<Caller>,
    PathParams(name): PathParams<String>,
) -> Result<Json<UserBody>, Problem> {
    Ok(Json(show_user(&directory, &caller, &name).await?.into()))
}

/// Changes a user. Disabling ends all sessions and revokes all tokens.
#[utoipa::path(patch, path = "/api/v1/users/{name}", tag = "users", operation_id = "change_user",
    params(("name" = String, Path, description = "User name")), request_body = UserChangeBody,
    responses((status = 200, description = "The user as changed", body = UserBody), Refusals))]
pub(super) async fn change(
    State(directory): State<Directory>,
    Extension(caller): Extension<Caller>,
    PathParams(name): PathParams<String>,
    JsonBody(body): JsonBody<UserChangeBody>,
) -> Result<Json<UserBody>, Problem> {
    let change = UserChange {
        display_name: body.display_name,
        email: body.email,
        email_verified: body.email_verified,
        permissions: body.permissions.or(body.grants),
        disabled: body.disabled,
    };
    let user = change_user(&directory, &caller, &name, change).await?;
    Ok(Json(user.into()))
}

/// Deletes a user.
#[utoipa::path(delete, path = "/api/v1/users/{name}", tag = "users", operation_id = "delete_user",
    params(("name" = String, Path, description = "User name")),
    responses((status = 204, description = "The user was deleted"), Refusals))]
pub(super) async fn delete(
    State(directory): State<Directory>,
    Extension(caller): Extension<Caller>,
    PathParams(name): PathParams<String>,
) -> Result<StatusCode, Problem> {
    delete_user(&directory, &caller, &name).await?;
    Ok(StatusCode::NO_CONTENT)
}
