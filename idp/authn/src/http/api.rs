//! `/api/v1/users/{name}/…`: passwords, links and sessions of users.

use axum::{
    Extension, Json,
    extract::State,
    http::{StatusCode, header},
    response::{IntoResponse, Response},
};
use platform_access::Caller;
use platform_web::{JsonBody, Page, PageQuery, PathParams, Problem, QueryParams, Refusals};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use utoipa_axum::{router::OpenApiRouter, routes};
use zeroize::Zeroizing;

use crate::{
    Authn, SessionInfo, model::PasswordLink, password_link, sessions, set_password as verb,
};

/// The routes with their descriptions.
pub(crate) fn described() -> OpenApiRouter<Authn> {
    OpenApiRouter::new()
        .routes(routes!(set_password))
        .routes(routes!(make_password_link))
        .routes(routes!(list_sessions, end_sessions))
        .routes(routes!(end_session))
}

/// A password, of at least `idp.password_min_characters`.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct PasswordBody {
    #[schema(min_length = 15, max_length = 256)]
    password: String,
}

/// A link with which a user sets a password, once.
#[derive(Serialize, ToSchema)]
#[schema(as = PasswordLink)]
pub(crate) struct PasswordLinkBody {
    /// The link: a secret.
    url: String,
    /// When it expires (RFC 3339).
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
    /// When the browser was last seen (RFC 3339).
    #[schema(format = DateTime)]
    last_seen_at: String,
    /// When the session expires at the latest (RFC 3339).
    #[schema(format = DateTime)]
    expires_at: String,
    /// The address that signed in.
    address: Option<String>,
    /// The browser's `User-Agent`.
    user_agent: Option<String>,
}

/// How many sessions were ended.
#[derive(Serialize, ToSchema)]
pub(crate) struct Ended {
    ended: u64,
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

/// Sets a user's password, ends their sessions and revokes their tokens.
#[utoipa::path(put, path = "/api/v1/users/{name}/password", tag = "users", operation_id = "set_password",
    params(("name" = String, Path, description = "User name")), request_body = PasswordBody,
    responses((status = 204, description = "The password was set"), Refusals))]
pub(crate) async fn set_password(
    State(authn): State<Authn>,
    Extension(caller): Extension<Caller>,
    PathParams(name): PathParams<String>,
    JsonBody(body): JsonBody<PasswordBody>,
) -> Result<StatusCode, Problem> {
    let password = Zeroizing::new(body.password);
    verb::set_password(&authn, &caller, &name, password).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Makes a link with which the user sets a password, once; earlier links stop working.
#[utoipa::path(post, path = "/api/v1/users/{name}/password-link", tag = "users", operation_id = "make_password_link",
    params(("name" = String, Path, description = "User name")),
    responses((status = 201, description = "The link", body = PasswordLinkBody), Refusals))]
pub(crate) async fn make_password_link(
    State(authn): State<Authn>,
    Extension(caller): Extension<Caller>,
    PathParams(name): PathParams<String>,
) -> Result<Response, Problem> {
    let link = password_link::make_password_link(&authn, &caller, &name).await?;
    let body = Json(PasswordLinkBody::from(link));
    Ok((
        StatusCode::CREATED,
        [(header::CACHE_CONTROL, "no-store")],
        body,
    )
        .into_response())
}

/// Lists a user's sessions, the latest first, at most 100.
#[utoipa::path(get, path = "/api/v1/users/{name}/sessions", tag = "users", operation_id = "list_sessions",
    params(("name" = String, Path, description = "User name"), PageQuery),
    responses((status = 200, description = "Sessions", body = Page<SessionBody>), Refusals))]
pub(crate) async fn list_sessions(
    State(authn): State<Authn>,
    Extension(caller): Extension<Caller>,
    PathParams(name): PathParams<String>,
    QueryParams(query): QueryParams<PageQuery>,
) -> Result<Json<Page<SessionBody>>, Problem> {
    let request = query.parse()?;
    let sessions = sessions::list_sessions(&authn, &caller, &name).await?;
    let sessions = sessions.into_iter().map(SessionBody::from).collect();
    Ok(Json(request.page_of(sessions, |session: &SessionBody| {
        session.id.clone()
    })))
}

/// Ends all sessions of a user and revokes the tokens that came from them.
#[utoipa::path(delete, path = "/api/v1/users/{name}/sessions", tag = "users", operation_id = "end_sessions",
    params(("name" = String, Path, description = "User name")),
    responses((status = 200, description = "They were ended", body = Ended), Refusals))]
pub(crate) async fn end_sessions(
    State(authn): State<Authn>,
    Extension(caller): Extension<Caller>,
    PathParams(name): PathParams<String>,
) -> Result<Json<Ended>, Problem> {
    let ended = crate::end_sessions::end_sessions(&authn, &caller, &name).await?;
    Ok(Json(Ended { ended }))
}

/// Ends one session of a user and revokes the tokens that came from it.
#[utoipa::path(delete, path = "/api/v1/users/{name}/sessions/{session}", tag = "users", operation_id = "end_session",
    params(("name" = String, Path, description = "User name"), ("session" = String, Path, description = "Session id")),
    responses((status = 204, description = "It was ended"), Refusals))]
pub(crate) async fn end_session(
    State(authn): State<Authn>,
    Extension(caller): Extension<Caller>,
    PathParams((name, session)): PathParams<(String, String)>,
) -> Result<StatusCode, Problem> {
    crate::end_sessions::end_session(&authn, &caller, &name, &session).await?;
    Ok(StatusCode::NO_CONTENT)
}
