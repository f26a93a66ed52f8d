//! `/sign-in`.

use askama::Template;
use axum::{
    body::Body,
    extract::State,
    http::{HeaderValue, StatusCode, header},
};
use oauth::Params;
use platform_pages::{BrowserRequest, Layout, Link, Page, cookie, see_other};
use platform_web::RETRY_AFTER_SECONDS;
use zeroize::Zeroizing;

use crate::{
    Authn, Error,
    devices::{self, DEVICE_COOKIE},
    interactions,
    model::{Interaction, SignInPage},
    password_link::short_password_path,
    sessions::{self, SESSION_COOKIE},
    sign_in::{SignIn, SignedIn, sign_in},
};

#[derive(Template)]
#[template(path = "sign_in.html")]
struct SignInTemplate<'a> {
    l: Layout,
    client: Option<&'a str>,
    username: &'a str,
    request: &'a str,
    csrf: &'a str,
    error: Option<&'a str>,
    notice: bool,
    decline_at: Option<&'a str>,
}

/// The page for somebody else than who is signed in.
const ANOTHER: &str = "/sign-in?another=1";

/// What the page says of the last attempt.
struct LastAttempt {
    status: StatusCode,
    error: String,
    retry_after: Option<u64>,
}

pub(super) async fn get(State(authn): State<Authn>, browser: BrowserRequest) -> Result<Page, Page> {
    let query = browser.query()?;
    let interaction = find_interaction(&authn, &browser, query).await?;
    let hint = interaction
        .as_ref()
        .and_then(|interaction| interaction.page.login_hint.clone())
        .unwrap_or_default();
    let notice = query.get("notice") == Some("password-set");
    let another = query.get("another").is_some();
    if interaction.is_none() && !notice && !another {
        // A signed-in user needs this page only to sign in as another one.
        let session = sessions::of_browser(&authn, &browser).await;
        if session.map_err(|error| browser.failed(error))?.is_some() {
            return Ok(browser.see_other("/account"));
        }
    }
    Ok(show(&browser, interaction.as_ref(), &hint, notice, None))
}

pub(super) async fn post(
    State(authn): State<Authn>,
    browser: BrowserRequest,
    body: Body,
) -> Result<Page, Page> {
    let form = browser.unverified_form(body).await?;
    let interaction = find_interaction(&authn, &browser, &form).await?;
    let username = form.get_owned("username").unwrap_or_default();
    if !browser.is_csrf_checked(&form) {
        let last = LastAttempt {
            status: StatusCode::FORBIDDEN,
            error: browser.texts.tr("sign-in-page-expired").into_owned(),
            retry_after: None,
        };
        return Ok(show(
            &browser,
            interaction.as_ref(),
            &username,
            false,
            Some(last),
        ));
    }
    let attempt = SignIn {
        username: username.clone(),
        password: Zeroizing::new(form.get_owned("password").unwrap_or_default()),
        interaction_id: interaction
            .as_ref()
            .map(|interaction| interaction.id.clone()),
        previous_token: browser.cookie(SESSION_COOKIE),
        device_token: browser.cookie(DEVICE_COOKIE),
        user_agent: browser.user_agent.clone(),
    };
    match sign_in(&authn, &browser.caller, attempt).await {
        Ok(SignedIn::MustChange { link_token }) => {
            let request = interaction.as_ref().map(|it| it.id.as_str());
            Ok(see_other(&short_password_path(&link_token, request)))
        }
        Ok(SignedIn::Session {
            token,
            device_token,
        }) => {
            let mut page = match &interaction {
                None => see_other("/account"),
                Some(interaction) => see_other(&interaction.continue_at()),
            };
            cookie::set(page.headers_mut(), SESSION_COOKIE, &token);
            remember_device(&mut page, &device_token);
            Ok(page)
        }
        Err(error) => {
            let last = LastAttempt::new(&browser, error)?;
            Ok(show(
                &browser,
                interaction.as_ref(),
                &username,
                false,
                Some(last),
            ))
        }
    }
}

