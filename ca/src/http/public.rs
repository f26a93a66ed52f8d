//! What certificates point to: authorities' certificates and CRLs (RFC 2585).

use axum::{
    extract::State,
    http::{HeaderMap, HeaderValue, Method},
    response::Response,
};
use pki::{Certificate, CertificateFile, Digest};
use platform_web::{Download, PathParams, Problem, Validators};

use crate::{Error, Service, store};

/// How long others may cache an authority's certificate.
const HOUR: HeaderValue = HeaderValue::from_static("max-age=3600");
/// A revocation publishes a new CRL at any moment: nobody should cache it for long.
const MINUTE: HeaderValue = HeaderValue::from_static("max-age=60");
const CRL: HeaderValue = HeaderValue::from_static("application/pkix-crl");

/// `/ca/NAME.cer` and other forms: the authority's certificate, or its chain.
pub(super) async fn certificate(
    State(ca): State<Service>,
    PathParams(file): PathParams<String>,
    method: Method,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    let (name, form) = CertificateFile::split(&file).unwrap_or((&file, CertificateFile::Der));
    let authority = ca.authority(name)?;
    let chain = authority.chain().iter().map(|one| one.certificate.clone());
    let chain: Vec<Certificate> = chain.collect();
    let body = form.encode(&chain);
    let etag = hex::encode(&Digest::Sha256.hash(&body)[..16]);
    let download = Download {
        content_type: HeaderValue::from_static(form.media_type()),
        cache_control: HOUR,
        validators: Validators::new(&etag, authority.validity().not_before),
        body: body.into(),
    };
    Ok(download.respond(&method, &headers))
}

/// `/crl/NAME.crl`: the authority's newest CRL in DER.
pub(super) async fn crl(
    State(ca): State<Service>,
    PathParams(file): PathParams<String>,
    method: Method,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    let name = file.strip_suffix(".crl").unwrap_or(&file);
    let authority = ca.authority(name)?;
    let no_crl = || Error::NoCrl(name.to_owned());
    // CRLs may be large, so do not read one that the client already has.
    if Validators::is_conditional(&headers) {
        let version = store::newest_crl_version(ca.store(), authority.id()).await;
        let version = version.map_err(Error::Store)?.ok_or_else(no_crl)?;
        let validators = validators(&version);
        if validators.is_known_to(&headers) {
            return Ok(validators.not_modified(MINUTE));
        }
    }
    let (version, der) = store::newest_crl(ca.store(), authority.id())
        .await
        .map_err(Error::Store)?
        .ok_or_else(no_crl)?;
    let download = Download {
        content_type: CRL,
        cache_control: MINUTE,
        validators: validators(&version),
        body: der.into(),
    };
    Ok(download.respond(&method, &headers))
}

/// The CRL number, and thisUpdate, because a restored database may issue a number again.
fn validators(version: &store::CrlVersion) -> Validators {
    let store::CrlVersion {
        crl_number,
        this_update,
    } = version;
    let etag = format!("{crl_number:x}-{:x}", this_update.as_microsecond());
    Validators::new(&etag, *this_update)
}
