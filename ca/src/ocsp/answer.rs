//! Answering one OCSP request.

use axum::body::Bytes;
use jiff::Timestamp;
use pki::ocsp::{CertId, CertStatus, OcspErrorStatus, OcspRequest, SingleResponse};

use super::responder::{Delegate, Responder};
use crate::{CertificateStatus, Error, Service, store};

/// A response on its way out.
#[derive(Clone, Debug)]
pub(crate) struct OcspResponse {
    /// DER OCSPResponse.
    pub(crate) der: Bytes,
    /// Whether others may cache it: it contains no nonce.
    pub(crate) cacheable: bool,
}

/// Why a request was not answered.
pub(crate) enum OcspFailure {
    /// An error of the protocol.
    Ocsp(OcspErrorStatus),
    /// A key or the database is unavailable.
    TryLater,
}

/// Answers one request.
pub(crate) async fn answer(ca: &Service, der: &[u8]) -> Result<OcspResponse, OcspFailure> {
    let request = OcspRequest::parse(der)
        .map_err(|_| OcspFailure::Ocsp(OcspErrorStatus::MalformedRequest))?;
    let responder = ca.0.responder.get().ok_or(OcspFailure::TryLater)?;
    let now = ca.clock().now();
    if let Some(der) = responder.cached(&request, now) {
        return Ok(OcspResponse {
            der,
            cacheable: true,
        });
    }
    // RFC 5019 §2.2.3: unauthorized if no authority of ours is asked about.
    let delegate = request
        .cert_ids()
        .first()
        .and_then(|cert_id| responder.find(cert_id))
        .ok_or(OcspFailure::Ocsp(OcspErrorStatus::Unauthorized))?;
    sign(ca, responder, delegate, &request, now)
        .await
        .map_err(|error| {
            tracing::error!(%error, "an OCSP request was not answered");
            OcspFailure::TryLater
        })
}

async fn sign(
    ca: &Service,
    responder: &Responder,
    delegate: std::sync::Arc<Delegate>,
    request: &OcspRequest,
    now: Timestamp,
) -> Result<OcspResponse, Error> {
    // Read before the status is: a revocation in between makes the response stale at once.
    let epoch = delegate.epoch();
    let lifetime = ca.config().ocsp_lifetime;
    let mut responses = Vec::with_capacity(request.cert_ids().len());
    for cert_id in request.cert_ids() {
        responses.push(SingleResponse {
            cert_id: cert_id.clone(),
            status: status(ca, &delegate, cert_id).await?,
            this_update: now,
            next_update: Some(now + lifetime),
        });
    }
    let unsigned = delegate
        .responder
        .response(&responses, now, request.nonce())?;
    let der = Bytes::from(unsigned.sign(delegate.key.as_ref()).await?);
    metrics::counter!("xinshu_ca_ocsp_signed_total").increment(1);
    let cacheable = request.nonce().is_none();
    if let ([cert_id], true) = (request.cert_ids(), cacheable) {
        let validity = (now, now + lifetime / 4);
        responder.cache(cert_id, der.clone(), delegate, epoch, validity);
    }
    Ok(OcspResponse { der, cacheable })
}

async fn status(ca: &Service, delegate: &Delegate, cert_id: &CertId) -> Result<CertStatus, Error> {
    if !delegate.matches(cert_id) {
        return Ok(CertStatus::Unknown);
    }
    let id = &delegate.authority_id;
    let status = store::certificate_status(ca.store(), id, cert_id.serial()).await?;
    Ok(match status {
        CertificateStatus::Good => CertStatus::Good,
        CertificateStatus::Revoked(time, reason) => CertStatus::Revoked { time, reason },
        CertificateStatus::Unknown => CertStatus::Unknown,
    })
}
