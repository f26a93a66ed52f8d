//! A browser that visits the identity provider.

use std::{collections::BTreeMap, net::IpAddr};

use axum::{
    Router,
    body::Body,
    http::{Method, Request, StatusCode, header},
};
use platform_web::ClientAddress;

use crate::{
    answer::{Answer, send},
    test_idp::TestIdp,
};

/// A browser with its cookies.
pub struct Browser {
    router: Router,
    cookies: BTreeMap<String, String>,
    pub address: IpAddr,
    pub language: &'static str,
}

impl Browser {
    pub fn new(router: Router) -> Self {
        Self {
            router,
            cookies: BTreeMap::new(),
            address: [192, 0, 2, 7].into(),
            language: "en",
        }
    }

    pub async fn get(&mut self, path: &str) -> Answer {
        self.go(Method::GET, path, None).await
    }

    pub async fn post(&mut self, path: &str, form: &[(&str, &str)]) -> Answer {
        self.go(Method::POST, path, Some(encode(form))).await
    }

    /// Sends a form of ours with the hidden field that its page has.
    pub async fn submit(&mut self, path: &str, page: &Answer, form: &[(&str, &str)]) -> Answer {
        let csrf = page.field("csrf");
        let mut form = form.to_vec();
        form.push(("csrf", &csrf));
        self.post(path, &form).await
    }

    /// Signs in at the page that `path` leads to; the answer to the form.
    pub async fn sign_in(&mut self, path: &str, name: &str, password: &str) -> Answer {
        let mut page = self.follow(path).await;
        assert_eq!(page.status, StatusCode::OK, "{}", page.body);
        if !page.body.contains("autocomplete=\"current-password\"")
            || page.body.contains("/account/password")
        {
            // Somebody is signed in here.
            page = self.get("/sign-in?another=1").await;
        }
        let request = page.field("request");
        self.submit(
            "/sign-in",
            &page,
            &[
                ("username", name),
                ("password", password),
                ("request", &request),
            ],
        )
        .await
    }

    /// The same browser, led to another node.
    pub fn at(&mut self, idp: &TestIdp) -> &mut Self {
        self.router = idp.router();
        self
    }

    /// GETs and follows redirects as long as they stay here.
    pub async fn follow(&mut self, path: &str) -> Answer {
        let mut answer = self.get(path).await;
        for _ in 0..5 {
            match answer.headers.get(header::LOCATION) {
                Some(location) if location.to_str().unwrap().starts_with('/') => {
                    let location = location.to_str().unwrap().to_owned();
                    answer = self.get(&location).await;
                }
                _ => break,
            }
        }
        answer
    }

    pub fn cookie(&self, name: &str) -> Option<&str> {
        self.cookies.get(name).map(String::as_str)
    }

    pub fn set_cookie(&mut self, name: &str, value: &str) {
        self.cookies.insert(name.to_owned(), value.to_owned());
    }

    async fn go(&mut self, method: Method, path: &str, form: Option<String>) -> Answer {
        let cookies: Vec<_> = self
            .cookies
            .iter()
            .map(|(name, value)| format!("{name}={value}"))
            .collect();
        let mut request = Request::builder()
            .method(method)
            .uri(path)
            .header(header::ACCEPT_LANGUAGE, self.language)
            .header(header::COOKIE, cookies.join("; "));
        if form.is_some() {
            request = request.header(header::CONTENT_TYPE, "application/x-www-form-urlencoded");
        }
        let mut request = request.body(Body::from(form.unwrap_or_default())).unwrap();
        request
            .extensions_mut()
            .insert(ClientAddress(Some(self.address)));
        let answer = send(&self.router, request).await;
        for cookie in answer.headers.get_all(header::SET_COOKIE) {
            let cookie = cookie.to_str().unwrap();
            let (pair, attributes) = cookie.split_once(';').unwrap();
            assert!(pair.starts_with("__Host-"), "{cookie}");
            for attribute in ["Path=/", "Secure", "HttpOnly", "SameSite=Lax"] {
                assert!(attributes.contains(attribute), "{cookie}");
            }
            let (name, value) = pair.split_once('=').unwrap();
            if value.is_empty() {
                self.cookies.remove(name);
            } else {
                self.set_cookie(name, value);
            }
        }
        answer
    }
}

pub fn encode(pairs: &[(&str, &str)]) -> String {
    url::form_urlencoded::Serializer::new(String::new())
        .extend_pairs(pairs)
        .finish()
}
