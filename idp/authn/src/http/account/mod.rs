//! `/account`: what users see and change of their own.

mod browser_name;
mod change;

use askama::Template;
use axum::{extract::State, http::StatusCode};
use jiff::Timestamp;
use platform_pages::{BrowserRequest, Layout, Page, see_other};

use super::field_error::FieldError;
use crate::{
    ApplicationAccess, Authn, Session, SessionInfo, applications::list_own_applications, sessions,
};

pub(super) use change::{change_password, end_application, end_session, end_sessions_elsewhere};

#[derive(Template)]
#[template(path = "account.html")]
struct AccountTemplate<'a> {
    l: Layout,
    title: &'a str,
    initial: String,
    username: &'a str,
    email: Option<&'a str>,
    sessions: Vec<SessionRow>,
    applications: Vec<ApplicationRow>,
    now: Timestamp,
    csrf: &'a str,
    min: usize,
    error: FieldError,
    /// The identifier of a text.
    notice: Option<&'static str>,
}

/// One session as the page shows it.
struct SessionRow {
    id: String,
    here: bool,
    browser: String,
    address: String,
    since: Timestamp,
    last_seen: Timestamp,
}

/// One application as the page shows it.
struct ApplicationRow {
    id: String,
    name: String,
    /// Identifiers of texts.
    scopes: Vec<String>,
    since: Timestamp,
}

/// `/`.
pub(super) async fn home() -> Page {
    see_other("/account")
}

/// `/.well-known/change-password`.
pub(super) async fn change_password_at() -> Page {
    see_other("/account#password-title")
}

pub(super) async fn get(State(authn): State<Authn>, browser: BrowserRequest) -> Result<Page, Page> {
    let notice = match browser.query()?.get("notice") {
        Some("password-changed") => Some("account-password-changed"),
        Some("session-ended") => Some("account-session-ended"),
        Some("sessions-ended") => Some("account-sessions-ended"),
        Some("application-ended") => Some("account-application-ended"),
        _ => None,
    };
    let Some(session) = signed_in(&authn, &browser).await? else {
        return Ok(browser.see_other("/sign-in"));
    };
    let view = View {
        notice,
        ..View::default()
    };
    show(&authn, &browser, &session, view).await
}

async fn signed_in(authn: &Authn, browser: &BrowserRequest) -> Result<Option<Session>, Page> {
    sessions::of_browser(authn, browser)
        .await
        .map_err(|error| browser.failed(error))
}

/// What the page says besides what is stored.
#[derive(Default)]
struct View {
    status: StatusCode,
    notice: Option<&'static str>,
    error: FieldError,
}

async fn show(
    authn: &Authn,
    browser: &BrowserRequest,
    session: &Session,
    view: View,
) -> Result<Page, Page> {
    let failed = |error| browser.failed(error);
    let mut sessions = sessions::list_own(authn, session).await.map_err(failed)?;
    sessions.sort_by_key(|info| info.id != session.id);
    let applications = list_own_applications(authn, session)
        .await
        .map_err(failed)?;
    let user = &session.user;
    let template = AccountTemplate {
        l: browser.layout(),
        title: user.title(),
        initial: user
            .title()
            .chars()
            .next()
            .map(|char| char.to_uppercase().collect())
            .unwrap_or_default(),
        username: &user.name,
        email: user.email.as_deref(),
        sessions: sessions
            .into_iter()
            .map(|info| session_row(browser, info, session))
            .collect(),
        applications: applications.into_iter().map(application_row).collect(),
        now: authn.now(),
        csrf: &browser.form_token,
        min: authn.0.accounts.policy.min_characters,
        error: view.error,
        notice: view.notice,
    };
    Ok(browser.page(view.status, &template, &[]))
}

fn session_row(browser: &BrowserRequest, info: SessionInfo, own: &Session) -> SessionRow {
    let user_agent = info.user_agent.as_deref().unwrap_or_default();
    SessionRow {
        here: info.id == own.id,
        browser: browser_name::of(user_agent)
            .unwrap_or_else(|| browser.texts.tr("account-unknown-browser").into_owned()),
        address: info.address.unwrap_or_default(),
        since: info.auth_time,
        last_seen: info.last_seen_at,
        id: info.id,
    }
}

fn application_row(access: ApplicationAccess) -> ApplicationRow {
    let scopes = access.scopes.iter();
    ApplicationRow {
        scopes: scopes.map(|scope| format!("scope-{scope}")).collect(),
        id: access.client_id,
        name: access.name,
        since: access.signed_in_at,
    }
}
