//! `/oauth2/continue`: where an interaction continues after a sign-in.

use axum::extract::State;
use platform_pages::{BrowserRequest, Page};

use super::authorize::{respond, session};
use crate::{Oidc, authorize::resume};

pub(super) async fn get(State(oidc): State<Oidc>, browser: BrowserRequest) -> Result<Page, Page> {
    let id = browser.query()?.get_owned("request").unwrap_or_default();
    let session = session(&oidc, &browser).await?;
    let outcome = resume(&oidc, &browser.caller, &id, session.as_ref(), false).await;
    respond(&oidc, &browser, session.as_ref(), outcome)
}
