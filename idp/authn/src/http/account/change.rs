//! The forms of `/account`.

use axum::{body::Body, extract::State, http::StatusCode};
use platform_pages::{BrowserRequest, Page, cookie, see_other};
use zeroize::Zeroizing;

use super::{FieldError, View, show, signed_in};
use crate::{
    Authn, Error,
    applications::end_own_application,
    http::password_advice::password_advice,
    sessions::SESSION_COOKIE,
    set_password::change_own_password,
    sign_out::{end_other_sessions, end_own_session},
};

pub(in crate::http) async fn change_password(
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
    let tr = |id| browser.texts.tr(id).into_owned();
    let (status, field, text) = if new != secret("new_password_again") {
        let text = tr("passwords-differ");
        (StatusCode::UNPROCESSABLE_ENTITY, "new_password_again", text)
    } else {
        let current = secret("password");
        match change_own_password(&authn, &browser.caller, &session, current, new).await {
            Ok(token) => {
                let mut page = see_other("/account?notice=password-changed");
                cookie::set(page.headers_mut(), SESSION_COOKIE, &token);
                return Ok(page);
            }
            Err(Error::WrongCredentials) => {
                let text = tr("account-current-password-wrong");
                (StatusCode::FORBIDDEN, "password", text)
            }
            Err(Error::Throttled { .. }) => {
                let text = tr("account-too-many-attempts");
                (StatusCode::TOO_MANY_REQUESTS, "password", text)
            }
            Err(Error::WeakPassword(weak)) => {
                let text = password_advice(&browser, weak);
                (StatusCode::UNPROCESSABLE_ENTITY, "new_password", text)
            }
            Err(error) => return Err(browser.failed(error)),
        }
    };
    let view = View {
        status,
        notice: None,
        error: FieldError::new(field, text),
    };
    show(&authn, &browser, &session, view).await
}

pub(in crate::http) async fn end_session(
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

pub(in crate::http) async fn end_sessions_elsewhere(
    State(authn): State<Authn>,
    browser: BrowserRequest,
    body: Body,
) -> Result<Page, Page> {
    browser.csrf_checked_form(body).await?;
    let Some(session) = signed_in(&authn, &browser).await? else {
        return Ok(see_other("/sign-in"));
    };
    end_other_sessions(&authn, &browser.caller, &session)
        .await
        .map_err(|error| browser.failed(error))?;
    Ok(see_other("/account?notice=sessions-ended"))
}

pub(in crate::http) async fn end_application(
    State(authn): State<Authn>,
    browser: BrowserRequest,
    body: Body,
) -> Result<Page, Page> {
    let form = browser.csrf_checked_form(body).await?;
    let Some(session) = signed_in(&authn, &browser).await? else {
        return Ok(see_other("/sign-in"));
    };
    let id = form.get("application").unwrap_or_default();
    end_own_application(&authn, &browser.caller, &session, id)
        .await
        .map_err(|error| browser.failed(error))?;
    Ok(see_other("/account?notice=application-ended"))
}
