//! `/oauth2/consent`: what the user answered.

use axum::{body::Body, extract::State};
use platform_pages::{BrowserRequest, Page};

use super::{
    answer,
    authorize::{reject, respond, session},
};
use crate::{
    Oidc,
    authorize::{deny, resume},
};

pub(super) async fn post(
    State(oidc): State<Oidc>,
    browser: BrowserRequest,
    body: Body,
) -> Result<Page, Page> {
    let form = browser.csrf_checked_form(body).await?;
    let id = form.get("request").unwrap_or_default();
    let session = session(&oidc, &browser).await?;
    if form.get("answer") == Some("allow") {
        let outcome = resume(&oidc, &browser.caller, id, session.as_ref(), true).await;
        return respond(&oidc, &browser, session.as_ref(), outcome);
    }
    match deny(&oidc, &browser.caller, id, session.as_ref()).await {
        Ok(error) => Ok(answer::error(&oidc, &browser, &error)),
        Err(rejection) => reject(&oidc, &browser, rejection),
    }
}
