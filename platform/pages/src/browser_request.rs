//! A browser's request: who sent it, in which language, with which cookies.

use askama::Template;
use axum::{
    body::Body,
    extract::FromRequestParts,
    http::{HeaderMap, HeaderValue, Method, StatusCode, header, request::Parts},
};
use crypto::random;
use oauth::{Params, ParamsError, append_query};
use platform_access::{Actor, Caller};
use platform_web::{ClientAddress, RETRY_AFTER_SECONDS};
use subtle::ConstantTimeEq as _;

use crate::{
    Branding, Layout, Locale, Page, Texts, cookie,
    form::{read_form, read_form_leniently},
    message::{Failure, Link, MessagePage},
    page::{render, see_other},
};

const MAX_USER_AGENT: usize = 200;

/// What is known of a browser's request before anything is decided.
pub struct BrowserRequest {
    /// Who sends it, as far as the listener knows: an anonymous caller with an address.
    pub caller: Caller,
    /// Texts in the reader's language.
    pub texts: Texts,
    /// What this browser's forms must carry in `csrf` (a double-submitted cookie).
    pub form_token: String,
    /// What the browser calls itself.
    pub user_agent: Option<String>,
    form_token_is_new: bool,
    /// The language that the reader chose with this very request.
    chosen_locale: Option<Locale>,
    query: Params,
    query_fault: Option<ParamsError>,
    path: String,
    is_get: bool,
    branding: Branding,
    headers: HeaderMap,
}

impl<S: Sync> FromRequestParts<S> for BrowserRequest {
    type Rejection = std::convert::Infallible;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Self::Rejection> {
        let headers = parts.headers.clone();
        let query = parts.uri.query().unwrap_or_default();
        let (query, query_fault) = Params::parse_leniently(query.as_bytes());
        let chosen_locale = query.get("ui_locales").and_then(first_locale);
        let stored_locale =
            cookie::read(&headers, cookie::LANGUAGE).and_then(|tag| Locale::from_tag(&tag));
        let stored_token = cookie::read(&headers, cookie::FORM).filter(|token| token.len() == 43);
        Ok(Self {
            caller: caller(parts),
            texts: Texts::of(
                chosen_locale
                    .or(stored_locale)
                    .unwrap_or_else(|| Locale::of_request(&headers)),
            ),
            chosen_locale,
            query,
            query_fault,
            path: parts.uri.path().to_owned(),
            is_get: matches!(parts.method, Method::GET | Method::HEAD),
            branding: parts.extensions.get().cloned().unwrap_or_default(),
            form_token_is_new: stored_token.is_none(),
            form_token: stored_token.unwrap_or_else(random::token),
            user_agent: headers
                .get(header::USER_AGENT)
                .and_then(|value| value.to_str().ok())
                .map(|value| value.chars().take(MAX_USER_AGENT).collect()),
            headers,
        })
    }
}

impl BrowserRequest {
    /// The query's parameters.
    ///
    /// # Errors
    /// The page that says what is wrong with them.
    pub fn query(&self) -> Result<&Params, Page> {
        match &self.query_fault {
            None => Ok(&self.query),
            Some(fault) => Err(self.bad_request(&fault.to_string())),
        }
    }

    /// What is certain of the query's parameters, and what is wrong with them
    /// ([`Params::parse_leniently`]).
    pub fn query_leniently(&self) -> (&Params, Option<&ParamsError>) {
        (&self.query, self.query_fault.as_ref())
    }

    /// The value of a cookie.
    pub fn cookie(&self, name: &str) -> Option<String> {
        cookie::read(&self.headers, name)
    }

    /// A form from any page, our own or another site's.
    ///
    /// # Errors
    /// The page that says what is wrong with it.
    pub async fn unverified_form(&self, body: Body) -> Result<Params, Page> {
        read_form(&self.headers, body)
            .await
            .map_err(|error| self.error_page(error.status(), &error.to_string()))
    }

    /// As [`Self::unverified_form`], with what is certain of parameters that are faulty.
    ///
    /// # Errors
    /// The page that says why the body is no form.
    pub async fn unverified_form_leniently(
        &self,
        body: Body,
    ) -> Result<(Params, Option<ParamsError>), Page> {
        read_form_leniently(&self.headers, body)
            .await
            .map_err(|error| self.error_page(error.status(), &error.to_string()))
    }

    /// A form from a page that we showed this browser.
    ///
    /// # Errors
    /// The page that asks the user to reload, or says what is wrong with the form.
    pub async fn csrf_checked_form(&self, body: Body) -> Result<Params, Page> {
        let form = self.unverified_form(body).await?;
        if self.is_csrf_checked(&form) {
            Ok(form)
        } else {
            Err(self.expired_page())
        }
    }

    /// Whether a form came from a page that we showed this browser.
    pub fn is_csrf_checked(&self, form: &Params) -> bool {
        let sent = form.get("csrf").unwrap_or_default();
        !self.form_token_is_new && bool::from(sent.as_bytes().ct_eq(self.form_token.as_bytes()))
    }

    /// The layout of a page: the language is switched where the same GET shows it again, or
    /// else at the account page.
    pub fn layout(&self) -> Layout {
        if !self.is_get || !is_path_here(&self.path) {
            return self.layout_at("/account");
        }
        let query = self.query.clone();
        let query = query.with("ui_locales", self.other_locale());
        self.layout_switched_at(format!("{}?{}", self.path, query.to_query()))
    }

