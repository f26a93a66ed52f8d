//! A request's id, the reader's language, the client's address.

use std::{net::IpAddr, time::Instant};

use axum::{
    extract::{DefaultBodyLimit, MatchedPath, Request},
    http::{HeaderMap, HeaderName, HeaderValue, header},
    middleware::Next,
    response::Response,
};
use tracing::Instrument as _;

use super::{MAX_BODY, measure};
use crate::{Actor, Caller, i18n::Locale, random};

static X_REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");

/// Where a connection came from, put among a request's extensions by its listener.
#[derive(Clone, Copy, Debug)]
pub struct ClientAddress(pub Option<IpAddr>);

/// Gives a request its id, a limit for its body, a [`Caller`] who has proved nothing yet (unless the
/// listener knows one), a span for its log lines and its place in the metrics.
pub async fn request_id_layer(mut request: Request, next: Next) -> Response {
    let request_id = random::id();
    let address = request
        .extensions()
        .get::<ClientAddress>()
        .and_then(|address| address.0);
    match request.extensions_mut().get_mut::<Caller>() {
        Some(caller) => caller.request_id.clone_from(&request_id),
        None => {
            request.extensions_mut().insert(Caller {
                actor: Actor::Anonymous,
                request_id: request_id.clone(),
                address,
            });
        }
    }
    // A layer of its own would cost each request another boxed future.
    DefaultBodyLimit::max(MAX_BODY).apply(&mut request);
    let matched = request.extensions().get::<MatchedPath>().cloned();
    let route = matched.as_ref().map_or("unmatched", MatchedPath::as_str);
    let method = method_label(request.method());
    let span = tracing::info_span!("request", request_id, method, route);
    let started = Instant::now();
    let mut response = next.run(request).instrument(span.clone()).await;
    let duration = started.elapsed();
    let status = response.status().as_u16();
    measure::answered(route, method, status, duration.as_secs_f64());
    span.in_scope(|| {
        tracing::debug!(status, duration_ms = duration.as_millis(), "answered");
    });
    if let Ok(value) = HeaderValue::from_str(&request_id) {
        response.headers_mut().insert(X_REQUEST_ID.clone(), value);
    }
    response
}

/// A method's name, from a closed list: strangers must not name metrics.
fn method_label(method: &axum::http::Method) -> &'static str {
    match method.as_str() {
        "GET" => "GET",
        "HEAD" => "HEAD",
        "POST" => "POST",
        "PUT" => "PUT",
        "PATCH" => "PATCH",
        "DELETE" => "DELETE",
        "OPTIONS" => "OPTIONS",
        _ => "other",
    }
}

/// The reader's language by `Accept-Language`.
pub fn locale(headers: &HeaderMap) -> Locale {
    headers
        .get(header::ACCEPT_LANGUAGE)
        .and_then(|value| value.to_str().ok())
        .map(Locale::from_accept_language)
        .unwrap_or_default()
}
