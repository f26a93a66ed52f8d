//! Which pages may read what a client's endpoints answer (Fetch §3.3, CORS).
//!
//! An application in a browser calls the token, userinfo and revocation endpoints from the
//! origin of one of its redirect URIs. No cookie counts at these endpoints, so what is allowed
//! here is reading an answer, for which a page needs the code or the token anyway.

use std::sync::{Arc, OnceLock};

use axum::{
    extract::{Request, State},
    http::{HeaderMap, HeaderValue, Method, StatusCode, header},
    middleware::Next,
    response::{IntoResponse as _, Response},
};

use crate::{Client, Oidc, store};

/// For how long a browser may remember a preflight's answer, in seconds.
const PREFLIGHT_MAX_AGE: &str = "600";

/// Where a handler says which client a request is of, once it knows; among the extensions of
/// a request that comes from a page.
#[derive(Clone, Debug, Default)]
pub(super) struct ClientOfRequest(Arc<OnceLock<Arc<Client>>>);

impl ClientOfRequest {
    pub(super) fn set(&self, client: &Arc<Client>) {
        // A request is of one client, so a second value would be the same.
        let _ = self.0.set(Arc::clone(client));
    }
}

/// Answers preflights, and lets pages of the request's client read the answer.
pub(super) async fn allow_origins(
    State(oidc): State<Oidc>,
    mut request: Request,
    next: Next,
) -> Response {
    let Some(origin) = request.headers().get(header::ORIGIN).cloned() else {
        return next.run(request).await;
    };
    let client = ClientOfRequest::default();
    let mut response = if is_preflight(&request) {
        preflight("GET, POST", "Authorization, Content-Type")
    } else {
        request.extensions_mut().insert(client.clone());
        next.run(request).await
    };
    let headers = response.headers_mut();
    if is_allowed(&oidc, &client, &origin).await {
        headers.insert(header::ACCESS_CONTROL_ALLOW_ORIGIN, origin);
        headers.insert(
            header::ACCESS_CONTROL_EXPOSE_HEADERS,
            HeaderValue::from_static("WWW-Authenticate, Retry-After"),
        );
    } else {
        remove_permissions(headers);
    }
    headers.append(header::VARY, HeaderValue::from_static("Origin"));
    response
}

/// OPTIONS that is no preflight.
pub(super) async fn not_a_preflight() -> Response {
    let allow = [(header::ALLOW, "GET, POST")];
    (StatusCode::METHOD_NOT_ALLOWED, allow).into_response()
}

/// The answer to a preflight for what every page may read.
pub(super) async fn public_preflight() -> Response {
    let mut response = preflight("GET", "*");
    response.headers_mut().insert(
        header::ACCESS_CONTROL_ALLOW_ORIGIN,
        HeaderValue::from_static("*"),
    );
    response
}

/// Whether pages of `origin` are the client's. While the client is not known, as in a
/// preflight or where it could not authenticate, any client's will do: their page must be
/// able to read the error.
async fn is_allowed(oidc: &Oidc, client: &ClientOfRequest, origin: &HeaderValue) -> bool {
    let Ok(origin) = origin.to_str() else {
        return false;
    };
    if let Some(client) = client.0.get() {
        return client.has_origin(origin);
    }
    match store::clients::is_origin(&oidc.0.store, origin).await {
        Ok(known) => known,
        Err(error) => {
            tracing::warn!(%error, "whether an origin is a client's could not be read");
            false
        }
    }
}

fn is_preflight(request: &Request) -> bool {
    let asked = header::ACCESS_CONTROL_REQUEST_METHOD;
    request.method() == Method::OPTIONS && request.headers().contains_key(asked)
}

fn preflight(methods: &'static str, headers: &'static str) -> Response {
    let headers = [
        (header::ACCESS_CONTROL_ALLOW_METHODS, methods),
        (header::ACCESS_CONTROL_ALLOW_HEADERS, headers),
        (header::ACCESS_CONTROL_MAX_AGE, PREFLIGHT_MAX_AGE),
    ];
    (StatusCode::NO_CONTENT, headers).into_response()
}

fn remove_permissions(headers: &mut HeaderMap) {
    for name in [
        header::ACCESS_CONTROL_ALLOW_METHODS,
        header::ACCESS_CONTROL_ALLOW_HEADERS,
        header::ACCESS_CONTROL_MAX_AGE,
    ] {
        headers.remove(name);
    }
}
