//! What certificates point to: CA certificates and CRLs (RFC 2585).

use axum::{
    extract::State,
    http::header::{CACHE_CONTROL, CONTENT_TYPE},
    response::{IntoResponse, Response},
};
use platform::web::{PathParams, Problem};

use crate::{Error, Service, store};

/// `/ca/NAME.cer`: the authority's certificate in DER.
pub(super) async fn certificate(
    State(service): State<Service>,
    PathParams(file): PathParams<String>,
) -> Result<Response, Problem> {
    let name = file.strip_suffix(".cer").unwrap_or(&file);
    let der = service.authority(name)?.certificate().der().to_vec();
    let headers = [
        (CONTENT_TYPE, "application/pkix-cert"),
        (CACHE_CONTROL, "max-age=3600"),
    ];
    Ok((headers, der).into_response())
}

/// `/crl/NAME.crl`: the authority's newest CRL in DER.
pub(super) async fn crl(
    State(service): State<Service>,
    PathParams(file): PathParams<String>,
) -> Result<Response, Problem> {
    let name = file.strip_suffix(".crl").unwrap_or(&file);
    let authority = service.authority(name)?;
    let (_, _, der) = store::newest_crl(service.store(), authority.name())
        .await?
        .ok_or_else(|| Error::NoSuchCa(name.to_owned()))?;
    // A revocation publishes a new one at any moment: nobody should keep it long.
    let headers = [
        (CONTENT_TYPE, "application/pkix-crl"),
        (CACHE_CONTROL, "max-age=60"),
    ];
    Ok((headers, der).into_response())
}
