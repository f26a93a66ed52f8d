//! `/oauth2/logout` (OpenID Connect RP-Initiated Logout 1.0).

use askama::Template;
use axum::{body::Body, http::StatusCode};

use super::{
    cookie,
    page::{Frame, Page, see_other},
    visit::Visit,
};
use crate::{
    Session,
    logout::{LogoutRequest, Refusal},
    model::form_action_source,
    params::Params,
};

#[derive(Template)]
#[template(path = "sign_out.html")]
pub(super) struct SignOut<'a> {
    pub(super) f: Frame,
    pub(super) user: &'a str,
    pub(super) client: Option<&'a str>,
    pub(super) action: &'static str,
    pub(super) request: String,
    pub(super) csrf: &'a str,
}

pub(super) async fn get(visit: Visit) -> Result<Page, Page> {
    let params = visit.query()?.clone();
    let session = visit
        .session()
        .await
        .map_err(|error| visit.failed(&error))?;
    let request = understand(&visit, &params, session.as_ref()).await?;
    match session {
        Some(session) if !request.proved => Ok(ask(&visit, &request, &session, &params)),
        session => finish(&visit, &request, session.as_ref()).await,
    }
}

/// By a form: from the client's page it goes on by GET, as in `authorize`; from
/// our own page the user has just agreed.
pub(super) async fn post(visit: Visit, body: Body) -> Result<Page, Page> {
    let form = visit.foreign_form(body).await?;
    if form.get("csrf").is_none() {
        return Ok(see_other(&format!("/oauth2/logout?{}", form.to_query())));
    }
    if !visit.is_own(&form) {
        return Err(visit.stale_form());
    }
    let params = Params::parse(form.get("request").unwrap_or_default().as_bytes())
        .map_err(|error| visit.bad_request(&error))?;
    let session = visit
        .session()
        .await
        .map_err(|error| visit.failed(&error))?;
    let request = understand(&visit, &params, session.as_ref()).await?;
    finish(&visit, &request, session.as_ref()).await
}

async fn understand(
    visit: &Visit,
    params: &Params,
    session: Option<&Session>,
) -> Result<LogoutRequest, Page> {
    visit
        .service
        .read_logout_request(params, session)
        .await
        .map_err(|refusal| match refusal {
            Refusal::Page(description) => visit.bad_request(&description),
            Refusal::Failed(error) => visit.failed(&error),
        })
}

fn ask(visit: &Visit, request: &LogoutRequest, session: &Session, params: &Params) -> Page {
    let template = SignOut {
        f: visit.frame(),
        user: session.user.title(),
        client: request.client.as_ref().map(|client| client.name.as_str()),
        action: "/oauth2/logout",
        request: params.to_query(),
        csrf: &visit.form_token,
    };
    let sources: Vec<_> = request
        .return_to
        .as_deref()
        .and_then(form_action_source)
        .into_iter()
        .collect();
    visit.page(StatusCode::OK, &template, &sources)
}

async fn finish(
    visit: &Visit,
    request: &LogoutRequest,
    session: Option<&Session>,
) -> Result<Page, Page> {
    if let Some(session) = session {
        visit
            .service
            .end_own_session(&session.id, session, &visit.caller)
            .await
            .map_err(|error| visit.failed(&error))?;
    }
    let mut page = match &request.return_to {
        Some(uri) => see_other(uri),
        None => signed_out(visit),
    };
    cookie::clear(page.0.headers_mut(), cookie::SESSION);
    Ok(page)
}

/// The page after the end of a session.
pub(super) fn signed_out(visit: &Visit) -> Page {
    let l = visit.locale;
    visit.message(
        StatusCode::OK,
        (
            l.pick("已退出登录", "You are signed out"),
            l.pick(
                "你在信枢的会话已结束。如在公用电脑上，请关闭浏览器窗口。",
                "Your session here has ended. On a shared computer, close the browser too.",
            ),
        ),
        Some(("/sign-in", l.pick("重新登录", "Sign in again"))),
    )
}
