//! `/tsa/UNIT.cer` and other forms: a unit's certificate, or its chain.

use axum::{
    Extension,
    extract::{Path, State},
    http::{HeaderMap, HeaderValue, Method, StatusCode, header::ALLOW},
    response::{IntoResponse as _, Response},
};
use crypto::Digest;
use pki::CertificateFile;
use platform_access::Caller;
use platform_web::{Download, Problem, Validators};

use crate::{Service, model::UnitSigner, stamp::permitted_unit};

/// How long others may cache it.
const HOUR: HeaderValue = HeaderValue::from_static("max-age=3600");

/// A private unit's certificate is sent only to callers that may stamp with it.
pub(super) async fn certificate(
    State(tsa): State<Service>,
    Extension(caller): Extension<Caller>,
    Path(file): Path<String>,
    method: Method,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    let Some((name, form)) = CertificateFile::split(&file) else {
        return Ok(method_not_allowed());
    };
    let unit = permitted_unit(&tsa, &caller, name).await?;
    let UnitSigner::Ready(signer) = &unit.signer else {
        return Err(Problem::not_found(format!(
            "the time-stamping unit {name} has no certificate, or it is revoked"
        )));
    };
    let body = form.encode(&signer.chain);
    let etag = hex::encode(&Digest::Sha256.hash(&body)[..16]);
    let begin = signer.certificate.validity().not_before;
    let download = Download {
        content_type: HeaderValue::from_static(form.media_type()),
        cache_control: HOUR,
        validators: Validators::new(&etag, begin),
        body: body.into(),
    };
    Ok(download.respond(&method, &headers))
}

/// `/tsa/UNIT` itself takes time-stamp requests.
fn method_not_allowed() -> Response {
    let mut response = Problem::new(
        StatusCode::METHOD_NOT_ALLOWED,
        "Method Not Allowed",
        "POST a time-stamp request here; the unit's certificate has .cer, .pem, .chain.pem or \
         .p7c at the end of its address",
    )
    .into_response();
    response
        .headers_mut()
        .insert(ALLOW, HeaderValue::from_static("POST"));
    response
}
