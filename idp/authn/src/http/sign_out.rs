//! `/sign-out`: the user's own wish.

use axum::{body::Body, http::StatusCode};

use super::{
    cookie,
    logout::{SignOut, signed_out},
    page::Page,
    visit::Visit,
};

pub(super) async fn get(visit: Visit) -> Result<Page, Page> {
    let session = visit
        .session()
        .await
        .map_err(|error| visit.failed(&error))?;
    let Some(session) = session else {
        return Ok(signed_out(&visit));
    };
    let template = SignOut {
        f: visit.frame_with_languages(),
        user: session.user.title(),
        client: None,
        action: "/sign-out",
        request: String::new(),
        csrf: &visit.form_token,
    };
    Ok(visit.page(StatusCode::OK, &template, &[]))
}

pub(super) async fn post(visit: Visit, body: Body) -> Result<Page, Page> {
    visit.own_form(body).await?;
    let session = visit
        .session()
        .await
        .map_err(|error| visit.failed(&error))?;
    if let Some(session) = session {
        visit
            .service
            .end_own_session(&session.id, &session, &visit.caller)
            .await
            .map_err(|error| visit.failed(&error))?;
    }
    let mut page = signed_out(&visit);
    cookie::clear(page.0.headers_mut(), cookie::SESSION);
    Ok(page)
}
