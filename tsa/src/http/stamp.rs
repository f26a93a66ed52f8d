//! Time-stamps over HTTP (RFC 3161 §3.4).

use axum::{
    Extension,
    body::Body,
    extract::{Path, State},
    http::{
        HeaderMap, HeaderValue, StatusCode,
        header::{CACHE_CONTROL, CONTENT_TYPE},
    },
    response::{IntoResponse, Response},
};
use pki::tsp::{FailureInfo, MAX_LENGTH, Rejection, TimeStampReq, rejection};
use platform_access::Caller;
use platform_web::{Problem, body_limit, has_media_type, retry_later};

use crate::{
    DEFAULT_UNIT, Error, Service,
    stamp::{permitted_unit, record_rejection, stamp},
};

const QUERY: &str = "application/timestamp-query";
const REPLY: HeaderValue = HeaderValue::from_static("application/timestamp-reply");

/// `/tsa`.
pub(super) async fn by_default_unit(
    State(tsa): State<Service>,
    Extension(caller): Extension<Caller>,
    headers: HeaderMap,
    body: Body,
) -> Response {
    respond(&tsa, &caller, DEFAULT_UNIT, &headers, body).await
}

/// `/tsa/UNIT`.
pub(super) async fn by_unit(
    State(tsa): State<Service>,
    Extension(caller): Extension<Caller>,
    Path(unit): Path<String>,
    headers: HeaderMap,
    body: Body,
) -> Response {
    respond(&tsa, &caller, &unit, &headers, body).await
}

async fn respond(
    tsa: &Service,
    caller: &Caller,
    unit: &str,
    headers: &HeaderMap,
    body: Body,
) -> Response {
    if !has_media_type(headers, QUERY) {
        return Problem::new(
            StatusCode::UNSUPPORTED_MEDIA_TYPE,
            "Unsupported Media Type",
            "send application/timestamp-query",
        )
        .into_response();
    }
    // Before the body is read: what is wrong with that must not show that the unit exists.
    match permitted_unit(tsa, caller, unit).await {
        Ok(_) => {}
        Err(error @ Error::NoSuchUnit(_)) => return Problem::from(error).into_response(),
        Err(error) => return failed(&error),
    }
    let request = match body_limit(body, MAX_LENGTH).await {
        Ok(body) => TimeStampReq::parse(&body),
        Err(_) => Err(Rejection {
            failure: FailureInfo::BadDataFormat,
            text: format!("a TimeStampReq has at most {MAX_LENGTH} bytes"),
        }),
    };
    let outcome = match request {
        Ok(request) => stamp(tsa, caller, unit, &request).await,
        Err(rejection) => Err(Error::Rejected(rejection)),
    };
    match outcome {
        Ok(response) => reply(response),
        Err(Error::Rejected(reason)) => match record_rejection(tsa, caller, unit, &reason).await {
            Ok(()) => reply(rejection(&reason)),
            Err(error) => failed(&error),
        },
        Err(error @ Error::NoSuchUnit(_)) => Problem::from(error).into_response(),
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
        text: "the time-stamp authority is unavailable now".to_owned(),
    }));
    if transient {
        *response.status_mut() = StatusCode::SERVICE_UNAVAILABLE;
        retry_later(response.headers_mut());
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
