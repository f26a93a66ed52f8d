//! Pages: templates, and the headers that keep them safe.

use askama::Template;
use axum::{
    body::Body,
    http::{HeaderValue, StatusCode, header},
    response::{IntoResponse, Response},
};
use platform::{i18n::Locale, web::no_cache};

use super::{assets, cookie, visit::Visit};
use crate::{Error, OAuthCode};

const RETRY_AFTER_SECONDS: u64 = 2;

/// What every template needs.
#[derive(Debug)]
pub(super) struct Frame {
    locale: Locale,
    /// The same page in the other language, where it can be had by its address.
    pub(super) other_language: Option<String>,
}

/// An answer for a browser.
#[derive(Debug)]
pub(super) struct Page(pub(super) Box<Response>);

#[derive(Template)]
#[template(path = "message.html")]
struct MessagePage {
    f: Frame,
    good: bool,
    title: &'static str,
    text: &'static str,
    detail: Option<String>,
    request_id: Option<String>,
    link: Option<(&'static str, &'static str)>,
}

impl Frame {
    /// One of two texts.
    pub(super) fn t<'a>(&self, zh: &'a str, en: &'a str) -> &'a str {
        self.locale.pick(zh, en)
    }

    pub(super) fn lang(&self) -> &'static str {
        self.locale.tag()
    }

    pub(super) fn css(&self) -> &'static str {
        assets::css_path()
    }

    pub(super) fn mark(&self) -> &'static str {
        assets::mark_path()
    }
}

impl IntoResponse for Page {
    fn into_response(self) -> Response {
        *self.0
    }
}

impl Visit {
    pub(super) fn frame(&self) -> Frame {
        Frame {
            locale: self.locale,
            other_language: None,
        }
    }

    /// A frame for a page that the same GET shows again in the other language.
    pub(super) fn frame_with_languages(&self) -> Frame {
        let other = match self.locale {
            Locale::Zh => "en",
            Locale::En => "zh-CN",
        };
        let query = self
            .query
            .clone()
            .unwrap_or_default()
            .with("ui_locales", other);
        Frame {
            locale: self.locale,
            other_language: Some(format!("{}?{}", self.path, query.to_query())),
        }
    }

    /// A page; `form_action` are sources beside our own that its forms may lead to.
    pub(super) fn page(
        &self,
        status: StatusCode,
        template: &impl Template,
        form_action: &[String],
    ) -> Page {
        let html = match template.render() {
            Ok(html) => html,
            Err(error) => {
                tracing::error!(%error, "a page was not rendered");
                return Page(Box::new(StatusCode::INTERNAL_SERVER_ERROR.into_response()));
            }
        };
        let mut response = Response::new(Body::from(html));
        *response.status_mut() = status;
        let mut sources: Vec<&str> = form_action.iter().map(String::as_str).collect();
        sources.sort_unstable();
        sources.dedup();
        let policy = format!(
            "default-src 'none'; style-src 'self'; img-src 'self'; form-action 'self' {}; frame-ancestors 'none'; base-uri 'none'",
            sources.join(" ")
        );
        protect(&mut response, &policy);
        let headers = response.headers_mut();
        if self.form_token_is_new {
            cookie::set(headers, cookie::FORM, &self.form_token);
        }
        if let Some(locale) = self.chosen_locale {
            cookie::set(headers, cookie::LANGUAGE, locale.tag());
        }
        Page(Box::new(response))
    }

    /// A page that says one thing.
    pub(super) fn message(
        &self,
        status: StatusCode,
        (title, text): (&'static str, &'static str),
        link: Option<(&'static str, &'static str)>,
    ) -> Page {
        let page = MessagePage {
            f: self.frame(),
            good: status.is_success(),
            title,
            text,
            detail: None,
            request_id: None,
            link,
        };
        self.page(status, &page, &[])
    }

