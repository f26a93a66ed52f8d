//! The responders of a node, and the responses that they have signed.

use std::{
    collections::HashMap,
    sync::{
        Arc,
        atomic::{AtomicI64, Ordering},
    },
    time::Duration,
};

use arc_swap::ArcSwap;
use axum::body::Bytes;
use hsm_adapters::Key;
use jiff::Timestamp;
use pki::ocsp::{self, CertId, IssuerHashes, OcspRequest};
use platform_web::Validators;
use quick_cache::sync::Cache;

use crate::{Authority, Error, Service, service_certificate::best_available, store};

/// How many responses are cached, of about a kilobyte each.
const CACHE_ENTRIES: usize = 16_384;
/// How often the revocation epochs are read: rule 12 asks for a second.
const POLL: Duration = Duration::from_millis(500);
/// How many polls pass between two looks for renewed responders and new authorities.
const POLLS_PER_RELOAD: u32 = 20;

/// The responders of every authority, with their cached responses.
#[derive(Debug)]
pub(crate) struct Responder {
    delegates: ArcSwap<Vec<Arc<Delegate>>>,
    responses: Cache<Box<[u8]>, CachedResponse>,
    /// By authority id. Shared with the delegates, which outlive a reload.
    epochs: ArcSwap<HashMap<String, Arc<AtomicI64>>>,
}

/// Who answers for the certificates of one authority.
#[derive(Debug)]
pub(super) struct Delegate {
    pub(super) authority_id: String,
    /// One for each key of the authority.
    issuers: Vec<IssuerHashes>,
    pub(super) responder: ocsp::Responder,
    pub(super) key: Arc<dyn Key>,
    epoch: Arc<AtomicI64>,
}

/// A response without a nonce.
#[derive(Debug)]
pub(crate) struct SignedResponse {
    /// DER OCSPResponse.
    pub(crate) der: Bytes,
    pub(crate) validators: Validators,
    pub(super) this_update: Timestamp,
}

/// A response without a nonce, which is signed once.
#[derive(Clone, Debug)]
struct CachedResponse {
    response: Arc<SignedResponse>,
    delegate: Arc<Delegate>,
    /// The revocation epoch that its status was read in.
    epoch: i64,
    /// Before this, the clock was ahead when it was signed.
    signed_at: Timestamp,
    /// After this, it is signed again.
    fresh_until: Timestamp,
}

impl Responder {
    pub(crate) async fn start(ca: &Service) -> Result<Self, Error> {
        let responder = Self {
            delegates: ArcSwap::default(),
            responses: Cache::new(CACHE_ENTRIES),
            epochs: ArcSwap::default(),
        };
        responder.reload(ca).await?;
        responder.read_epochs(ca).await?;
        Ok(responder)
    }

    /// Makes responses for certificates of this authority stale that were signed before `epoch`.
    pub(crate) fn invalidate_before(&self, authority_id: &str, epoch: i64) {
        if let Some(current) = self.epochs.load().get(authority_id) {
            current.fetch_max(epoch, Ordering::SeqCst);
        }
    }

    /// The delegate that answers for the issuer that `cert_id` names.
    pub(super) fn find(&self, cert_id: &CertId) -> Option<Arc<Delegate>> {
        let delegates = self.delegates.load();
        let found = delegates.iter().find(|delegate| delegate.matches(cert_id));
        found.cloned()
    }

    /// A cached response that still holds.
    pub(super) fn cached(
        &self,
        request: &OcspRequest,
        now: Timestamp,
    ) -> Option<Arc<SignedResponse>> {
        let ([cert_id], None) = (request.cert_ids(), request.nonce()) else {
            return None;
        };
        let cached = self.responses.get(cert_id.der())?;
        let is_fresh = cached.signed_at <= now && now < cached.fresh_until;
        (cached.epoch == cached.delegate.epoch() && is_fresh).then_some(cached.response)
    }

