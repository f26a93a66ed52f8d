//! `/oauth2/authorize` (RFC 6749 §3.1, OpenID Connect Core §3.1.2).

use askama::Template;
use axum::{body::Body, http::StatusCode};

use super::{
    page::{Frame, Page, see_other},
    visit::Visit,
};
use crate::{
    OAuthCode, ScopeValue,
    authorize::{Decision, Refusal},
    model::{AuthorizationRequest, append_query, form_action_source},
    params::Params,
};

#[derive(Template)]
#[template(path = "consent.html")]
struct Consent<'a> {
    f: Frame,
    client: &'a str,
    user: &'a str,
    scopes: Vec<&'static str>,
    request: String,
    csrf: &'a str,
}

pub(super) async fn get(visit: Visit) -> Result<Page, Page> {
    let params = visit.query()?.clone();
    respond(&visit, &params, false).await
}

/// The same by a form. It comes from the client's page, so the browser keeps our
/// cookies to itself (SameSite=Lax); it gets to show them by a GET.
pub(super) async fn post(visit: Visit, body: Body) -> Result<Page, Page> {
    let params = visit.foreign_form(body).await?;
    Ok(see_other(&format!(
        "/oauth2/authorize?{}",
        params.to_query()
    )))
}

/// Answers an authorization request; `approved` where the user was asked and agreed.
pub(super) async fn respond(visit: &Visit, params: &Params, approved: bool) -> Result<Page, Page> {
    let service = &visit.service;
    let request = match service.read_authorization_request(params).await {
        Ok(request) => request,
        Err(Refusal::Page { code, description }) => return Err(visit.oauth_page(code, description)),
        Err(Refusal::Back(answer)) => return Ok(visit.answer(&answer)),
        Err(Refusal::Failed(error)) => return Err(visit.failed(&error)),
    };
    let session = visit
        .session()
        .await
        .map_err(|error| visit.failed(&error))?;
    match (
        service.decide(&request, session.as_ref(), approved),
        session,
    ) {
        (Decision::Issue { uses_freshness }, Some(session)) => {
            let code = service
                .issue_code(&request, &session, uses_freshness, &visit.caller)
                .await
                .map_err(|error| visit.failed(&error))?;
            Ok(match code {
                Some(code) => visit.answer(&request.answer(Ok(code))),
                None => to_sign_in(params),
            })
        }
        (Decision::Consent, Some(session)) => {
            Ok(ask(visit, &request, session.user.title(), params))
        }
        (Decision::Refuse(code, description), _) => {
            Ok(visit.answer(&request.refuse(code, description)))
        }
        (Decision::SignIn, _) | (_, None) => Ok(to_sign_in(params)),
    }
}

/// Tells the client that the user said no.
pub(super) async fn refuse(visit: &Visit, params: &Params) -> Result<Page, Page> {
    match visit.service.read_authorization_request(params).await {
        Ok(request) => {
            Ok(visit.answer(&request.refuse(OAuthCode::AccessDenied, "the user said no")))
        }
        Err(Refusal::Page { code, description }) => Err(visit.oauth_page(code, description)),
        Err(Refusal::Back(answer)) => Ok(visit.answer(&answer)),
        Err(Refusal::Failed(error)) => Err(visit.failed(&error)),
    }
}

fn to_sign_in(params: &Params) -> Page {
    let request = params.to_query();
    let mut fields = vec![("request", request.as_str())];
    if let Some(locales) = params.get("ui_locales") {
        fields.push(("ui_locales", locales));
    }
    see_other(&append_query("/sign-in", &fields))
}

fn ask(visit: &Visit, request: &AuthorizationRequest, user: &str, params: &Params) -> Page {
    let l = visit.locale;
    let scopes = [
        (
            ScopeValue::OpenId,
            l.pick("确认你的身份", "Know who you are"),
        ),
        (
            ScopeValue::Profile,
            l.pick("读取你的姓名与用户名", "See your name and user name"),
        ),
        (
            ScopeValue::Email,
            l.pick("读取你的邮箱地址", "See your e-mail address"),
        ),
        (
            ScopeValue::OfflineAccess,
            l.pick("在你离开后继续访问", "Keep access while you are away"),
        ),
        (
            ScopeValue::Api,
            l.pick("以你的权限使用信枢", "Use Xinshu with your rights"),
        ),
    ];
    let template = Consent {
        f: visit.frame(),
        client: &request.client.name,
        user,
        scopes: scopes
            .into_iter()
            .filter(|(scope, _)| request.scope.has(*scope))
            .map(|(_, text)| text)
            .collect(),
        request: params.to_query(),
        csrf: &visit.form_token,
    };
    let sources: Vec<_> = form_action_source(&request.redirect_uri)
        .into_iter()
        .collect();
    visit.page(StatusCode::OK, &template, &sources)
}
