//! `/oauth2/logout` (OpenID Connect RP-Initiated Logout 1.0).

use axum::{body::Body, extract::State};
use idp_authn::{
    Session,
    http::sign_out::{Question, ask, forget_session, signed_out},
    sign_out::sign_out,
};
use oauth::{Params, ParamsError, form_action_source};
use platform_pages::{BrowserRequest, Page, see_other};

use super::authorize::session;
use crate::{
    Oidc,
    logout::{LogoutRejection, LogoutRequest, read_logout_request},
};

pub(super) async fn get(State(oidc): State<Oidc>, browser: BrowserRequest) -> Result<Page, Page> {
    let (params, fault) = browser.query_leniently();
    let session = session(&oidc, &browser).await?;
    let request = read(&oidc, &browser, params, fault, session.as_ref()).await?;
    match session {
        Some(session) if !request.proved => Ok(question(&browser, &request, &session, params)),
        session => finish(&oidc, &browser, &request, session.as_ref()).await,
    }
}

/// By a form: from the client's page it continues by GET, as in `authorize`; from our own
/// page the user has just agreed.
pub(super) async fn post(
    State(oidc): State<Oidc>,
    browser: BrowserRequest,
    body: Body,
) -> Result<Page, Page> {
    let (form, fault) = browser.unverified_form_leniently(body).await?;
    if fault.is_some() {
        // The browser does not send our cookies with another site's form.
        return Ok(see_other("/sign-out"));
    }
    if form.get("csrf").is_none() {
        return Ok(see_other(&format!("/oauth2/logout?{}", form.to_query())));
    }
    if !browser.is_csrf_checked(&form) {
        return Err(browser.expired_page());
    }
    let params = Params::parse(form.get("request").unwrap_or_default().as_bytes())
        .map_err(|error| browser.bad_request(&error.to_string()))?;
    let session = session(&oidc, &browser).await?;
    let request = read(&oidc, &browser, &params, None, session.as_ref()).await?;
    finish(&oidc, &browser, &request, session.as_ref()).await
}

/// The request; or the page that says what is wrong with it, and still offers a signed-in
/// user to sign out.
async fn read(
    oidc: &Oidc,
    browser: &BrowserRequest,
    params: &Params,
    fault: Option<&ParamsError>,
    session: Option<&Session>,
) -> Result<LogoutRequest, Page> {
    let request = match fault {
        Some(fault) => Err(LogoutRejection::Page(fault.to_string())),
        None => read_logout_request(oidc, params, session).await,
    };
    request.map_err(|rejection| match (rejection, session) {
        (LogoutRejection::Failed(error), _) => browser.failed(error),
        (LogoutRejection::Page(description), None) => browser.bad_request(&description),
        (LogoutRejection::Page(description), Some(session)) => {
            let question = Question {
                problem: Some(&description),
                ..Question::default()
            };
            ask(browser, session.user.title(), browser.layout(), question)
        }
    })
}

fn question(
    browser: &BrowserRequest,
    request: &LogoutRequest,
    session: &Session,
    params: &Params,
) -> Page {
    let sources: Vec<_> = request
        .return_to
        .as_deref()
        .and_then(form_action_source)
        .into_iter()
        .collect();
    let question = Question {
        client: request.client.as_ref().map(|client| client.name.as_str()),
        problem: None,
        action: "/oauth2/logout",
        request: &params.to_query(),
        form_action: &sources,
    };
    ask(browser, session.user.title(), browser.layout(), question)
}

async fn finish(
    oidc: &Oidc,
    browser: &BrowserRequest,
    request: &LogoutRequest,
    session: Option<&Session>,
) -> Result<Page, Page> {
    if let Some(session) = session {
        sign_out(&oidc.0.authn, &browser.caller, session)
            .await
            .map_err(|error| browser.failed(error))?;
    }
    let mut page = match &request.return_to {
        Some(uri) => see_other(uri),
        None => signed_out(browser),
    };
    forget_session(&mut page);
    Ok(page)
}
