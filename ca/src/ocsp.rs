//! Answering OCSP (RFC 6960, RFC 5019) by delegated responders.
//!
//! An answer without a nonce is signed once and kept. What is kept carries the
//! count of revocations that were known when its status was read; once the count
//! has risen, here or by word of the database, it is signed anew.

use std::{
    sync::{
        Arc,
        atomic::{AtomicI64, Ordering},
    },
    time::Duration,
};

use arc_swap::ArcSwap;
use axum::body::Bytes;
use hsm_adapters::{Key, Keyring};
use jiff::Timestamp;
use pki::ocsp::{
    self, CertId, CertStatus, IssuerHashes, OcspErrorStatus, OcspRequest, SingleResponse,
};
use quick_cache::sync::Cache;

use crate::{Error, Service, model::Status, service_certificate, store};

/// How many answers are kept, of about a kilobyte each.
const KEPT: usize = 16_384;
/// How often the count of revocations is asked for.
const POLL: Duration = Duration::from_millis(500);
/// How many polls pass between two looks for a renewed responder's certificate.
const POLLS_BETWEEN_LOOKS: u32 = 20;

/// The responders of every issuing authority.
#[derive(Debug)]
pub(crate) struct Responder {
    delegates: ArcSwap<Vec<Delegate>>,
    answers: Cache<Box<[u8]>, Kept>,
    generation: AtomicI64,
}

/// The responder of one authority.
#[derive(Debug)]
struct Delegate {
    ca: String,
    issuer: IssuerHashes,
    responder: ocsp::Responder,
    key: Arc<dyn Key>,
}

#[derive(Clone, Debug)]
struct Kept {
    der: Bytes,
    generation: i64,
    /// Before this the clock was ahead when it was signed.
    this_update: Timestamp,
    /// After this it is signed anew.
    fresh_until: Timestamp,
}

/// An answer on its way out.
#[derive(Clone, Debug)]
pub(crate) struct Answer {
    /// DER OCSPResponse.
    pub(crate) der: Bytes,
    /// Whether others may keep it: it holds no nonce and is not an error.
    pub(crate) cacheable: bool,
}

/// Why a request was not answered.
pub(crate) enum Failure {
    /// With an OCSP error.
    Ocsp(OcspErrorStatus),
    /// A key or the database does not serve now.
    TryLater,
}

impl Responder {
    pub(crate) async fn start(service: &Service, keyring: &Keyring) -> Result<Self, Error> {
        Ok(Self {
            delegates: ArcSwap::from_pointee(delegates(service, keyring).await?),
            answers: Cache::new(KEPT),
            generation: AtomicI64::new(store::generation(service.store()).await?),
        })
    }

    /// Makes answers of before `generation` stale.
    pub(crate) fn outdate(&self, generation: i64) {
        self.generation.fetch_max(generation, Ordering::SeqCst);
    }

    fn kept(&self, request: &OcspRequest, now: Timestamp) -> Option<Bytes> {
        let ([cert_id], None) = (request.cert_ids(), request.nonce()) else {
            return None;
        };
        let kept = self.answers.get(cert_id.der())?;
        let current = self.generation.load(Ordering::SeqCst);
        let fresh = kept.this_update <= now && now < kept.fresh_until;
        (kept.generation == current && fresh).then_some(kept.der)
    }
}

/// Answers one request.
pub(crate) async fn answer(service: &Service, der: &[u8]) -> Result<Answer, Failure> {
    let request =
        OcspRequest::parse(der).map_err(|_| Failure::Ocsp(OcspErrorStatus::MalformedRequest))?;
    let responder = service.0.responder.get().ok_or(Failure::TryLater)?;
    let now = service.clock().now();
    if let Some(der) = responder.kept(&request, now) {
        return Ok(Answer {
            der,
            cacheable: true,
        });
    }
    sign(service, responder, &request, now)
        .await
        .map_err(|error| match error {
            Error::Refused(_) => Failure::Ocsp(OcspErrorStatus::Unauthorized),
            error => {
                tracing::error!(%error, "an OCSP request was not answered");
                Failure::TryLater
            }
        })
}