    /// The thisUpdate of the last response about this certificate, if it is still cached.
    pub(super) fn last_this_update(&self, cert_id: &CertId) -> Option<Timestamp> {
        let cached = self.responses.get(cert_id.der())?;
        Some(cached.response.this_update)
    }

    /// Keeps a response to a request for one certificate.
    pub(super) fn cache(
        &self,
        cert_id: &CertId,
        response: Arc<SignedResponse>,
        delegate: Arc<Delegate>,
        epoch: i64,
        (signed_at, fresh_until): (Timestamp, Timestamp),
    ) {
        let cached = CachedResponse {
            response,
            delegate,
            epoch,
            signed_at,
            fresh_until,
        };
        self.responses.insert(cert_id.der().into(), cached);
    }

    /// Takes over authorities and responders' certificates as they are now.
    async fn reload(&self, ca: &Service) -> Result<(), Error> {
        let mut epochs = HashMap::clone(&self.epochs.load());
        let mut delegates = Vec::new();
        for authority in ca.authorities() {
            let epoch = epochs.entry(authority.id().to_owned()).or_default();
            delegates.push(Arc::new(
                Delegate::new(ca, &authority, Arc::clone(epoch)).await?,
            ));
        }
        self.epochs.store(Arc::new(epochs));
        self.delegates.store(Arc::new(delegates));
        Ok(())
    }

    async fn read_epochs(&self, ca: &Service) -> Result<(), Error> {
        for epoch in store::epochs(ca.store()).await? {
            self.invalidate_before(&epoch.authority_id, epoch.current);
        }
        Ok(())
    }
}

impl Delegate {
    async fn new(
        ca: &Service,
        authority: &Authority,
        epoch: Arc<AtomicI64>,
    ) -> Result<Self, Error> {
        let service = format!("ocsp:{}", authority.name());
        let (responder, key) = match best_available(ca.records(), &service).await? {
            Some((row, certificate)) => {
                let key = ca.keyring().find(&row.key_uri).await?;
                let algorithm = key.algorithm().default_signature();
                (ocsp::Responder::new(&certificate, algorithm)?, key)
            }
            None => {
                let key = Arc::clone(authority.key());
                let algorithm = key.algorithm().default_signature();
                let issuer = authority.certificate();
                (ocsp::Responder::for_issuer(issuer, algorithm)?, key)
            }
        };
        let mut issuers = vec![IssuerHashes::new(authority.issuer())];
        for other in authority.certificates() {
            if other.certificate.public_key() != authority.certificate().public_key()
                && let Ok(issuer) = pki::Issuer::from_certificate(&other.certificate)
            {
                issuers.push(IssuerHashes::new(&issuer));
            }
        }
        Ok(Self {
            authority_id: authority.id().to_owned(),
            issuers,
            responder,
            key,
            epoch,
        })
    }

    pub(super) fn matches(&self, cert_id: &CertId) -> bool {
        self.issuers.iter().any(|issuer| issuer.matches(cert_id))
    }

    pub(super) fn epoch(&self) -> i64 {
        self.epoch.load(Ordering::SeqCst)
    }
}

/// Follows revocations, renewed responders and new authorities of other nodes.
pub(crate) async fn housekeeping(ca: Service) {
    let mut polls: u32 = 0;
    loop {
        tokio::time::sleep(POLL).await;
        let Some(responder) = ca.0.responder.get() else {
            continue;
        };
        if let Err(error) = responder.read_epochs(&ca).await {
            tracing::debug!(%error, "the revocation epochs were not read");
        }
        polls = polls.wrapping_add(1);
        if polls.is_multiple_of(POLLS_PER_RELOAD)
            && let Err(error) = reload(&ca, responder).await
        {
            tracing::error!(%error, "authorities and OCSP responders were not reloaded");
        }
    }
}

async fn reload(ca: &Service, responder: &Responder) -> Result<(), Error> {
    ca.reload_authorities().await?;
    responder.reload(ca).await
}