/// Sets the cookie by which a browser is known.
pub(super) fn remember_device(page: &mut Page, token: &str) {
    cookie::set_for(page.headers_mut(), DEVICE_COOKIE, token, devices::LIFETIME);
}

/// The interaction that the page is for; none if the user came by themselves.
async fn find_interaction(
    authn: &Authn,
    browser: &BrowserRequest,
    params: &Params,
) -> Result<Option<Interaction>, Page> {
    let Some(id) = params.get("request") else {
        return Ok(None);
    };
    match interactions::find(authn, id).await {
        Ok(Some(interaction)) => Ok(Some(interaction)),
        Ok(None) => Err(expired(browser)),
        Err(error) => Err(browser.failed(Error::Store(error))),
    }
}

/// How long to wait, in the unit that people count it in.
fn throttled(browser: &BrowserRequest, seconds: u64) -> String {
    match seconds {
        0..120 => browser
            .texts
            .tr_with("sign-in-throttled", &[("seconds", seconds.into())]),
        _ => browser.texts.tr_with(
            "sign-in-throttled-minutes",
            &[("minutes", seconds.div_ceil(60).into())],
        ),
    }
}

/// The page for an interaction that was answered or has expired.
pub(crate) fn expired(browser: &BrowserRequest) -> Page {
    browser.message(
        StatusCode::BAD_REQUEST,
        "sign-in-expired-title",
        "sign-in-expired-text",
        Some(Link::to_account()),
    )
}

impl LastAttempt {
    /// What to say of a failed attempt, or the page of an error that is no attempt.
    fn new(browser: &BrowserRequest, error: Error) -> Result<Self, Page> {
        let texts = browser.texts;
        let (status, error, retry_after) = match error {
            Error::WrongCredentials => (
                StatusCode::FORBIDDEN,
                texts.tr("sign-in-wrong-credentials").into_owned(),
                None,
            ),
            Error::Throttled { retry_after } => (
                StatusCode::TOO_MANY_REQUESTS,
                throttled(browser, retry_after),
                Some(retry_after),
            ),
            Error::Busy => (
                StatusCode::SERVICE_UNAVAILABLE,
                texts.tr("sign-in-busy").into_owned(),
                Some(RETRY_AFTER_SECONDS),
            ),
            error => return Err(browser.failed(error)),
        };
        Ok(Self {
            status,
            error,
            retry_after,
        })
    }
}

fn show(
    browser: &BrowserRequest,
    interaction: Option<&Interaction>,
    username: &str,
    notice: bool,
    last: Option<LastAttempt>,
) -> Page {
    let default = SignInPage::default();
    let page = interaction.map_or(&default, |interaction| &interaction.page);
    let template = SignInTemplate {
        l: match interaction {
            // A signed-in user sees this page only to sign in as another one.
            None if browser.cookie(SESSION_COOKIE).is_some() => browser.layout_at(ANOTHER),
            None => browser.layout_at("/sign-in"),
            Some(interaction) => browser.layout_at(&interaction.sign_in_again_at()),
        },
        client: page.client.as_deref(),
        username,
        request: interaction.map_or("", |interaction| interaction.id.as_str()),
        csrf: &browser.form_token,
        error: last.as_ref().map(|last| last.error.as_str()),
        notice,
        decline_at: page.decline_at.as_deref(),
    };
    let status = last.as_ref().map_or(StatusCode::OK, |last| last.status);
    // Browsers apply form-action to redirects after a form (CSP 3 §6.4.1), and the last
    // of them leads to the client.
    let mut page = browser.page(status, &template, &page.form_action);
    if let Some(seconds) = last.and_then(|last| last.retry_after) {
        page.headers_mut()
            .insert(header::RETRY_AFTER, HeaderValue::from(seconds));
    }
    page
}