async fn sign(
    service: &Service,
    responder: &Responder,
    request: &OcspRequest,
    now: Timestamp,
) -> Result<Answer, Error> {
    // Read before the status is: a revocation in between makes the answer stale at once.
    let generation = responder.generation.load(Ordering::SeqCst);
    let delegates = responder.delegates.load();
    let known = |cert_id: &CertId| {
        delegates
            .iter()
            .find(|delegate| delegate.issuer.matches(cert_id))
    };
    // RFC 5019 §2.2.3: unauthorized, where no authority of ours is asked about.
    let delegate = request
        .cert_ids()
        .first()
        .and_then(known)
        .ok_or_else(|| Error::Refused("not an authority of this responder".to_owned()))?;
    let lifetime = service.config().ocsp_lifetime;
    let mut answers = Vec::with_capacity(request.cert_ids().len());
    for cert_id in request.cert_ids() {
        let status = if delegate.issuer.matches(cert_id) {
            status(service, &delegate.ca, cert_id).await?
        } else {
            CertStatus::Unknown
        };
        answers.push(SingleResponse {
            cert_id: cert_id.clone(),
            status,
            this_update: now,
            next_update: Some(now + lifetime),
        });
    }
    let unsigned = delegate
        .responder
        .response(&answers, now, request.nonce())?;
    let der = Bytes::from(unsigned.sign(delegate.key.as_ref()).await?);
    metrics::counter!("xinshu_ca_ocsp_signed_total").increment(1);
    let cacheable = request.nonce().is_none();
    if let ([cert_id], true) = (request.cert_ids(), cacheable) {
        let kept = Kept {
            der: der.clone(),
            generation,
            this_update: now,
            fresh_until: now + lifetime / 4,
        };
        responder.answers.insert(cert_id.der().into(), kept);
    }
    Ok(Answer { der, cacheable })
}

async fn status(service: &Service, ca: &str, cert_id: &CertId) -> Result<CertStatus, Error> {
    let status = store::status(service.store(), ca, cert_id.serial().as_bytes()).await?;
    Ok(match status {
        Status::Good => CertStatus::Good,
        Status::Revoked(time, reason) => CertStatus::Revoked { time, reason },
        Status::Unknown => CertStatus::Unknown,
    })
}

/// Every issuing authority's responder with its newest certificate.
async fn delegates(service: &Service, keyring: &Keyring) -> Result<Vec<Delegate>, Error> {
    let mut delegates = Vec::new();
    for authority in service
        .authorities()
        .into_iter()
        .filter(|authority| !authority.is_root())
    {
        let name = format!("ocsp:{}", authority.name());
        let Some((row, certificate)) = service_certificate::current(service, &name).await? else {
            continue;
        };
        let key = keyring.find(&row.key_uri).await?;
        delegates.push(Delegate {
            ca: authority.name().to_owned(),
            issuer: IssuerHashes::new(authority.issuer()),
            responder: ocsp::Responder::new(&certificate, key.algorithm().default_signature())?,
            key,
        });
    }
    Ok(delegates)
}

/// Asks for revocations by other nodes, and for renewed certificates of responders.
pub(crate) async fn housekeeping(service: Service, keyring: Arc<Keyring>) {
    let mut polls: u32 = 0;
    loop {
        tokio::time::sleep(POLL).await;
        let Some(responder) = service.0.responder.get() else {
            continue;
        };
        match store::generation(service.store()).await {
            Ok(generation) => responder.outdate(generation),
            Err(error) => tracing::debug!(%error, "the count of revocations was not read"),
        }
        polls = polls.wrapping_add(1);
        if polls.is_multiple_of(POLLS_BETWEEN_LOOKS) {
            match delegates(&service, &keyring).await {
                Ok(delegates) => responder.delegates.store(Arc::new(delegates)),
                Err(error) => tracing::error!(%error, "OCSP responders were not read anew"),
            }
        }
    }
}
