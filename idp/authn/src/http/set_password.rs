//! `/account/set-password`: by a link that works once.

use askama::Template;
use axum::{body::Body, extract::State, http::StatusCode};
use idp_directory::User;
use platform_pages::{BrowserRequest, Layout, Link, Page, see_other};
use zeroize::Zeroizing;

use super::account::password_advice;
use crate::{Authn, Error, password_link::find_password_link, set_password::set_password_by_link};

#[derive(Template)]
#[template(path = "set_password.html")]
struct SetPasswordTemplate<'a> {
    l: Layout,
    title: &'a str,
    username: &'a str,
    token: &'a str,
    csrf: &'a str,
    error: Option<String>,
}

pub(super) async fn get(State(authn): State<Authn>, browser: BrowserRequest) -> Result<Page, Page> {
    let token = browser.query()?.get_owned("token").unwrap_or_default();
    let user = find(&authn, &browser, &token).await?;
    Ok(show(&browser, &user, &token, None))
}

pub(super) async fn post(
    State(authn): State<Authn>,
    browser: BrowserRequest,
    body: Body,
) -> Result<Page, Page> {
    let form = browser.csrf_checked_form(body).await?;
    let token = form.get_owned("token").unwrap_or_default();
    let user = find(&authn, &browser, &token).await?;
    let secret = |name| Zeroizing::new(form.get_owned(name).unwrap_or_default());
    let password = secret("new_password");
    if password != secret("new_password_again") {
        let error = browser.texts.tr("passwords-differ").into_owned();
        return Ok(show(&browser, &user, &token, Some(error)));
    }
    match set_password_by_link(&authn, &browser.caller, &token, password).await {
        Ok(()) => Ok(see_other("/sign-in?notice=password-set")),
        Err(Error::WeakPassword(weak)) => {
            let error = password_advice(&browser, weak);
            Ok(show(&browser, &user, &token, Some(error)))
        }
        Err(Error::LinkExpired) => Err(link_expired(&browser)),
        Err(error) => Err(browser.failed(error)),
    }
}

async fn find(authn: &Authn, browser: &BrowserRequest, token: &str) -> Result<User, Page> {
    find_password_link(authn, token)
        .await
        .map_err(|error| browser.failed(error))?
        .ok_or_else(|| link_expired(browser))
}

fn show(browser: &BrowserRequest, user: &User, token: &str, error: Option<String>) -> Page {
    let status = match error {
        None => StatusCode::OK,
        Some(_) => StatusCode::UNPROCESSABLE_ENTITY,
    };
    let template = SetPasswordTemplate {
        l: match error {
            None => browser.layout_with_languages(),
            Some(_) => browser.layout(),
        },
        title: user.title(),
        username: &user.name,
        token,
        csrf: &browser.form_token,
        error,
    };
    browser.page(status, &template, &[])
}

fn link_expired(browser: &BrowserRequest) -> Page {
    browser.message(
        StatusCode::NOT_FOUND,
        "link-expired-title",
        "link-expired-text",
        Some(Link {
            href: "/sign-in",
            text: "go-to-sign-in",
        }),
    )
}
