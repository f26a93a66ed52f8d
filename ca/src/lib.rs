#![forbid(unsafe_code)]
//! The certificate authority: whose key is this?
//!
//! A [`Service`] holds the authorities of one hierarchy and does what is asked of
//! them: [`Service::issue`], [`Service::revoke`], [`Service::publish_crl`], and
//! answers OCSP. [`Service::api`] is its REST, [`Service::public`] what relying
//! parties fetch over plain HTTP.

mod authorize;
mod error;
mod hierarchy;
mod http;
mod issue;
mod jobs;
mod model;
mod ocsp;
mod publish_crl;
mod revoke;
mod service_certificate;
mod store;
mod verify_records;

use std::{
    collections::BTreeMap,
    sync::{Arc, OnceLock},
};

use arc_swap::ArcSwap;
use axum::Router;
use crypto::random;
use hsm_adapters::Keyring;
use jiff::SignedDuration;
use pki::{Certificate, RevocationReason, SerialNumber};
use platform::{Caller, SharedClock, Store, audit::Party, jobs::Job};
use utoipa::openapi::OpenApi;
use utoipa_axum::router::OpenApiRouter;

pub use error::Error;
pub use hierarchy::NewAuthority;
pub use issue::{Issued, Order};
pub use model::{Authority, CaInfo, CertificateInfo, ProfileName, Status, parse_reason};
pub use service_certificate::{ServiceCertificate, ServiceKey, ServiceUse, renewal_is_overdue};
pub use verify_records::verify_records;

use model::Bearings;

/// What the certificate authority is told by the settings.
#[derive(Clone, Debug)]
pub struct Config {
    /// `public.http_url`: base of CRL, OCSP and CA addresses in certificates.
    pub http_url: String,
    /// `ca.policy`: the arc under which each profile has its certificate policy.
    pub policy: pki::ObjectIdentifier,
    /// How often CRLs are published.
    pub crl_period: std::time::Duration,
    /// From a CRL's thisUpdate to its nextUpdate.
    pub crl_lifetime: SignedDuration,
    /// From an OCSP answer's thisUpdate to its nextUpdate.
    pub ocsp_lifetime: SignedDuration,
    /// How long this server's own TLS certificate lives.
    pub server_certificate_lifetime: SignedDuration,
}

/// The name of the authority that issues where none is asked for.
pub const DEFAULT_CA: &str = "issuing";

/// The certificate authority. Cheap to clone.
#[derive(Clone, Debug)]
pub struct Service(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    config: Config,
    store: Store,
    clock: SharedClock,
    authorities: ArcSwap<BTreeMap<String, Authority>>,
    responder: OnceLock<ocsp::Responder>,
}

impl Service {
    /// Takes the authorities of this database into service; without a keyring, on
    /// a node that issues nothing, none.
    ///
    /// # Errors
    /// Where one of their keys is not to be had.
    pub async fn open(
        config: Config,
        store: Store,
        clock: SharedClock,
        keyring: Option<&Keyring>,
    ) -> Result<Self, Error> {
        let rows = store::authorities(&store).await?;
        let service = Self(Arc::new(Inner {
            config,
            store,
            clock,
            authorities: ArcSwap::default(),
            responder: OnceLock::new(),
        }));
        // An authority comes after the one that issued it.
        for row in rows {
            let Some(keyring) = keyring else { break };
            let key = keyring.find(&row.key_uri).await?;
            let certificate = Certificate::from_der(&row.certificate)?;
            let issuer = (row.issuer != row.name).then_some(row.issuer);
            let new = NewAuthority {
                name: row.name,
                subject: certificate.subject().clone(),
                issuer,
                key,
            };
            service.adopt(&new, certificate)?;
        }
        Ok(service)
    }

    /// Makes an authority.
    ///
    /// # Errors
    /// Where the caller may not, or a key or the database does not serve.
    pub async fn create_authority(
        &self,
        caller: &Caller,
        new: NewAuthority,
    ) -> Result<Authority, Error> {
        hierarchy::create(self, caller, new).await
    }

    /// Issues a certificate for one of this system's own services and keeps it under `name`.
    ///
    /// # Errors
    /// Where a key or the database does not serve.
    pub async fn issue_for_service(
        &self,
        name: &str,
        ca: &str,
        purpose: &ServiceUse,
        key: ServiceKey<'_>,
    ) -> Result<Certificate, Error> {
        service_certificate::issue(self, name, ca, purpose, key).await
    }

    /// The current certificate of a service, with its chain, leaf first, without the
    /// root: the newest that is valid now and not revoked.
    ///
    /// # Errors
    /// Where the database does not serve.
    pub async fn service_certificate(
        &self,
        name: &str,
    ) -> Result<Option<ServiceCertificate>, Error> {
        service_certificate::newest(self, name).await
    }

    /// Whether a service had a certificate once, and has none any more: what it had
    /// was revoked.
    ///
    /// # Errors
    /// Where the database does not serve.
    pub async fn service_is_revoked(&self, name: &str) -> Result<bool, Error> {
        Ok(store::was_served(self.store(), name).await?
            && store::services(self.store(), name).await?.is_empty())
    }

    /// Issues a certificate on request.
    ///
    /// # Errors
    /// Where it is not allowed, not possible, or a key or the database does not serve.
    pub async fn issue(&self, caller: &Caller, order: &Order) -> Result<Issued, Error> {
        issue::issue(self, caller, order).await
    }

