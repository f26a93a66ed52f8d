//! A request's id and the client's address.

use std::{
    net::IpAddr,
    pin::Pin,
    task::{Context, Poll},
    time::Instant,
};

use axum::{
    extract::{DefaultBodyLimit, MatchedPath, Request},
    http::{HeaderName, HeaderValue, header::CACHE_CONTROL},
    response::Response,
};
use crypto::random;
use platform_access::{Actor, Caller};
use tower::{Layer, Service};
use tracing::Instrument as _;

use crate::{MAX_BODY, measure};

static X_REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");

/// Where a connection came from, put among a request's extensions by its listener.
#[derive(Clone, Copy, Debug)]
pub struct ClientAddress(pub Option<IpAddr>);

/// Gives a request its id, a limit for its body, a [`Caller`] who has proved nothing yet (unless the
/// listener knows one), a span for its log lines and its place in the metrics.
#[derive(Clone, Copy, Debug)]
pub struct RequestContextLayer;

/// What [`RequestContextLayer`] makes of a route. A service written out, since every request
/// passes here: `axum::middleware::from_fn` would copy the route for each.
#[derive(Clone, Debug)]
pub struct RequestContext<S>(S);

impl<S> Layer<S> for RequestContextLayer {
    type Service = RequestContext<S>;

    fn layer(&self, route: S) -> RequestContext<S> {
        RequestContext(route)
    }
}

impl<S> Service<Request> for RequestContext<S>
where
    S: Service<Request, Response = Response>,
    S::Future: Send + 'static,
{
    type Response = Response;
    type Error = S::Error;
    type Future = Pin<Box<dyn Future<Output = Result<Response, S::Error>> + Send>>;

    fn poll_ready(&mut self, context: &mut Context<'_>) -> Poll<Result<(), S::Error>> {
        self.0.poll_ready(context)
    }

    fn call(&mut self, mut request: Request) -> Self::Future {
        let request_id = random::id();
        attach_caller(&mut request, &request_id);
        let matched = request.extensions().get::<MatchedPath>().cloned();
        let method = method_label(request.method());
        let span = tracing::info_span!("request", request_id, method, route = name_of(&matched));
        let started = Instant::now();
        let answer = span.in_scope(|| self.0.call(request));
        Box::pin(async move {
            let mut response = answer.instrument(span.clone()).await?;
            let duration = started.elapsed();
            let status = response.status().as_u16();
            measure::answered(name_of(&matched), method, status, duration.as_secs_f64());
            span.in_scope(|| {
                tracing::debug!(status, duration_ms = duration.as_millis(), "answered");
            });
            let headers = response.headers_mut();
            if let Ok(value) = HeaderValue::try_from(request_id) {
                headers.insert(X_REQUEST_ID.clone(), value);
            }
            // Who does not say that an answer may be stored, may be telling secrets.
            headers
                .entry(CACHE_CONTROL)
                .or_insert(HeaderValue::from_static("no-store"));
            Ok(response)
        })
    }
}

/// A route's name: its pattern, of which there are few.
fn name_of(matched: &Option<MatchedPath>) -> &str {
    matched.as_ref().map_or("unmatched", MatchedPath::as_str)
}

/// Puts the caller and the limit of the body among the request's extensions.
fn attach_caller(request: &mut Request, request_id: &str) {
    let address = request
        .extensions()
        .get::<ClientAddress>()
        .and_then(|address| address.0);
    match request.extensions_mut().get_mut::<Caller>() {
        Some(caller) => request_id.clone_into(&mut caller.request_id),
        None => {
            request.extensions_mut().insert(Caller {
                actor: Actor::Anonymous,
                request_id: request_id.to_owned(),
                address,
            });
        }
    }
    // A layer of its own would cost each request another boxed future.
    DefaultBodyLimit::max(MAX_BODY).apply(request);
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
