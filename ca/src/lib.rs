#![forbid(unsafe_code)]
//! The certificate authority: whose key is this?
//!
//! A [`Service`] holds the authorities of an installation and their keys. Each verb is a module
//! with a function of the same name: [`issue::issue`], [`revoke::revoke`],
//! [`publish_crl::publish_crl`], [`create_authority::create_authority`]. Nodes that do not run
//! the authority still read its [`Records`].

mod actions;
mod compromised_keys;
pub mod create_authority;
mod error;
mod http;
mod issuance;
pub mod issue;
pub mod issue_service_certificate;
mod jobs;
mod key_references;
pub mod list;
mod model;
mod ocsp;
pub mod publish_crl;
mod record_check;
mod records;
pub mod release;
pub mod renew_service_certificates;
pub mod revoke;
pub mod service_certificate;
pub mod staple;
mod store;

use std::{
    collections::{BTreeMap, HashMap},
    sync::{Arc, OnceLock},
    time::{Duration, Instant},
};

use arc_swap::ArcSwap;
use axum::Router;
use hsm_adapters::Keyring;
use jiff::SignedDuration;
use parking_lot::Mutex;
use platform_access::{Access, AccessError, Action, Caller, Resource};
use platform_runtime::{SharedClock, jobs::Job};
use platform_store::Store;
use utoipa::openapi::OpenApi;
use utoipa_axum::router::OpenApiRouter;

use model::AuthorityRecord;
use store::AuthorityCertificates;

pub use actions::*;
pub use create_authority::NewAuthority;
pub use error::{Error, ProfileFileError};
pub use issue::{AllowedNames, Issuance, IssuanceRequest, Issued};
pub use issue_service_certificate::{ServiceKey, ServiceRequest};
pub use key_references::key_references;
pub use model::{
    AlternativeNameRule, Authority, CaCertificateInfo, CaInfo, CertificateInfo, CertificateNames,
    CertificateProfile, CertificateStatus, DefaultAuthority, ExtensionRule, IssuedTo, NameOverride,
    PolicyRule, Profiles, PublicationUrls, StatusFilter, SubjectRule, parse_reason,
};
pub use record_check::CertificateCheck;
pub use records::{Records, authority_names, find_valid_client_certificate};
pub use release::ReleaseRequest;
pub use renew_service_certificates::renewal_is_overdue;
pub use revoke::RevocationRequest;
pub use service_certificate::ServiceCertificate;

/// The profile of this server's own TLS certificate.
pub const SERVER_PROFILE: &str = "server";
/// The profile of OCSP responders.
pub const RESPONDER_PROFILE: &str = "ocsp-responder";
/// The profile of time-stamping units.
pub const TIME_STAMPING_PROFILE: &str = "time-stamping";
/// The name that `init` gives to the issuing authority.
pub const ISSUING_AUTHORITY: &str = "issuing";

/// What the settings say about the certificate authority.
#[derive(Clone, Debug)]
pub struct Config {
    /// Where CRLs, OCSP and authorities' certificates are published, and the policy arc.
    pub urls: PublicationUrls,
    /// How often CRLs are published.
    pub crl_period: Duration,
    /// From a CRL's publication to its nextUpdate.
    pub crl_lifetime: SignedDuration,
    /// From an OCSP response's producedAt to its nextUpdate.
    pub ocsp_lifetime: SignedDuration,
    /// By how much thisUpdate of CRLs and OCSP responses lies in the past, since clocks differ.
    pub backdate: SignedDuration,
    /// How long this server's own TLS certificate lives.
    pub server_certificate_lifetime: SignedDuration,
}

/// The certificate authority of a node that issues. Cheap to clone.
#[derive(Clone, Debug)]
pub struct Service(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    config: Config,
    records: Records,
    access: Access,
    keyring: Arc<Keyring>,
    profiles: Profiles,
    /// By name.
    authorities: ArcSwap<BTreeMap<String, Authority>>,
    /// By authority id: the lock held while one of its CRLs is published.
    publication_turns: Mutex<HashMap<String, Arc<tokio::sync::Mutex<()>>>>,
    /// When authorities were last found not revoked, by their ids.
    found_valid: Mutex<HashMap<String, Instant>>,
    compromised_keys: compromised_keys::CompromisedKeys,
    responder: OnceLock<ocsp::Responder>,
}