    /// A page that tells of an error; `detail` is for who reports it.
    pub(super) fn error_page(&self, status: StatusCode, detail: &str) -> Page {
        let l = self.locale;
        let (title, text) = match status {
            StatusCode::SERVICE_UNAVAILABLE => (
                l.pick("服务暂时不可用", "Not available right now"),
                l.pick("请稍后再试，一般几秒钟即可恢复。", "Please try again in a few seconds."),
            ),
            status if status.is_server_error() => (
                l.pick("出了点问题", "Something went wrong"),
                l.pick("问题已记入日志，请稍后再试或联系管理员。", "It was logged. Try again later, or tell your administrator."),
            ),
            _ => (
                l.pick("无法处理此请求", "This request cannot be handled"),
                l.pick(
                    "链接或应用的配置可能有误。请返回应用重试；如仍出现，请联系管理员。",
                    "The link or the application’s settings may be wrong. Go back and try again; if it stays, tell your administrator.",
                ),
            ),
        };
        let page = MessagePage {
            f: self.frame(),
            good: false,
            title,
            text,
            detail: Some(detail.to_owned()),
            request_id: Some(self.caller.request_id.clone()),
            link: None,
        };
        let mut page = self.page(status, &page, &[]);
        if status == StatusCode::SERVICE_UNAVAILABLE {
            page.0
                .headers_mut()
                .insert(header::RETRY_AFTER, HeaderValue::from(RETRY_AFTER_SECONDS));
        }
        page
    }

    pub(super) fn bad_request(&self, error: &dyn std::fmt::Display) -> Page {
        self.error_page(StatusCode::BAD_REQUEST, &error.to_string())
    }

    /// A form that lay too long, or came from elsewhere.
    pub(super) fn stale_form(&self) -> Page {
        let l = self.locale;
        self.message(
            StatusCode::FORBIDDEN,
            (
                l.pick("页面已过期", "This page is out of date"),
                l.pick(
                    "请返回上一页，刷新后重试，并确认浏览器允许 Cookie。",
                    "Go back, reload and try again. Your browser must accept cookies.",
                ),
            ),
            Some(("/account", l.pick("前往我的账户", "Go to my account"))),
        )
    }

    /// The page for an operation that failed.
    pub(super) fn failed(&self, error: &Error) -> Page {
        match error {
            Error::Store(error) if error.is_transient() => {
                tracing::error!(%error, "the database does not serve");
                self.error_page(StatusCode::SERVICE_UNAVAILABLE, "temporarily_unavailable")
            }
            Error::Key(error) if error.is_transient() => {
                tracing::error!(%error, "a key does not serve");
                self.error_page(StatusCode::SERVICE_UNAVAILABLE, "temporarily_unavailable")
            }
            Error::Busy => {
                self.error_page(StatusCode::SERVICE_UNAVAILABLE, "temporarily_unavailable")
            }
            Error::OAuth { code, description } => self.oauth_page(*code, description),
            Error::Invalid { .. } => self.bad_request(error),
            error => {
                tracing::error!(%error, "a request failed");
                self.error_page(StatusCode::INTERNAL_SERVER_ERROR, "server_error")
            }
        }
    }

    pub(super) fn oauth_page(&self, code: OAuthCode, description: &str) -> Page {
        self.error_page(
            StatusCode::BAD_REQUEST,
            &format!("{}: {description}", code.name()),
        )
    }
}

/// Headers of every page.
pub(super) fn protect(response: &mut Response, policy: &str) {
    let headers = response.headers_mut();
    no_cache(headers);
    headers.insert(
        header::CONTENT_TYPE,
        HeaderValue::from_static("text/html; charset=utf-8"),
    );
    if let Ok(policy) = HeaderValue::from_str(policy) {
        headers.insert(header::CONTENT_SECURITY_POLICY, policy);
    }
    for (name, value) in [
        (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
        (header::REFERRER_POLICY, "no-referrer"),
        (header::X_FRAME_OPTIONS, "DENY"),
    ] {
        headers.insert(name, HeaderValue::from_static(value));
    }
    headers.insert(
        header::VARY,
        HeaderValue::from_static("accept-language, cookie"),
    );
}

/// 303: go there with GET (RFC 9110 §15.4.4).
pub(super) fn see_other(location: &str) -> Page {
    let mut response = StatusCode::SEE_OTHER.into_response();
    let headers = response.headers_mut();
    no_cache(headers);
    headers.insert(
        header::REFERRER_POLICY,
        HeaderValue::from_static("no-referrer"),
    );
    match HeaderValue::from_str(location) {
        Ok(location) => {
            headers.insert(header::LOCATION, location);
            Page(Box::new(response))
        }
        // Redirect URIs are printable ASCII since their registration.
        Err(_) => Page(Box::new(StatusCode::INTERNAL_SERVER_ERROR.into_response())),
    }
}
