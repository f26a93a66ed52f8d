//! `/account/set-password`: by a link that works once.

use askama::Template;
use axum::{body::Body, extract::State, http::StatusCode};
use idp_directory::User;
use oauth::{Params, append_query};
use platform_pages::{BrowserRequest, Layout, Link, Page, see_other};
use zeroize::Zeroizing;

use super::{account::password_advice, sign_in::remember_device};
use crate::{
    Authn, Error,
    devices::DEVICE_COOKIE,
    password_link::{SHORT, find_password_link},
    set_password::set_password_by_link,
};

#[derive(Template)]
#[template(path = "set_password.html")]
struct SetPasswordTemplate<'a> {
    l: Layout,
    title: &'a str,
    username: &'a str,
    token: &'a str,
    csrf: &'a str,
    error: Option<String>,
    min: usize,
    /// What continues after the sign-in that follows.
    request: &'a str,
    /// Whether the user is here because their password is too short.
    is_short: bool,
}

/// What the page's address and its form carry.
struct Fields {
    token: String,
    request: String,
    is_short: bool,
}

impl Fields {
    fn read(params: &Params) -> Self {
        Self {
            token: params.get_owned("token").unwrap_or_default(),
            request: params.get_owned("request").unwrap_or_default(),
            is_short: params.get("reason") == Some(SHORT),
        }
    }

    fn request(&self) -> Option<&str> {
        Some(self.request.as_str()).filter(|request| !request.is_empty())
    }
}

pub(super) async fn get(State(authn): State<Authn>, browser: BrowserRequest) -> Result<Page, Page> {
    let fields = Fields::read(browser.query()?);
    let user = find(&authn, &browser, &fields.token).await?;
    Ok(show(&authn, &browser, &user, &fields, None))
}

pub(super) async fn post(
    State(authn): State<Authn>,
    browser: BrowserRequest,
    body: Body,
) -> Result<Page, Page> {
    let form = browser.csrf_checked_form(body).await?;
    let fields = Fields::read(&form);
    let user = find(&authn, &browser, &fields.token).await?;
    let secret = |name| Zeroizing::new(form.get_owned(name).unwrap_or_default());
    let password = secret("new_password");
    if password != secret("new_password_again") {
        let error = browser.texts.tr("passwords-differ").into_owned();
        return Ok(show(&authn, &browser, &user, &fields, Some(error)));
    }
    let device = browser.cookie(DEVICE_COOKIE);
    let set = set_password_by_link(&authn, &browser.caller, &fields.token, password, device).await;
    match set {
        Ok(device_token) => {
            let mut query = vec![("notice", "password-set")];
            query.extend(fields.request().map(|request| ("request", request)));
            let mut page = see_other(&append_query("/sign-in", &query));
            remember_device(&mut page, &device_token);
            Ok(page)
        }
        Err(Error::WeakPassword(weak)) => {
            let error = password_advice(&browser, weak);
            Ok(show(&authn, &browser, &user, &fields, Some(error)))
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

fn show(
    authn: &Authn,
    browser: &BrowserRequest,
    user: &User,
    fields: &Fields,
    error: Option<String>,
) -> Page {
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
        token: &fields.token,
        csrf: &browser.form_token,
        error,
        min: authn.0.accounts.policy.min_characters,
        request: &fields.request,
        is_short: fields.is_short,
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