    /// Revokes a certificate.
    ///
    /// # Errors
    /// Where it is not allowed, not there, revoked already, or the database does not serve.
    pub async fn revoke(
        &self,
        caller: &Caller,
        serial: &SerialNumber,
        reason: RevocationReason,
    ) -> Result<(), Error> {
        revoke::revoke(self, caller, serial, reason).await
    }

    /// Publishes the next CRL of an authority and tells its number.
    ///
    /// # Errors
    /// Where it is not allowed, or a key or the database does not serve.
    pub async fn publish_crl(&self, caller: &Caller, ca: &str) -> Result<i64, Error> {
        let subject = Party::thing(format!("ca:{ca}"));
        authorize::authorize(self, caller, "ca.crl.publish", subject).await?;
        publish_crl::publish(self, caller, ca).await
    }

    /// Publishes a CRL of every authority: at each start.
    ///
    /// # Errors
    /// Where a key or the database does not serve.
    pub async fn publish_all_crls(&self) -> Result<(), Error> {
        publish_crl::publish_all(self).await
    }

    /// Gives the OCSP responders their keys: from now on requests are answered.
    ///
    /// # Errors
    /// Where a responder's certificate cannot be issued or read.
    pub async fn start_responders(&self, keyring: &Keyring) -> Result<(), Error> {
        // After a long stop they may have expired: nobody should get such an answer.
        let renewal = [jobs::renewal(self)];
        platform::jobs::run_due(&renewal, self.store(), self.clock(), &random::id()).await;
        let responder = ocsp::Responder::start(self, keyring).await?;
        // A second start changes nothing: the first one's responders serve.
        let _ = self.0.responder.set(responder);
        Ok(())
    }

    /// What is known of a certificate that its holder signs in with: it was issued
    /// here, byte for byte, for authenticating clients, and is good now.
    ///
    /// # Errors
    /// Where the database does not serve.
    pub async fn is_good(&self, der: &[u8]) -> Result<Option<CertificateInfo>, Error> {
        let Ok(certificate) = Certificate::from_der(der) else {
            return Ok(None);
        };
        if !certificate
            .extended_key_usage()
            .contains(&pki::oid::CLIENT_AUTH)
        {
            return Ok(None);
        }
        let known = store::certificate(self.store(), certificate.serial().as_bytes()).await?;
        let now = self.clock().now();
        Ok(known
            .filter(|(info, issued)| {
                issued == der && info.status == "good" && certificate.validity().contains(now)
            })
            .map(|(info, _)| info))
    }

    /// What [`Self::api`] offers, without a service behind it.
    pub fn openapi() -> OpenApi {
        http::described().into_openapi()
    }

    /// REST: `/api/v1/certificates`, `/api/v1/cas`.
    pub fn api(&self) -> OpenApiRouter {
        http::api(self.clone())
    }

    /// What relying parties fetch: `/ca/NAME.cer`, `/crl/NAME.crl`, `/ocsp`.
    pub fn public(&self) -> Router {
        http::public(self.clone())
    }

    /// What runs by the clock.
    pub fn jobs(&self) -> Vec<Job> {
        jobs::jobs(self)
    }

    /// Runs on every node: renews OCSP responders' certificates, forgets stale answers.
    pub async fn housekeeping(self, keyring: Arc<Keyring>) {
        ocsp::housekeeping(self, keyring).await;
    }

    /// Every authority, by name.
    pub fn authorities(&self) -> Vec<Authority> {
        self.0.authorities.load().values().cloned().collect()
    }

    /// The authority named `name`.
    ///
    /// # Errors
    /// [`Error::NoSuchCa`].
    pub fn authority(&self, name: &str) -> Result<Authority, Error> {
        let authorities = self.0.authorities.load();
        authorities
            .get(name)
            .cloned()
            .ok_or_else(|| Error::NoSuchCa(name.to_owned()))
    }

    /// The authority that issues end-entity certificates: the named one, or the default.
    fn issuing(&self, name: Option<&str>) -> Result<Authority, Error> {
        let authority = self.authority(name.unwrap_or(DEFAULT_CA))?;
        if authority.is_root() {
            return Err(Error::Refused(format!(
                "{} issues authorities only",
                authority.name()
            )));
        }
        Ok(authority)
    }

    fn adopt(&self, new: &NewAuthority, certificate: Certificate) -> Result<Authority, Error> {
        let mut chain = vec![certificate];
        if let Some(issuer) = &new.issuer {
            chain.extend_from_slice(self.authority(issuer)?.chain());
        }
        let issuer_name = new.issuer.as_deref().unwrap_or(&new.name);
        let bearings = Bearings {
            http_url: &self.0.config.http_url,
            policy: self.0.config.policy,
        };
        let authority = Authority::new(
            &new.name,
            issuer_name,
            chain,
            Arc::clone(&new.key),
            bearings,
        )?;
        self.0.authorities.rcu(|authorities| {
            let mut authorities = BTreeMap::clone(authorities);
            authorities.insert(new.name.clone(), authority.clone());
            authorities
        });
        Ok(authority)
    }

    /// Makes every OCSP answer of before this revocation stale.
    fn outdate(&self, generation: i64) {
        if let Some(responder) = self.0.responder.get() {
            responder.outdate(generation);
        }
    }

    fn store(&self) -> &Store {
        &self.0.store
    }

    fn clock(&self) -> &SharedClock {
        &self.0.clock
    }

    fn config(&self) -> &Config {
        &self.0.config
    }
}
