//! `/account`: what users see and change of their own.

use askama::Template;
use axum::{body::Body, extract::State, http::StatusCode};
use jiff::{Timestamp, tz::TimeZone};
use platform_pages::{BrowserRequest, Layout, Page, cookie, see_other};
use zeroize::Zeroizing;

use crate::{
    Authn, Error, Session, SessionInfo, WeakPassword,
    sessions::{self, SESSION_COOKIE},
    set_password::change_own_password,
    sign_out::end_own_session,
};

#[derive(Template)]
#[template(path = "account.html")]
struct AccountTemplate<'a> {
    l: Layout,
    title: &'a str,
    initial: String,
    username: &'a str,
    email: Option<&'a str>,
    sessions: Vec<SessionRow>,
    csrf: &'a str,
    min: usize,
    error: Option<String>,
    /// The identifier of a text.
    notice: Option<&'static str>,
}

/// One session as the page shows it.
struct SessionRow {
    id: String,
    here: bool,
    browser: String,
    address: String,
    since: String,
    last_seen: String,
}

/// `/`.
pub(super) async fn home() -> Page {
    see_other("/account")
}

pub(super) async fn get(State(authn): State<Authn>, browser: BrowserRequest) -> Result<Page, Page> {
    let notice = match browser.query()?.get("notice") {
        Some("password-changed") => Some("account-password-changed"),
        Some("session-ended") => Some("account-session-ended"),
        _ => None,
    };
    let Some(session) = signed_in(&authn, &browser).await? else {
        return Ok(see_other("/sign-in"));
    };
    show(&authn, &browser, &session, StatusCode::OK, notice, None).await
}

pub(super) async fn change_password(
    State(authn): State<Authn>,
    browser: BrowserRequest,
    body: Body,
) -> Result<Page, Page> {
    let form = browser.csrf_checked_form(body).await?;
    let Some(session) = signed_in(&authn, &browser).await? else {
        return Ok(see_other("/sign-in"));
    };
    let secret = |name| Zeroizing::new(form.get_owned(name).unwrap_or_default());
    let new = secret("new_password");
    let texts = browser.texts;
    let (status, error) = if new != secret("new_password_again") {
        (
            StatusCode::UNPROCESSABLE_ENTITY,
            texts.tr("passwords-differ").into_owned(),
        )
    } else {
        let current = secret("password");
        match change_own_password(&authn, &browser.caller, &session, current, new).await {
            Ok(token) => {
                let mut page = see_other("/account?notice=password-changed");
                cookie::set(page.headers_mut(), SESSION_COOKIE, &token);
                return Ok(page);
            }
            Err(Error::WrongCredentials) => (
                StatusCode::FORBIDDEN,
                texts.tr("account-current-password-wrong").into_owned(),
            ),
            Err(Error::WeakPassword(weak)) => (
                StatusCode::UNPROCESSABLE_ENTITY,
                password_advice(&browser, weak),
            ),
            Err(Error::Throttled { .. }) => (
                StatusCode::TOO_MANY_REQUESTS,
                texts.tr("account-too-many-attempts").into_owned(),
            ),
            Err(error) => return Err(browser.failed(error)),
        }
    };
    show(&authn, &browser, &session, status, None, Some(error)).await
}

pub(super) async fn end_session(
    State(authn): State<Authn>,
    browser: BrowserRequest,
    body: Body,
) -> Result<Page, Page> {
    let form = browser.csrf_checked_form(body).await?;
    let Some(session) = signed_in(&authn, &browser).await? else {
        return Ok(see_other("/sign-in"));
    };
    let id = form.get("session").unwrap_or_default();
    end_own_session(&authn, &browser.caller, &session, id)
        .await
        .map_err(|error| browser.failed(error))?;
    Ok(see_other("/account?notice=session-ended"))
}

/// What is wrong with a new password, in the reader's language.
pub(super) fn password_advice(browser: &BrowserRequest, weak: WeakPassword) -> String {
    let texts = browser.texts;
    match weak {
        WeakPassword::TooShort { min } => {
            texts.tr_with("password-too-short", &[("min", min.into())])
        }
        WeakPassword::TooLong { max } => texts.tr_with("password-too-long", &[("max", max.into())]),
        WeakPassword::TooCommon => texts.tr("password-too-common").into_owned(),
        WeakPassword::Repetitive => texts.tr("password-repetitive").into_owned(),
        WeakPassword::Name => texts.tr("password-is-a-name").into_owned(),
    }
}

async fn signed_in(authn: &Authn, browser: &BrowserRequest) -> Result<Option<Session>, Page> {
    sessions::of_browser(authn, browser)
        .await
        .map_err(|error| browser.failed(error))
}

async fn show(
    authn: &Authn,
    browser: &BrowserRequest,
    session: &Session,
    status: StatusCode,
    notice: Option<&'static str>,
    error: Option<String>,
) -> Result<Page, Page> {
    let mut sessions = sessions::list_own(authn, session)
        .await
        .map_err(|error| browser.failed(error))?;
    sessions.sort_by_key(|info| info.id != session.id);
    let user = &session.user;
    let template = AccountTemplate {
        l: browser.layout_with_languages(),
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
            .map(|info| row(browser, info, session))
            .collect(),
        csrf: &browser.form_token,
        min: authn.0.accounts.policy.min_characters,
        error,
        notice,
    };
    Ok(browser.page(status, &template, &[]))
}

fn row(browser: &BrowserRequest, info: SessionInfo, own: &Session) -> SessionRow {
    SessionRow {
        here: info.id == own.id,
        browser: browser_name(browser, info.user_agent.as_deref().unwrap_or_default()),
        address: info.address.unwrap_or_default(),
        since: minute(info.auth_time),
        last_seen: minute(info.last_seen_at),
        id: info.id,
    }
}

fn minute(time: Timestamp) -> String {
    time.to_zoned(TimeZone::UTC)
        .strftime("%Y-%m-%d %H:%M UTC")
        .to_string()
}

/// A browser's name for people, from its `User-Agent`.
fn browser_name(browser: &BrowserRequest, user_agent: &str) -> String {
    let pick = |names: &[(&str, &'static str)]| {
        names
            .iter()
            .find(|(token, _)| user_agent.contains(token))
            .map(|(_, name)| *name)
    };
    let name = pick(&[
        ("MicroMessenger", "WeChat"),
        ("Edg", "Edge"),
        ("Firefox", "Firefox"),
        ("Chrom", "Chrome"),
        ("Safari", "Safari"),
        ("curl", "curl"),
    ]);
    let system = pick(&[
        ("Windows", "Windows"),
        ("HarmonyOS", "HarmonyOS"),
        ("Android", "Android"),
        ("iPhone", "iPhone"),
        ("iPad", "iPad"),
        ("Mac OS", "macOS"),
        ("Linux", "Linux"),
    ]);
    match (name, system) {
        (Some(name), Some(system)) => format!("{name} · {system}"),
        (Some(name), None) | (None, Some(name)) => name.to_owned(),
        (None, None) => browser.texts.tr("account-unknown-browser").into_owned(),
    }
}
