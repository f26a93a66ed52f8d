//! Sending an authorization response to a client's redirect URI (RFC 6749 §4.1.2, RFC 9207).

use std::sync::LazyLock;

use askama::Template;
use axum::http::StatusCode;
use base64::{Engine as _, engine::general_purpose::STANDARD};
use crypto::Digest;
use oauth::{AnswerMode, RequestError, ResponseMode, append_query, form_action_source};
use platform_pages::{BrowserRequest, Layout, Page, see_other};

use super::oauth_error::printable;
use crate::Oidc;

/// The only script there is: it sends the form that the user would send by the button.
const SUBMIT: &str = "document.forms[0].submit()";

static SUBMIT_HASH: LazyLock<String> =
    LazyLock::new(|| STANDARD.encode(Digest::Sha256.hash(SUBMIT.as_bytes())));

#[derive(Template)]
#[template(path = "form_post.html")]
struct FormPostTemplate<'a> {
    l: Layout,
    action: &'a str,
    fields: &'a [(&'a str, &'a str)],
    script: &'static str,
}

/// The response with a code.
pub(super) fn code(oidc: &Oidc, browser: &BrowserRequest, answer: &AnswerMode, code: &str) -> Page {
    send(oidc, browser, answer, vec![("code", code)])
}

/// The response with an error.
pub(super) fn error(oidc: &Oidc, browser: &BrowserRequest, error: &RequestError) -> Page {
    let description = printable(&error.description);
    let fields = vec![
        ("error", error.code.name()),
        ("error_description", description.as_str()),
    ];
    send(oidc, browser, &error.answer, fields)
}

fn send<'a>(
    oidc: &'a Oidc,
    browser: &BrowserRequest,
    answer: &'a AnswerMode,
    mut fields: Vec<(&'a str, &'a str)>,
) -> Page {
    if let Some(state) = &answer.state {
        fields.push(("state", state));
    }
    fields.push(("iss", &oidc.0.config.issuer));
    match answer.response_mode {
        ResponseMode::Query => see_other(&append_query(&answer.redirect_uri, &fields)),
        ResponseMode::FormPost => form_post(browser, &answer.redirect_uri, &fields),
    }
}

fn form_post(browser: &BrowserRequest, action: &str, fields: &[(&str, &str)]) -> Page {
    let template = FormPostTemplate {
        l: browser.layout(),
        action,
        fields,
        script: SUBMIT,
    };
    let source = form_action_source(action).unwrap_or_default();
    let policy = format!(
        "default-src 'none'; style-src 'self'; img-src 'self'; script-src 'sha256-{}'; form-action {source}; frame-ancestors 'none'; base-uri 'none'",
        *SUBMIT_HASH
    );
    browser.page_with_policy(StatusCode::OK, &template, &policy)
}
