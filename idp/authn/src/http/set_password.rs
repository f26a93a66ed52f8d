//! `/account/set-password`: by a link that is good once.

use askama::Template;
use axum::{body::Body, http::StatusCode};
use zeroize::Zeroizing;

use super::{
    account::password_advice,
    page::{Frame, Page, see_other},
    visit::Visit,
};
use crate::{Error, User};

#[derive(Template)]
#[template(path = "set_password.html")]
struct SetPassword<'a> {
    f: Frame,
    title: &'a str,
    username: &'a str,
    token: &'a str,
    csrf: &'a str,
    error: Option<String>,
}

pub(super) async fn get(visit: Visit) -> Result<Page, Page> {
    let token = visit.query()?.take("token").unwrap_or_default();
    match find(&visit, &token).await? {
        Some(user) => Ok(show(&visit, &user, &token, StatusCode::OK, None)),
        None => Err(used_up(&visit)),
    }
}

pub(super) async fn post(visit: Visit, body: Body) -> Result<Page, Page> {
    let form = visit.own_form(body).await?;
    let token = form.take("token").unwrap_or_default();
    let Some(user) = find(&visit, &token).await? else {
        return Err(used_up(&visit));
    };
    let secret = |name| Zeroizing::new(form.take(name).unwrap_or_default());
    let password = secret("new_password");
    if password != secret("new_password_again") {
        let error = visit
            .locale
            .pick("两次输入的密码不一致。", "The two passwords differ.")
            .to_owned();
        return Ok(show(
            &visit,
            &user,
            &token,
            StatusCode::UNPROCESSABLE_ENTITY,
            Some(error),
        ));
    }
    match visit
        .service
        .set_password_by_link(&token, password, &visit.caller)
        .await
    {
        Ok(()) => Ok(see_other("/sign-in?notice=password-set")),
        Err(Error::Invalid { reason, .. }) => {
            let advice = password_advice(&visit, &reason);
            Ok(show(
                &visit,
                &user,
                &token,
                StatusCode::UNPROCESSABLE_ENTITY,
                Some(advice),
            ))
        }
        Err(Error::NotFound(_)) => Err(used_up(&visit)),
        Err(error) => Err(visit.failed(&error)),
    }
}

async fn find(visit: &Visit, token: &str) -> Result<Option<User>, Page> {
    visit
        .service
        .find_password_link(token)
        .await
        .map_err(|error| visit.failed(&error))
}

fn show(
    visit: &Visit,
    user: &User,
    token: &str,
    status: StatusCode,
    error: Option<String>,
) -> Page {
    let template = SetPassword {
        f: if error.is_none() {
            visit.frame_with_languages()
        } else {
            visit.frame()
        },
        title: user.title(),
        username: &user.name,
        token,
        csrf: &visit.form_token,
        error,
    };
    visit.page(status, &template, &[])
}

fn used_up(visit: &Visit) -> Page {
    let l = visit.locale;
    visit.message(
        StatusCode::NOT_FOUND,
        (
            l.pick("链接已失效", "This link no longer works"),
            l.pick(
                "链接只能使用一次，且有效期有限。请联系管理员获取新的链接。",
                "It works once and for a limited time. Ask your administrator for another one.",
            ),
        ),
        Some(("/sign-in", l.pick("前往登录", "Go to sign-in"))),
    )
}
