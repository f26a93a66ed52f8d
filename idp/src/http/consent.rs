//! `/oauth2/consent`: what the user answered.

use axum::body::Body;

use super::{authorize, page::Page, visit::Visit};
use crate::params::Params;

pub(super) async fn post(visit: Visit, body: Body) -> Result<Page, Page> {
    let form = visit.own_form(body).await?;
    let request = form.get("request").unwrap_or_default();
    let params = Params::parse(request.as_bytes()).map_err(|error| visit.bad_request(&error))?;
    match form.get("answer") {
        Some("allow") => authorize::respond(&visit, &params, true).await,
        _ => authorize::refuse(&visit, &params).await,
    }
}
