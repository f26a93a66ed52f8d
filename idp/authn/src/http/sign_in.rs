//! `/sign-in`.

use askama::Template;
use axum::{
    body::Body,
    http::{HeaderValue, StatusCode, header},
};
use platform::i18n::Locale;
use zeroize::Zeroizing;

use super::{
    cookie,
    page::{Frame, Page, see_other},
    visit::Visit,
};
use crate::{
    Error,
    model::{digest, form_action_source},
    params::Params,
    sign_in::Credentials,
};

#[derive(Template)]
#[template(path = "sign_in.html")]
struct SignIn<'a> {
    f: Frame,
    client: Option<String>,
    username: &'a str,
    request: &'a str,
    csrf: &'a str,
    error: Option<String>,
    notice: Option<&'static str>,
}

/// What a page says about the last attempt.
struct Last {
    status: StatusCode,
    error: String,
    retry_after: Option<u64>,
}

pub(super) async fn get(visit: Visit) -> Result<Page, Page> {
    let query = visit.query()?.clone();
    let request = query.take("request").unwrap_or_default();
    let hint = Params::parse(request.as_bytes())
        .ok()
        .and_then(|request| request.take("login_hint"))
        .unwrap_or_default();
    let notice = (query.get("notice") == Some("password-set")).then(|| {
        visit.locale.pick(
            "密码已设置，请登录。",
            "Your password is set. Sign in with it.",
        )
    });
    show(&visit, &request, &hint, notice, None).await
}

pub(super) async fn post(visit: Visit, body: Body) -> Result<Page, Page> {
    let form = visit.foreign_form(body).await?;
    let l = visit.locale;
    let request = form.take("request").unwrap_or_default();
    let username = form.take("username").unwrap_or_default();
    // The request as `/oauth2/authorize` reads it: never another address.
    let canonical = Params::parse(request.as_bytes())
        .map_err(|error| visit.bad_request(&error))?
        .to_query();
    if !visit.is_own(&form) {
        let last = Last {
            status: StatusCode::FORBIDDEN,
            error: l.pick(
                "页面已过期，请重新登录（浏览器须允许 Cookie）。",
                "This page was out of date. Please sign in again; your browser must accept cookies.",
            ).to_owned(),
            retry_after: None,
        };
        return show(&visit, &request, &username, None, Some(last)).await;
    }
    let credentials = Credentials {
        username: username.clone(),
        password: Zeroizing::new(form.take("password").unwrap_or_default()),
        request: (!request.is_empty()).then(|| digest(&canonical)),
        previous_token: visit.session_token.clone(),
        user_agent: visit.user_agent.clone(),
    };
    let refused = match visit.service.sign_in(credentials, &visit.caller).await {
        Ok(token) => {
            let mut page = if request.is_empty() {
                see_other("/account")
            } else {
                see_other(&format!("/oauth2/authorize?{canonical}"))
            };
            cookie::set(page.0.headers_mut(), cookie::SESSION, &token);
            return Ok(page);
        }
        Err(Error::WrongCredentials) => Last {
            status: StatusCode::FORBIDDEN,
            error: l
                .pick(
                    "用户名或密码不正确。",
                    "The user name or the password is wrong.",
                )
                .to_owned(),
            retry_after: None,
        },
        Err(Error::Throttled { retry_after }) => Last {
            status: StatusCode::TOO_MANY_REQUESTS,
            error: match l {
                Locale::Zh => format!("尝试次数过多，请在 {retry_after} 秒后再试。"),
                Locale::En => format!("Too many attempts. Please try again in {retry_after} s."),
            },
            retry_after: Some(retry_after),
        },
        Err(Error::Busy) => Last {
            status: StatusCode::SERVICE_UNAVAILABLE,
            error: l
                .pick(
                    "此刻登录的人很多，请稍后再试。",
                    "Many people are signing in. Please try again in a moment.",
                )
                .to_owned(),
            retry_after: Some(2),
        },
        Err(error) => return Err(visit.failed(&error)),
    };
    show(&visit, &request, &username, None, Some(refused)).await
}

async fn show(
    visit: &Visit,
    request: &str,
    username: &str,
    notice: Option<&'static str>,
    last: Option<Last>,
) -> Result<Page, Page> {
    let params = Params::parse(request.as_bytes()).unwrap_or_default();
    let client = match params.get("client_id") {
        Some(id) => visit
            .service
            .find_client(id)
            .await
            .map_err(|error| visit.failed(&error))?,
        None => None,
    };
    // Browsers hold redirects after a form to form-action (CSP 3 §6.4.1), and
    // the last of them leads to the client.
    let sources: Vec<_> = client
        .iter()
        .flat_map(|client| {
            client
                .redirect_uris
                .iter()
                .chain(&client.post_logout_redirect_uris)
        })
        .map(String::as_str)
        .chain(params.get("redirect_uri").filter(|uri| {
            client
                .as_ref()
                .is_some_and(|client| client.has_redirect_uri(uri))
        }))
        .filter_map(form_action_source)
        .collect();
    let status = last.as_ref().map_or(StatusCode::OK, |last| last.status);
    let template = SignIn {
        f: if last.is_none() {
            visit.frame_with_languages()
        } else {
            visit.frame()
        },
        client: client.map(|client| client.name.clone()),
        username,
        request,
        csrf: &visit.form_token,
        error: last.as_ref().map(|last| last.error.clone()),
        notice,
    };
    let mut page = visit.page(status, &template, &sources);
    if let Some(seconds) = last.and_then(|last| last.retry_after) {
        page.0
            .headers_mut()
            .insert(header::RETRY_AFTER, HeaderValue::from(seconds));
    }
    Ok(page)
}
