//! OCSP over HTTP (RFC 6960 appendix A).

use axum::{
    body::{Body, Bytes},
    extract::{Path, State},
    http::{
        HeaderMap, HeaderValue, Method, StatusCode,
        header::{CACHE_CONTROL, CONTENT_TYPE},
    },
    response::{IntoResponse, Response},
};
use base64::{Engine as _, engine::general_purpose::STANDARD};
use pki::ocsp::{MAX_LENGTH, OcspErrorStatus, error_response};
use platform_web::{Download, Problem, body_limit, has_media_type, retry_later};

use crate::{
    Service,
    ocsp::{OcspFailure, OcspResponse, answer},
};

const REQUEST: &str = "application/ocsp-request";
const RESPONSE: HeaderValue = HeaderValue::from_static("application/ocsp-response");
/// How long others may cache a response: short, so that a revocation is seen soon.
const CACHE_CONTROL_PUBLIC: HeaderValue =
    HeaderValue::from_static("max-age=300, public, no-transform, must-revalidate");

/// POST: the request is the body.
pub(super) async fn post(State(ca): State<Service>, headers: HeaderMap, body: Body) -> Response {
    if !has_media_type(&headers, REQUEST) {
        return Problem::new(
            StatusCode::UNSUPPORTED_MEDIA_TYPE,
            "Unsupported Media Type",
            "send application/ocsp-request",
        )
        .into_response();
    }
    match body_limit(body, MAX_LENGTH).await {
        Ok(request) => match status_of(&ca, &request).await {
            Ok(OcspResponse::Cacheable(signed)) => {
                let mut response = ocsp_response(signed.der.clone());
                let headers = response.headers_mut();
                headers.insert(CACHE_CONTROL, CACHE_CONTROL_PUBLIC);
                response
            }
            Ok(OcspResponse::Individual(der)) => ocsp_response(der),
            Err(response) => response,
        },
        Err(_) => error(OcspErrorStatus::MalformedRequest),
    }
}

/// GET: the request is the rest of the path, base64.
pub(super) async fn get(
    State(ca): State<Service>,
    Path(request): Path<String>,
    method: Method,
    headers: HeaderMap,
) -> Response {
    // Base64 may begin with a slash, which joins the path's own (RFC 5019 §5).
    let request = match STANDARD.decode(request.trim_start_matches('/')) {
        Ok(request) if request.len() <= MAX_LENGTH => request,
        _ => return error(OcspErrorStatus::MalformedRequest),
    };
    match status_of(&ca, &request).await {
        Ok(OcspResponse::Cacheable(signed)) => Download {
            content_type: RESPONSE,
            cache_control: CACHE_CONTROL_PUBLIC,
            validators: signed.validators.clone(),
            body: signed.der.clone(),
        }
        .respond(&method, &headers),
        Ok(OcspResponse::Individual(der)) => ocsp_response(der),
        Err(response) => response,
    }
}

async fn status_of(ca: &Service, request: &[u8]) -> Result<OcspResponse, Response> {
    answer(ca, request).await.map_err(|failure| match failure {
        OcspFailure::Ocsp(status) => error(status),
        OcspFailure::TryLater => {
            let mut response = error(OcspErrorStatus::TryLater);
            *response.status_mut() = StatusCode::SERVICE_UNAVAILABLE;
            retry_later(response.headers_mut());
            response
        }
    })
}

fn error(status: OcspErrorStatus) -> Response {
    ocsp_response(error_response(status).into())
}

fn ocsp_response(der: Bytes) -> Response {
    let mut response = Response::new(Body::from(der));
    response.headers_mut().insert(CONTENT_TYPE, RESPONSE);
    response
}
