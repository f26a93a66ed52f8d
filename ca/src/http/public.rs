//! What certificates point to: authorities' certificates and CRLs (RFC 2585).

use axum::{
    extract::State,
    http::header::{CACHE_CONTROL, CONTENT_TYPE},
    response::{IntoResponse, Response},
};
use platform_web::{PathParams, Problem};

use crate::{Error, Service, store};

/// `/ca/NAME.cer`: the authority's certificate in DER.
pub(super) async fn certificate(
    State(ca): State<Service>,
    PathParams(file): PathParams<String>,
) -> Result<Response, Problem> {
    let name = file.strip_suffix(".cer").unwrap_or(&file);
    let der = ca.authority(name)?.certificate().der().to_vec();
    let headers = [
        (CONTENT_TYPE, "application/pkix-cert"),
        (CACHE_CONTROL, "max-age=3600"),
    ];
    Ok((headers, der).into_response())
}

/// `/crl/NAME.crl`: the authority's newest CRL in DER.
pub(super) async fn crl(
    State(ca): State<Service>,
    PathParams(file): PathParams<String>,
) -> Result<Response, Problem> {
    let name = file.strip_suffix(".crl").unwrap_or(&file);
    let authority = ca.authority(name)?;
    let der = store::newest_crl(ca.store(), authority.id())
        .await
        .map_err(Error::Store)?
        .ok_or_else(|| Error::NoCrl(name.to_owned()))?;
    // A revocation publishes a new one at any moment: nobody should cache it for long.
    let headers = [
        (CONTENT_TYPE, "application/pkix-crl"),
        (CACHE_CONTROL, "max-age=60"),
    ];
    Ok((headers, der).into_response())
}
