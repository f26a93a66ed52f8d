//! Answering one OCSP request.

use std::sync::Arc;

use axum::body::Bytes;
use jiff::{SignedDuration, Timestamp};
use pki::{
    Digest,
    ocsp::{CertId, CertStatus, OcspErrorStatus, OcspRequest, SingleResponse},
};
use platform_web::Validators;

use super::responder::{Delegate, Responder, SignedResponse};
use crate::{CertificateStatus, Error, Service, store};

/// A response on its way out.
#[derive(Clone, Debug)]
pub(crate) enum OcspResponse {
    /// Others may cache it.
    Cacheable(Arc<SignedResponse>),
    /// It contains a nonce: for this client alone.
    Individual(Bytes),
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
    if let Some(response) = responder.cached(&request, now) {
        return Ok(OcspResponse::Cacheable(response));
    }
    let delegate = find_delegate(responder, &request)
        .ok_or(OcspFailure::Ocsp(OcspErrorStatus::Unauthorized))?;
    sign(ca, responder, delegate, &request, now)
        .await
        .map_err(|error| {
            tracing::error!(%error, "an OCSP request was not answered");
            OcspFailure::TryLater
        })
}

/// The delegate that answers for every certificate of the request. One signature cannot answer
/// for two authorities (RFC 6960 §2.2, RFC 5019 §2.2.3), and a client could mistake `unknown`
/// for the status of the other authority's certificate.
fn find_delegate(responder: &Responder, request: &OcspRequest) -> Option<Arc<Delegate>> {
    let (first, others) = request.cert_ids().split_first()?;
    let delegate = responder.find(first)?;
    let answers_all = others.iter().all(|cert_id| delegate.matches(cert_id));
    answers_all.then_some(delegate)
}

async fn sign(
    ca: &Service,
    responder: &Responder,
    delegate: Arc<Delegate>,
    request: &OcspRequest,
    now: Timestamp,
) -> Result<OcspResponse, Error> {
    // Read before the status is: a revocation in between makes the response stale at once.
    let epoch = delegate.epoch();
    let lifetime = ca.config().ocsp_lifetime;
    let mut this_update = now - ca.config().backdate;
    let cached_id = match (request.cert_ids(), request.nonce()) {
        // Do not cache responses for serial numbers that no certificate can have.
        ([cert_id], None) if cert_id.serial().is_some() => Some(cert_id),
        _ => None,
    };
    // HTTP dates have a resolution of one second, so each version must be a second later.
    if let Some(before) = cached_id.and_then(|cert_id| responder.last_this_update(cert_id)) {
        let next = before + SignedDuration::from_secs(1);
        if (this_update..=now).contains(&next) {
            this_update = next;
        }
    }
    let mut responses = Vec::with_capacity(request.cert_ids().len());
    for cert_id in request.cert_ids() {
        responses.push(SingleResponse {
            cert_id: cert_id.clone(),
            status: status(ca, &delegate, cert_id).await?,
            this_update,
            next_update: Some(now + lifetime),
        });
    }
    let unsigned = delegate
        .responder
        .response(&responses, now, request.nonce())?;
    let der = Bytes::from(unsigned.sign(delegate.key.as_ref()).await?);
    metrics::counter!("xinshu_ca_ocsp_signed_total").increment(1);
    if request.nonce().is_some() {
        return Ok(OcspResponse::Individual(der));
    }
    let etag = hex::encode(&Digest::Sha256.hash(&der)[..16]);
    let response = Arc::new(SignedResponse {
        validators: Validators::new(&etag, this_update),
        der,
        this_update,
    });
    if let Some(cert_id) = cached_id {
        let validity = (now, now + lifetime / 4);
        responder.cache(cert_id, Arc::clone(&response), delegate, epoch, validity);
    }
    Ok(OcspResponse::Cacheable(response))
}

async fn status(ca: &Service, delegate: &Delegate, cert_id: &CertId) -> Result<CertStatus, Error> {
    let Some(serial) = cert_id.serial() else {
        return Ok(CertStatus::Unknown);
    };
    let id = &delegate.authority_id;
    let status = store::certificate_status(ca.store(), id, serial).await?;
    Ok(match status {
        CertificateStatus::Good => CertStatus::Good,
        CertificateStatus::Revoked(time, reason) => CertStatus::Revoked { time, reason },
        CertificateStatus::Unknown => CertStatus::Unknown,
    })
}