/// For how long another node's revocation of an authority may go unnoticed here (rule 12).
const FOUND_VALID: Duration = Duration::from_millis(900);

impl Service {
    /// Opens the authorities of this database with their keys.
    ///
    /// # Errors
    /// [`Error::Key`] if one of their keys is not available, and [`Error::Store`].
    pub async fn open(
        config: Config,
        records: Records,
        access: Access,
        keyring: Arc<Keyring>,
    ) -> Result<Self, Error> {
        store::record_migrated_certificates(&records.store).await?;
        let mut profiles = Profiles::builtin()?;
        profiles.set_lifetime(SERVER_PROFILE, config.server_certificate_lifetime);
        let service = Self(Arc::new(Inner {
            config,
            records,
            access,
            keyring,
            profiles,
            authorities: ArcSwap::default(),
            publication_turns: Mutex::default(),
            found_valid: Mutex::default(),
            compromised_keys: compromised_keys::CompromisedKeys::default(),
            responder: OnceLock::new(),
        }));
        let loaded = service.load_authorities().await?;
        let authorities = loaded
            .into_iter()
            .map(|(name, authority)| Ok((name, authority?)))
            .collect::<Result<_, Error>>()?;
        service.0.authorities.store(Arc::new(authorities));
        Ok(service)
    }

    /// Starts answering OCSP requests.
    ///
    /// # Errors
    /// If a responder's certificate cannot be issued or read.
    pub async fn start_responders(&self) -> Result<(), Error> {
        // They may have expired during a long stop, and nobody should get such a response.
        let renewal = [jobs::renewal(self)];
        let node = crypto::random::id();
        platform_runtime::jobs::run_due(&renewal, self.store(), self.clock(), &node).await;
        let responder = ocsp::Responder::start(self).await?;
        // A second start changes nothing: the first one's responders stay.
        let _ = self.0.responder.set(responder);
        Ok(())
    }

    /// Runs on every node until it stops: follows revocations, renewed responders and
    /// authorities of other nodes.
    pub async fn housekeeping(self) {
        ocsp::housekeeping(self).await;
    }

    /// What runs on a schedule.
    pub fn jobs(&self) -> Vec<Job> {
        jobs::jobs(self)
    }

    /// The description of [`Self::api`], without a service behind it.
    pub fn openapi() -> OpenApi {
        http::described().into_openapi()
    }

    /// REST: `/api/v1/certificates`, `/api/v1/cas`, `/api/v1/profiles`.
    pub fn api(&self) -> OpenApiRouter {
        http::api(self.clone())
    }

    /// What relying parties fetch: `/ca/NAME.cer`, `/crl/NAME.crl`, `/ocsp`.
    pub fn public(&self) -> Router {
        http::public(self.clone())
    }

    /// Every authority, by name.
    pub fn authorities(&self) -> Vec<Authority> {
        self.0.authorities.load().values().cloned().collect()
    }

    /// The authority named `name`.
    ///
    /// # Errors
    /// [`Error::NoSuchAuthority`].
    pub fn authority(&self, name: &str) -> Result<Authority, Error> {
        let authorities = self.0.authorities.load();
        let found = authorities.get(name).cloned();
        found.ok_or_else(|| Error::NoSuchAuthority(name.to_owned()))
    }

    /// The profiles of this installation.
    pub fn profiles(&self) -> &Profiles {
        &self.0.profiles
    }

    /// The records, which other nodes read as well.
    pub fn records(&self) -> &Records {
        &self.0.records
    }

