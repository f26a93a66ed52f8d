//! `/account`: what a user sees and changes of their own.

use askama::Template;
use axum::{body::Body, http::StatusCode};
use jiff::{Timestamp, tz::TimeZone};
use zeroize::Zeroizing;

use super::{
    page::{Frame, Page, see_other},
    visit::Visit,
};
use crate::{Error, Session, SessionInfo};

#[derive(Template)]
#[template(path = "account.html")]
struct Account<'a> {
    f: Frame,
    title: &'a str,
    initial: String,
    username: &'a str,
    email: Option<&'a str>,
    sessions: Vec<Row>,
    csrf: &'a str,
    error: Option<String>,
    notice: Option<&'static str>,
}

/// One session as the page shows it.
struct Row {
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

pub(super) async fn get(visit: Visit) -> Result<Page, Page> {
    let notice = match visit.query()?.get("notice") {
        Some("password-changed") => Some(visit.locale.pick(
            "密码已更改，其他会话已结束。",
            "Your password is changed. Your other sessions have ended.",
        )),
        Some("session-ended") => Some(visit.locale.pick("会话已结束。", "The session has ended.")),
        _ => None,
    };
    let Some(session) = signed_in(&visit).await? else {
        return Ok(see_other("/sign-in"));
    };
    show(&visit, &session, StatusCode::OK, notice, None).await
}

pub(super) async fn change_password(visit: Visit, body: Body) -> Result<Page, Page> {
    let form = visit.own_form(body).await?;
    let Some(session) = signed_in(&visit).await? else {
        return Ok(see_other("/sign-in"));
    };
    let l = visit.locale;
    let secret = |name| Zeroizing::new(form.take(name).unwrap_or_default());
    let new = secret("new_password");
    let (status, error) = if new != secret("new_password_again") {
        (
            StatusCode::UNPROCESSABLE_ENTITY,
            l.pick("两次输入的新密码不一致。", "The two new passwords differ.")
                .to_owned(),
        )
    } else {
        match visit
            .service
            .change_own_password(&session, secret("password"), new, &visit.caller)
            .await
        {
            Ok(()) => return Ok(see_other("/account?notice=password-changed")),
            Err(Error::WrongCredentials) => (
                StatusCode::FORBIDDEN,
                l.pick("当前密码不正确。", "The current password is wrong.")
                    .to_owned(),
            ),
            Err(Error::Invalid { reason, .. }) => (
                StatusCode::UNPROCESSABLE_ENTITY,
                password_advice(&visit, &reason),
            ),
            Err(Error::Throttled { .. }) => (
                StatusCode::TOO_MANY_REQUESTS,
                l.pick(
                    "尝试次数过多，请稍候片刻再试。",
                    "Too many attempts. Please wait a little and try again.",
                )
                .to_owned(),
            ),
            Err(error) => return Err(visit.failed(&error)),
        }
    };
    show(&visit, &session, status, None, Some(error)).await
}

pub(super) async fn end_session(visit: Visit, body: Body) -> Result<Page, Page> {
    let form = visit.own_form(body).await?;
    let Some(session) = signed_in(&visit).await? else {
        return Ok(see_other("/sign-in"));
    };
    visit
        .service
        .end_own_session(
            form.get("session").unwrap_or_default(),
            &session,
            &visit.caller,
        )
        .await
        .map_err(|error| visit.failed(&error))?;
    Ok(see_other("/account?notice=session-ended"))
}

/// What is wrong with a new password, in the reader's language.
pub(super) fn password_advice(visit: &Visit, reason: &str) -> String {
    match visit.locale {
        platform::i18n::Locale::En => format!("The new password cannot be used: {reason}."),
        platform::i18n::Locale::Zh => {
            "新密码不可用：请使用 8 至 256 个字符，且不要使用常见密码或用户名。".to_owned()
        }
    }
}

async fn signed_in(visit: &Visit) -> Result<Option<Session>, Page> {
    visit.session().await.map_err(|error| visit.failed(&error))
}

async fn show(
    visit: &Visit,
    session: &Session,
    status: StatusCode,
    notice: Option<&'static str>,
    error: Option<String>,
) -> Result<Page, Page> {
    let mut sessions = visit
        .service
        .own_sessions(session)
        .await
        .map_err(|error| visit.failed(&error))?;
    sessions.sort_by_key(|info| info.id != session.id);
    let user = &session.user;
    let template = Account {
        f: visit.frame_with_languages(),
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
            .map(|info| row(visit, info, session))
            .collect(),
        csrf: &visit.form_token,
        error,
        notice,
    };
    Ok(visit.page(status, &template, &[]))
}

fn row(visit: &Visit, info: SessionInfo, own: &Session) -> Row {
    Row {
        here: info.id == own.id,
        browser: browser(visit, info.user_agent.as_deref().unwrap_or_default()),
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

/// A browser's name for people, from what it calls itself.
fn browser(visit: &Visit, user_agent: &str) -> String {
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
        (None, None) => visit
            .locale
            .pick("未知浏览器", "Unknown browser")
            .to_owned(),
    }
}
