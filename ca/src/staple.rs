//! The status of one of this system's own certificates, for TLS handshakes.

use axum::body::Bytes;
use pki::{
    Certificate,
    ocsp::{CertIdHash, IssuerHashes, build_request},
};

use crate::{
    Error, Service,
    ocsp::{OcspResponse, answer},
};

/// The OCSP request about a certificate, as a TLS server sends it to staple the response.
pub fn staple_request(certificate: &Certificate, issuer: &Certificate) -> Option<Vec<u8>> {
    let hashes = IssuerHashes::of(issuer.subject(), issuer.public_key());
    let cert_id = hashes.cert_id(CertIdHash::Sha1, certificate.serial())?;
    Some(build_request(&[cert_id], None))
}

/// The OCSP response to [`staple_request`] by this node's own responders: from their cache while
/// it holds.
///
/// # Errors
/// [`Error::NoStatus`] if the responders do not answer.
pub async fn staple(
    ca: &Service,
    certificate: &Certificate,
    issuer: &Certificate,
) -> Result<Bytes, Error> {
    let no_status = || Error::NoStatus(certificate.serial().to_string());
    let request = staple_request(certificate, issuer).ok_or_else(no_status)?;
    match answer(ca, &request).await {
        Ok(OcspResponse::Cacheable(signed)) => Ok(signed.der.clone()),
        Ok(OcspResponse::Individual(der)) => Ok(der),
        Err(_) => Err(no_status()),
    }
}
