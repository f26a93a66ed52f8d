//! `/oauth2/authorize` (RFC 6749 §3.1, OpenID Connect Core §3.1.2).

use askama::Template;
use axum::{body::Body, extract::State, http::StatusCode};
use idp_authn::{Session, model::Interaction, sessions};
use oauth::{ErrorCode, append_query, form_action_source};
use platform_pages::{BrowserRequest, Failure, Layout, Link, Page, see_other};

use super::answer;
use crate::{
    Oidc,
    authorize::{Outcome, Question, authorize},
    validate_request::{Rejection, UNREGISTERED_REDIRECT_URI},
};

#[derive(Template)]
#[template(path = "consent.html")]
struct ConsentTemplate<'a> {
    l: Layout,
    client: &'a str,
    user: &'a str,
    /// Identifiers of texts.
    scopes: Vec<String>,
    /// Where the answer goes.
    host: String,
    /// Where somebody else signs in for the same request.
    sign_in_at: String,
    request: &'a str,
    csrf: &'a str,
}

pub(super) async fn get(State(oidc): State<Oidc>, browser: BrowserRequest) -> Result<Page, Page> {
    let (params, fault) = browser.query_leniently();
    let session = session(&oidc, &browser).await?;
    let outcome = authorize(&oidc, &browser.caller, params, fault, session.as_ref()).await;
    respond(&oidc, &browser, session.as_ref(), outcome)
}

/// The same by a form. It comes from the client's page, so the browser does not send our
/// cookies (SameSite=Lax); it sends them with the GET that follows.
pub(super) async fn post(
    State(oidc): State<Oidc>,
    browser: BrowserRequest,
    body: Body,
) -> Result<Page, Page> {
    let (params, fault) = browser.unverified_form_leniently(body).await?;
    if fault.is_some() {
        // It is rejected whether or not a user is signed in.
        let outcome = authorize(&oidc, &browser.caller, &params, fault.as_ref(), None).await;
        return respond(&oidc, &browser, None, outcome);
    }
    Ok(see_other(&format!(
        "/oauth2/authorize?{}",
        params.to_query()
    )))
}

/// The session of the browser.
pub(super) async fn session(
    oidc: &Oidc,
    browser: &BrowserRequest,
) -> Result<Option<Session>, Page> {
    sessions::of_browser(&oidc.0.authn, browser)
        .await
        .map_err(|error| browser.failed(error))
}

/// The response to what was decided.
pub(super) fn respond(
    oidc: &Oidc,
    browser: &BrowserRequest,
    session: Option<&Session>,
    outcome: Result<Outcome, Rejection>,
) -> Result<Page, Page> {
    match outcome {
        Ok(Outcome::Code { answer, code }) => Ok(answer::code(oidc, browser, &answer, &code)),
        Ok(Outcome::SignIn(id)) => {
            let locales = browser.query_leniently().0.get("ui_locales");
            Ok(see_other(&Interaction::sign_in_at(&id, locales)))
        }
        Ok(Outcome::Consent(question)) => {
            let user = session.map_or("", |session| session.user.title());
            Ok(ask(browser, user, &question))
        }
        Err(rejection) => reject(oidc, browser, rejection),
    }
}

/// The response to a request that was rejected.
pub(super) fn reject(
    oidc: &Oidc,
    browser: &BrowserRequest,
    rejection: Rejection,
) -> Result<Page, Page> {
    match rejection {
        Rejection::Page { code, description } => {
            let (title, text) = match code {
                ErrorCode::InvalidClient => ("error-client-title", "error-client-text"),
                _ if description == UNREGISTERED_REDIRECT_URI => {
                    ("error-request-title", "error-return-text")
                }
                _ => ("error-request-title", "error-request-text"),
            };
            let detail = format!("{}: {description}", code.name());
            Err(browser.report(StatusCode::BAD_REQUEST, title, text, &detail))
        }
        Rejection::Redirect(error) => Ok(answer::error(oidc, browser, &error)),
        Rejection::Expired => Err(browser.message(
            StatusCode::BAD_REQUEST,
            "sign-in-expired-title",
            "sign-in-expired-text",
            Some(Link::to_account()),
        )),
        Rejection::Failed(error) => Err(browser.failed(Failure::from(error))),
    }
}

fn ask(browser: &BrowserRequest, user: &str, question: &Question) -> Page {
    let id = [("request", question.interaction_id.as_str())];
    let template = ConsentTemplate {
        l: browser.layout_at(&append_query("/oauth2/continue", &id)),
        client: &question.client.name,
        user,
        scopes: question
            .scope
            .iter()
            .map(|scope| format!("scope-{scope}"))
            .collect(),
        host: shown_host(&question.redirect_uri),
        sign_in_at: append_query("/sign-in", &id),
        request: &question.interaction_id,
        csrf: &browser.form_token,
    };
    let sources: Vec<_> = form_action_source(&question.redirect_uri)
        .into_iter()
        .collect();
    browser.page(StatusCode::OK, &template, &sources)
}

/// Where an answer goes, as people read an address: its host, or the scheme of an application
/// on the device.
fn shown_host(redirect_uri: &str) -> String {
    let Ok(url) = url::Url::parse(redirect_uri) else {
        return redirect_uri.to_owned();
    };
    match (url.host_str(), url.port()) {
        (Some(host), Some(port)) => format!("{host}:{port}"),
        (Some(host), None) => host.to_owned(),
        (None, _) => format!("{}:", url.scheme()),
    }
}