    /// The layout of a page that a GET of `path`, which may have a query, shows again.
    pub fn layout_at(&self, path: &str) -> Layout {
        self.layout_switched_at(append_query(path, &[("ui_locales", self.other_locale())]))
    }

    fn layout_switched_at(&self, address: String) -> Layout {
        Layout::new(self.texts, self.branding.clone(), address)
    }

    fn other_locale(&self) -> &'static str {
        self.texts.locale().other().tag()
    }
}

impl BrowserRequest {
    /// Renders a page. `form_action` lists sources besides our own that a redirect
    /// after its form may lead to (CSP 3 §6.4.1).
    pub fn page(
        &self,
        status: StatusCode,
        template: &impl Template,
        form_action: &[String],
    ) -> Page {
        let mut sources: Vec<&str> = form_action.iter().map(String::as_str).collect();
        sources.sort_unstable();
        sources.dedup();
        let policy = format!(
            "default-src 'none'; style-src 'self'; img-src 'self'; form-action 'self' {}; frame-ancestors 'none'; base-uri 'none'",
            sources.join(" ")
        );
        self.page_with_policy(status, template, &policy)
    }

    /// Renders a page with a Content-Security-Policy of its own.
    pub fn page_with_policy(
        &self,
        status: StatusCode,
        template: &impl Template,
        policy: &str,
    ) -> Page {
        let mut page = render(status, template, policy);
        let headers = page.headers_mut();
        if self.form_token_is_new {
            cookie::set(headers, cookie::FORM, &self.form_token);
        }
        if let Some(locale) = self.chosen_locale {
            cookie::set(headers, cookie::LANGUAGE, locale.tag());
        }
        page
    }

    /// 303 to a page of this server, which keeps the language that the reader chose.
    pub fn see_other(&self, location: &str) -> Page {
        let mut page = see_other(location);
        if let Some(locale) = self.chosen_locale {
            cookie::set(page.headers_mut(), cookie::LANGUAGE, locale.tag());
        }
        page
    }

    /// A page with a title and a text, given by their identifiers.
    pub fn message(
        &self,
        status: StatusCode,
        title: &'static str,
        text: &'static str,
        link: Option<Link>,
    ) -> Page {
        let page = MessagePage {
            l: self.layout(),
            good: status.is_success(),
            title,
            text,
            detail: None,
            request_id: None,
            link,
        };
        self.page(status, &page, &[])
    }

    /// An error page; `detail` is for whoever reports it.
    pub fn error_page(&self, status: StatusCode, detail: &str) -> Page {
        let (title, text) = match status {
            StatusCode::SERVICE_UNAVAILABLE => {
                ("error-unavailable-title", "error-unavailable-text")
            }
            status if status.is_server_error() => ("error-internal-title", "error-internal-text"),
            _ => ("error-request-title", "error-request-text"),
        };
        let mut page = self.report(status, title, text, detail);
        if status == StatusCode::SERVICE_UNAVAILABLE {
            page.headers_mut()
                .insert(header::RETRY_AFTER, HeaderValue::from(RETRY_AFTER_SECONDS));
        }
        page
    }

    /// A message about an error that somebody else must correct, with what to report to them.
    pub fn report(
        &self,
        status: StatusCode,
        title: &'static str,
        text: &'static str,
        detail: &str,
    ) -> Page {
        let page = MessagePage {
            l: self.layout(),
            good: false,
            title,
            text,
            detail: Some(detail.to_owned()),
            request_id: Some(self.caller.request_id.clone()),
            link: Some(Link::to_account()),
        };
        self.page(status, &page, &[])
    }

    /// The page for a request that cannot be understood.
    pub fn bad_request(&self, detail: &str) -> Page {
        self.error_page(StatusCode::BAD_REQUEST, detail)
    }

    /// The page for an operation that failed.
    pub fn failed(&self, failure: impl Into<Failure>) -> Page {
        match failure.into() {
            Failure::Unavailable => {
                self.error_page(StatusCode::SERVICE_UNAVAILABLE, "temporarily_unavailable")
            }
            Failure::BadRequest(detail) => self.bad_request(&detail),
            Failure::Internal => self.error_page(StatusCode::INTERNAL_SERVER_ERROR, "server_error"),
        }
    }

    /// A form that was too old, or came from another site.
    pub fn expired_page(&self) -> Page {
        self.message(
            StatusCode::FORBIDDEN,
            "page-expired-title",
            "page-expired-text",
            Some(Link::to_account()),
        )
    }
}

/// Who sent a request, as far as the listener knows.
pub fn caller(parts: &Parts) -> Caller {
    let extensions = &parts.extensions;
    extensions
        .get::<Caller>()
        .cloned()
        .unwrap_or_else(|| Caller {
            actor: Actor::Anonymous,
            request_id: random::id(),
            address: extensions
                .get::<ClientAddress>()
                .and_then(|address| address.0),
        })
}

/// Whether a link to `path` leads to this server: two slashes, of either kind, are followed by
/// a host (WHATWG URL §4.4, "relative slash state").
fn is_path_here(path: &str) -> bool {
    path.strip_prefix('/')
        .is_some_and(|rest| !rest.starts_with(['/', '\\']))
}

/// The first language of `ui_locales` that pages are written in (OpenID Connect Core §3.1.2.1).
fn first_locale(list: &str) -> Option<Locale> {
    list.split(' ').take(8).find_map(Locale::from_tag)
}
