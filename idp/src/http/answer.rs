//! Sending an answer to a client's redirect URI.

use std::sync::LazyLock;

use askama::Template;
use axum::http::{HeaderValue, StatusCode, header};
use base64::{Engine as _, engine::general_purpose::STANDARD};

use super::{
    page::{Frame, Page, see_other},
    visit::Visit,
};
use crate::{
    authorize::Answer,
    model::{ResponseMode, append_query, form_action_source},
};

/// The only script there is: it sends the form that the user would send by the button.
const SUBMIT: &str = "document.forms[0].submit()";

static SUBMIT_HASH: LazyLock<String> = LazyLock::new(|| {
    let hash = aws_lc_rs::digest::digest(&aws_lc_rs::digest::SHA256, SUBMIT.as_bytes());
    STANDARD.encode(hash)
});

#[derive(Template)]
#[template(path = "form_post.html")]
struct FormPost<'a> {
    f: Frame,
    action: &'a str,
    fields: &'a [(&'a str, &'a str)],
    script: &'static str,
}

impl Visit {
    /// The response that carries `answer` to its client (RFC 6749 §4.1.2, RFC 9207).
    pub(super) fn answer(&self, answer: &Answer) -> Page {
        let mut fields: Vec<(&str, &str)> = match &answer.outcome {
            Ok(code) => vec![("code", code)],
            Err((code, description)) => {
                vec![("error", code.name()), ("error_description", description)]
            }
        };
        if let Some(state) = &answer.state {
            fields.push(("state", state));
        }
        fields.push(("iss", self.service.issuer()));
        match answer.response_mode {
            ResponseMode::Query => see_other(&append_query(&answer.redirect_uri, &fields)),
            ResponseMode::FormPost => self.form_post(&answer.redirect_uri, &fields),
        }
    }

    fn form_post(&self, action: &str, fields: &[(&str, &str)]) -> Page {
        let template = FormPost {
            f: self.frame(),
            action,
            fields,
            script: SUBMIT,
        };
        let source = form_action_source(action).unwrap_or_default();
        let mut page = self.page(StatusCode::OK, &template, &[]);
        let policy = format!(
            "default-src 'none'; style-src 'self'; img-src 'self'; script-src 'sha256-{}'; form-action {source}; frame-ancestors 'none'; base-uri 'none'",
            *SUBMIT_HASH
        );
        if let Ok(policy) = HeaderValue::from_str(&policy) {
            page.0
                .headers_mut()
                .insert(header::CONTENT_SECURITY_POLICY, policy);
        }
        page
    }
}
