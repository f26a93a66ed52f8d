//! `/account/set-password`: by a link that works once.

use askama::Template;
use axum::{body::Body, extract::State, http::StatusCode};
use idp_directory::User;
use oauth::{Params, append_query};
use platform_pages::{BrowserRequest, Layout, Link, Page, see_other};
use zeroize::Zeroizing;

use super::{field_error::FieldError, password_advice::password_advice, sign_in::remember_device};
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
    error: FieldError,
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

    /// The page's address.
    fn address(&self) -> String {
        let mut fields = vec![("token", self.token.as_str())];
        fields.extend(self.request().map(|request| ("request", request)));
        fields.extend(self.is_short.then_some(("reason", SHORT)));
        append_query("/account/set-password", &fields)
    }

    fn request(&self) -> Option<&str> {
        Some(self.request.as_str()).filter(|request| !request.is_empty())
    }
}

pub(super) async fn get(State(authn): State<Authn>, browser: BrowserRequest) -> Result<Page, Page> {
    let fields = Fields::read(browser.query()?);
    let user = find(&authn, &browser, &fields.token).await?;
    Ok(show(
        &authn,
        &browser,
        &user,
        &fields,
        FieldError::default(),
    ))
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
        let text = browser.texts.tr("passwords-differ").into_owned();
        let error = FieldError::new("new_password_again", text);
        return Ok(show(&authn, &browser, &user, &fields, error));
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
            let error = FieldError::new("new_password", password_advice(&browser, weak));
            Ok(show(&authn, &browser, &user, &fields, error))
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
    error: FieldError,
) -> Page {
    let status = match error.is_some() {
        false => StatusCode::OK,
        true => StatusCode::UNPROCESSABLE_ENTITY,
    };
    let template = SetPasswordTemplate {
        l: browser.layout_at(&fields.address()),
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
        Some(Link::to("/sign-in", "go-to-sign-in")),
    )
}
