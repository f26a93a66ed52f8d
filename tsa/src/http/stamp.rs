//! Time-stamps over HTTP (RFC 3161 §3.4).

use axum::{
    Extension,
    body::Body,
    extract::{Path, State},
    http::{
        HeaderMap, HeaderValue, StatusCode,
        header::{CACHE_CONTROL, CONTENT_TYPE, RETRY_AFTER},
    },
    response::{IntoResponse, Response},
};
use pki::tsp::{FailureInfo, MAX_LENGTH, Rejection, TimeStampReq, rejection};
use platform::{
    Caller,
    web::{Problem, body_limit},
};

use crate::{DEFAULT_UNIT, Error, Service, stamp};

const QUERY: &[u8] = b"application/timestamp-query";
const REPLY: HeaderValue = HeaderValue::from_static("application/timestamp-reply");

/// `/tsa`.
pub(super) async fn by_default_unit(
    State(service): State<Service>,
    Extension(caller): Extension<Caller>,
    headers: HeaderMap,
    body: Body,
) -> Response {
    respond(&service, &caller, DEFAULT_UNIT, &headers, body).await
}

/// `/tsa/UNIT`.
pub(super) async fn by_unit(
    State(service): State<Service>,
    Extension(caller): Extension<Caller>,
    Path(unit): Path<String>,
    headers: HeaderMap,
    body: Body,
) -> Response {
    respond(&service, &caller, &unit, &headers, body).await
}

async fn respond(
    service: &Service,
    caller: &Caller,
    unit: &str,
    headers: &HeaderMap,
    body: Body,
) -> Response {
    if headers.get(CONTENT_TYPE).map(HeaderValue::as_bytes) != Some(QUERY) {
        return Problem::new(
            StatusCode::UNSUPPORTED_MEDIA_TYPE,
            "Unsupported Media Type",
            "send application/timestamp-query",
        )
        .into_response();
    }
    let unit = match service.unit(unit) {
        Ok(unit) => unit,
        Err(error) => return Problem::from(error).into_response(),
    };
    let request = match body_limit(body, MAX_LENGTH).await {
        Ok(body) => TimeStampReq::parse(&body),
        Err(_) => Err(Rejection {
            failure: FailureInfo::BadDataFormat,
            text: format!("a TimeStampReq has at most {MAX_LENGTH} bytes"),
        }),
    };
    let outcome = match request {
        Ok(request) => stamp::stamp(service, caller, &unit, &request).await,
        Err(rejection) => Err(Error::Rejected(rejection)),
    };
    match outcome {
        Ok(response) => reply(response),
        Err(Error::Rejected(reason)) => {
            match stamp::refuse(service, caller, &unit, &reason).await {
                Ok(()) => reply(rejection(&reason)),
                Err(error) => failed(&error),
            }
        }
        Err(error) => failed(&error),
    }
}

/// The protocol's own error, with an HTTP status that proxies and clients understand.
fn failed(error: &Error) -> Response {
    tracing::error!(%error, "a time-stamp was not given");
    let transient = match error {
        Error::Key(error) => error.is_transient(),
        Error::Store(error) => error.is_transient(),
        _ => false,
    };
    let mut response = reply(rejection(&Rejection {
        failure: FailureInfo::SystemFailure,
        text: "the time-stamp authority does not serve now".to_owned(),
    }));
    if transient {
        *response.status_mut() = StatusCode::SERVICE_UNAVAILABLE;
        response
            .headers_mut()
            .insert(RETRY_AFTER, HeaderValue::from_static("2"));
    } else {
        *response.status_mut() = StatusCode::INTERNAL_SERVER_ERROR;
    }
    response
}

fn reply(der: Vec<u8>) -> Response {
    let mut response = Response::new(Body::from(der));
    let headers = response.headers_mut();
    headers.insert(CONTENT_TYPE, REPLY);
    headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
    response
}