    fn authority_by_id(&self, id: &str) -> Result<Authority, Error> {
        let authorities = self.0.authorities.load();
        let found = authorities.values().find(|authority| authority.id() == id);
        found
            .cloned()
            .ok_or_else(|| Error::NoSuchAuthority(id.to_owned()))
    }

    /// Reads the authorities and their certificates again, as after a change by any node. An
    /// authority whose key this node cannot use stays as it was.
    async fn reload_authorities(&self) -> Result<(), Error> {
        let mut authorities = BTreeMap::clone(&self.0.authorities.load());
        for (name, loaded) in self.load_authorities().await? {
            match loaded {
                Ok(authority) => {
                    authorities.insert(name, authority);
                }
                Err(error) => tracing::error!(%error, ca = name, "an authority was not loaded"),
            }
        }
        self.0.authorities.store(Arc::new(authorities));
        Ok(())
    }

    async fn load_authorities(&self) -> Result<Vec<(String, Result<Authority, Error>)>, Error> {
        let records = store::authorities(self.store()).await?;
        let certificates = store::authority_certificates(self.store()).await?;
        let mut authorities = Vec::with_capacity(records.len());
        for record in records {
            let name = record.name.clone();
            authorities.push((name, self.load_authority(record, &certificates).await));
        }
        Ok(authorities)
    }

    async fn load_authority(
        &self,
        record: AuthorityRecord,
        certificates: &AuthorityCertificates,
    ) -> Result<Authority, Error> {
        let chain = certificates.chain_of(&record.id, self.clock().now());
        let Some(active) = chain.first() else {
            return Err(Error::NoAuthorityCertificate(record.name));
        };
        let key = self.0.keyring.find(&active.key_uri).await?;
        let own = certificates.of(&record.id).to_vec();
        let urls = &self.0.config.urls;
        Authority::new(record, own, chain, key, &self.0.profiles, urls)
    }

    /// Fails if the authority's certificate, or one above it, is revoked.
    async fn check_not_revoked(&self, authority: &Authority) -> Result<(), Error> {
        let asked_at = Instant::now();
        let known = self.0.found_valid.lock().get(authority.id()).copied();
        if known.is_some_and(|at| asked_at.saturating_duration_since(at) < FOUND_VALID) {
            return Ok(());
        }
        // A root cannot revoke itself.
        let links = authority.chain().iter();
        for link in links.filter(|link| !link.certificate.is_self_signed()) {
            let serial = link.certificate.serial();
            if store::is_revoked(self.store(), &link.issuer_id, serial).await? {
                return Err(Error::AuthorityRevoked(authority.name().to_owned()));
            }
        }
        let id = authority.id().to_owned();
        self.0.found_valid.lock().insert(id, asked_at);
        Ok(())
    }

    /// A certificate was revoked by this node: it may have been an authority's.
    fn forget_valid_authorities(&self) {
        self.0.found_valid.lock().clear();
    }

    async fn enforce(
        &self,
        caller: &Caller,
        action: Action,
        resource: &Resource,
    ) -> Result<(), AccessError> {
        self.0.access.enforce(caller, action, resource).await
    }

    /// The lock held while a CRL of this authority is published.
    fn publication_turn(&self, authority_id: &str) -> Arc<tokio::sync::Mutex<()>> {
        let mut turns = self.0.publication_turns.lock();
        Arc::clone(turns.entry(authority_id.to_owned()).or_default())
    }

    /// Makes cached OCSP responses of an authority stale that were signed before `epoch`.
    fn invalidate_before(&self, authority_id: &str, epoch: i64) {
        if let Some(responder) = self.0.responder.get() {
            responder.invalidate_before(authority_id, epoch);
        }
    }

    fn urls(&self) -> &PublicationUrls {
        &self.0.config.urls
    }

    fn keyring(&self) -> &Keyring {
        &self.0.keyring
    }

    fn store(&self) -> &Store {
        &self.0.records.store
    }

    fn clock(&self) -> &SharedClock {
        &self.0.records.clock
    }

    fn config(&self) -> &Config {
        &self.0.config
    }
}
