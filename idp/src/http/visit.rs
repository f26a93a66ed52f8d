//! A browser's request: who comes, in which language, with which cookies.

use axum::{
    body::Body,
    extract::FromRequestParts,
    http::{HeaderMap, header, request::Parts},
};
use crypto::random;
use platform::{Actor, Caller, i18n::Locale, web};
use subtle::ConstantTimeEq as _;

use super::{cookie, form, page::Page};
use crate::{
    Error, Service, Session,
    params::{Params, ParamsError},
};

const MAX_USER_AGENT: usize = 200;

/// What is known of a browser's request before anything is decided.
pub(super) struct Visit {
    pub(super) service: Service,
    pub(super) caller: Caller,
    pub(super) locale: Locale,
    pub(super) query: Result<Params, ParamsError>,
    pub(super) path: String,
    /// Where the reader chose a language with this request.
    pub(super) chosen_locale: Option<Locale>,
    /// What this browser's forms must carry (a double-submitted cookie).
    pub(super) form_token: String,
    pub(super) form_token_is_new: bool,
    pub(super) session_token: Option<String>,
    pub(super) user_agent: Option<String>,
    headers: HeaderMap,
}

impl FromRequestParts<Service> for Visit {
    type Rejection = std::convert::Infallible;

    async fn from_request_parts(
        parts: &mut Parts,
        service: &Service,
    ) -> Result<Self, Self::Rejection> {
        let headers = parts.headers.clone();
        let query = Params::parse(parts.uri.query().unwrap_or_default().as_bytes());
        let chosen_locale = query
            .as_ref()
            .ok()
            .and_then(|query| query.get("ui_locales"))
            .and_then(ui_locale);
        let kept_locale =
            cookie::read(&headers, cookie::LANGUAGE).and_then(|value| ui_locale(&value));
        let kept_token = cookie::read(&headers, cookie::FORM).filter(|token| token.len() == 43);
        Ok(Self {
            service: service.clone(),
            caller: caller(parts),
            locale: chosen_locale
                .or(kept_locale)
                .unwrap_or_else(|| web::locale(&headers)),
            chosen_locale,
            query,
            path: parts.uri.path().to_owned(),
            form_token_is_new: kept_token.is_none(),
            form_token: kept_token.unwrap_or_else(random::token),
            session_token: cookie::read(&headers, cookie::SESSION),
            user_agent: headers
                .get(header::USER_AGENT)
                .and_then(|value| value.to_str().ok())
                .map(|value| value.chars().take(MAX_USER_AGENT).collect()),
            headers,
        })
    }
}

impl Visit {
    /// The browser's session, while it is good.
    pub(super) async fn session(&self) -> Result<Option<Session>, Error> {
        match &self.session_token {
            Some(token) => self.service.find_session(token).await,
            None => Ok(None),
        }
    }

    /// The query's parameters, or the page that says what is wrong with them.
    pub(super) fn query(&self) -> Result<&Params, Page> {
        self.query.as_ref().map_err(|error| self.bad_request(error))
    }

    /// The form that came, whoever sent it.
    pub(super) async fn foreign_form(&self, body: Body) -> Result<Params, Page> {
        form::read(&self.headers, body)
            .await
            .map_err(|error| self.error_page(error.status(), &error.to_string()))
    }

    /// A form of one of our own pages, in this browser.
    pub(super) async fn own_form(&self, body: Body) -> Result<Params, Page> {
        let form = self.foreign_form(body).await?;
        if self.is_own(&form) {
            Ok(form)
        } else {
            Err(self.stale_form())
        }
    }

    /// Whether a form came from a page that we showed this browser.
    pub(super) fn is_own(&self, form: &Params) -> bool {
        let sent = form.get("csrf").unwrap_or_default();
        !self.form_token_is_new && bool::from(sent.as_bytes().ct_eq(self.form_token.as_bytes()))
    }
}

/// Who asks, as far as the listener knows.
pub(super) fn caller(parts: &Parts) -> Caller {
    parts
        .extensions
        .get::<Caller>()
        .cloned()
        .unwrap_or_else(|| Caller {
            actor: Actor::Anonymous,
            request_id: random::id(),
            address: parts
                .extensions
                .get::<web::ClientAddress>()
                .and_then(|address| address.0),
        })
}

/// The first language of `ui_locales` (OpenID Connect Core §3.1.2.1) that pages are written in.
fn ui_locale(list: &str) -> Option<Locale> {
    list.split(' ')
        .take(8)
        .find_map(|tag| match tag.split('-').next() {
            Some("zh") => Some(Locale::Zh),
            Some("en") => Some(Locale::En),
            _ => None,
        })
}
