//! `/tsa/UNIT.cer` and other forms: a unit's certificate, or its chain.

use axum::{
    Extension,
    extract::{Path, State},
    http::{HeaderMap, HeaderValue, Method},
    response::Response,
};
use crypto::Digest;
use pki::CertificateFile;
use platform_access::Caller;
use platform_web::{Download, Problem, Validators};

use crate::{Error, Service, stamp::permitted_unit, model::UnitSigner};

/// How long others may cache it.
const HOUR: HeaderValue = HeaderValue::from_static("max-age=3600");

/// A private unit's certificate is for those who may stamp with it.
pub(super) async fn certificate(
    State(tsa): State<Service>,
    Extension(caller): Extension<Caller>,
    Path(file): Path<String>,
    method: Method,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    let Some((name, form)) = CertificateFile::split(&file) else {
        return Err(Error::NoSuchUnit(file).into());
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
