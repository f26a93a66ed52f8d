//! `/sign-out`, and what logout at an application's request shares with it.

use askama::Template;
use axum::{body::Body, extract::State, http::StatusCode};
use platform_pages::{BrowserRequest, Layout, Link, Page, cookie};

use crate::{
    Authn,
    sessions::{self, SESSION_COOKIE},
    sign_out::sign_out,
};

/// The question whether to sign out.
#[derive(Template)]
#[template(path = "sign_out.html")]
struct SignOutTemplate<'a> {
    l: Layout,
    user: &'a str,
    client: Option<&'a str>,
    problem: Option<&'a str>,
    action: &'a str,
    request: &'a str,
    csrf: &'a str,
}

/// What the page asks, besides who is signed in.
#[derive(Clone, Copy, Debug)]
pub struct Question<'a> {
    /// The application that asks for it.
    pub client: Option<&'a str>,
    /// Why its request cannot be completed; the user may still sign out.
    pub problem: Option<&'a str>,
    /// Where the form goes.
    pub action: &'a str,
    /// What the form carries there.
    pub request: &'a str,
    /// Sources for `form-action` besides our own.
    pub form_action: &'a [String],
}

/// The question of somebody who signs out by themselves.
impl Default for Question<'_> {
    fn default() -> Self {
        Self {
            client: None,
            problem: None,
            action: "/sign-out",
            request: "",
            form_action: &[],
        }
    }
}

/// Asks the user who is signed in whether to sign out.
pub fn ask(browser: &BrowserRequest, user: &str, layout: Layout, question: Question<'_>) -> Page {
    let template = SignOutTemplate {
        l: layout,
        user,
        client: question.client,
        problem: question.problem,
        action: question.action,
        request: question.request,
        csrf: &browser.form_token,
    };
    let status = match question.problem {
        None => StatusCode::OK,
        Some(_) => StatusCode::BAD_REQUEST,
    };
    browser.page(status, &template, question.form_action)
}

pub(super) async fn get(State(authn): State<Authn>, browser: BrowserRequest) -> Result<Page, Page> {
    let session = sessions::of_browser(&authn, &browser).await;
    let Some(session) = session.map_err(|error| browser.failed(error))? else {
        return Ok(signed_out(&browser));
    };
    let question = Question::default();
    let layout = browser.layout();
    Ok(ask(&browser, session.user.title(), layout, question))
}

pub(super) async fn post(
    State(authn): State<Authn>,
    browser: BrowserRequest,
    body: Body,
) -> Result<Page, Page> {
    browser.csrf_checked_form(body).await?;
    let session = sessions::of_browser(&authn, &browser).await;
    if let Some(session) = session.map_err(|error| browser.failed(error))? {
        sign_out(&authn, &browser.caller, &session)
            .await
            .map_err(|error| browser.failed(error))?;
    }
    let mut page = signed_out(&browser);
    forget_session(&mut page);
    Ok(page)
}

/// Deletes the browser's session cookie.
pub fn forget_session(page: &mut Page) {
    cookie::clear(page.headers_mut(), SESSION_COOKIE);
}

/// The page after the end of a session.
pub fn signed_out(browser: &BrowserRequest) -> Page {
    browser.message(
        StatusCode::OK,
        "signed-out-title",
        "signed-out-text",
        Some(Link::to("/sign-in", "sign-in-again")),
    )
}
