//! Certificates for this system's own services: responders, units, listeners.

use aws_lc_rs::rand::SystemRandom;
use jiff::{SignedDuration, Timestamp};
use pki::{Certificate, GeneralName, Name, PublicKey, SerialNumber, Subject, Validity, oid};
use platform::audit::AuditSink as _;
use platform::{
    Caller,
    store::{Appended, Tx},
};

use crate::{
    Error, Service,
    hierarchy::begin,
    model::{Authority, ProfileName, Purpose},
    store::{self, ServiceRow},
};

const YEAR: i64 = 365 * 24 * 3600;

/// A certificate that this system needs for itself.
#[derive(Clone, Debug)]
pub enum ServiceUse {
    /// The delegated OCSP responder of an authority (RFC 6960 §4.2.2.2).
    OcspResponder,
    /// A time-stamping unit.
    TimeStamping,
    /// This server's TLS listener, with these names.
    TlsServer(Vec<GeneralName>),
}

/// The key of a service: a certificate needs its public half alone.
#[derive(Clone, Copy, Debug)]
pub struct ServiceKey<'a> {
    /// Where it lives.
    pub uri: &'a str,
    /// DER SubjectPublicKeyInfo.
    pub public_key: &'a [u8],
}

/// A service's certificate.
#[derive(Clone, Debug)]
pub struct ServiceCertificate {
    /// Where its key lives.
    pub key_uri: String,
    /// The certificate and those above it, leaf first, without the root.
    pub chain: Vec<Certificate>,
}

impl ServiceCertificate {
    /// The chain as PEM.
    pub fn chain_pem(&self) -> String {
        Certificate::bundle_to_pem(&self.chain)
    }
}

/// The certificate that a service shows: of those that are not revoked, the newest that
/// is valid now. Where none is, the newest one of all: a clock that was ahead for a
/// while may have left certificates that begin in the future.
pub(crate) async fn current(
    service: &Service,
    name: &str,
) -> Result<Option<(ServiceRow, Certificate)>, Error> {
    let now = service.clock().now();
    let mut newest = None;
    for row in store::services(service.store(), name).await? {
        let certificate = Certificate::from_der(&row.certificate)?;
        if certificate.validity().contains(now) {
            return Ok(Some((row, certificate)));
        }
        newest = newest.or(Some((row, certificate)));
    }
    Ok(newest)
}

/// The current certificate kept under `name`, with those above it.
pub(crate) async fn newest(
    service: &Service,
    name: &str,
) -> Result<Option<ServiceCertificate>, Error> {
    let Some((row, certificate)) = current(service, name).await? else {
        return Ok(None);
    };
    let authorities = store::authorities(service.store()).await?;
    let mut chain = vec![certificate];
    let mut above = row.issuer;
    while let Some(authority) = authorities.iter().find(|authority| authority.name == above) {
        if authority.issuer == authority.name {
            break;
        }
        chain.push(Certificate::from_der(&authority.certificate)?);
        above.clone_from(&authority.issuer);
    }
    Ok(Some(ServiceCertificate {
        key_uri: row.key_uri,
        chain,
    }))
}

/// True after two thirds of a certificate's life.
pub(crate) fn needs_renewal(certificate: &Certificate, now: Timestamp) -> bool {
    let validity = certificate.validity();
    let life = validity.not_after.duration_since(validity.not_before);
    now > validity.not_before + life * 2 / 3
}

/// True after three quarters of a certificate's life: it should have been renewed
/// a while ago, and nobody did.
pub fn renewal_is_overdue(certificate: &Certificate, now: Timestamp) -> bool {
    let validity = certificate.validity();
    let life = validity.not_after.duration_since(validity.not_before);
    now > validity.not_before + life * 3 / 4
}

/// Renews every service certificate that has lived two thirds of its life, for
/// the same key and names. Needs no service's private key.
pub(crate) async fn renew_due(service: &Service) -> Result<(), Error> {
    let now = service.clock().now();
    let mut outcome = Ok(());
    // One that fails keeps no other back.
    for name in store::service_names(service.store()).await? {
        // A key that was compromised is certified no more: `init` makes another.
        let Some((row, certificate)) = current(service, &name).await? else {
            continue;
        };
        let authority = service.authority(&row.issuer)?;
        // One that lives as long as its authority cannot be bettered by it.
        let last = certificate.validity().not_after >= authority.certificate().validity().not_after;
        if last || !needs_renewal(&certificate, now) {
            continue;
        }
        let purpose = match certificate.extended_key_usage() {
            [oid::OCSP_SIGNING] => ServiceUse::OcspResponder,
            [oid::TIME_STAMPING] => ServiceUse::TimeStamping,
            [oid::SERVER_AUTH] => ServiceUse::TlsServer(certificate.subject_alt_names().to_vec()),
            _ => continue,
        };
        let key = ServiceKey {
            uri: &row.key_uri,
            public_key: certificate.public_key().der(),
        };
        match issue(service, &name, &row.issuer, &purpose, key).await {
            Ok(_) => tracing::info!(name, "a service's certificate was renewed"),
            Err(error) => {
                tracing::error!(%error, name, "a service's certificate was not renewed");
                outcome = Err(error);
            }
        }
    }
    outcome
}

/// A subject for a service of this system: its authority's organization and what it does.
fn own_name(authority: &Authority, what: &str) -> Result<Name, Error> {
    let subject = authority.certificate().subject();
    let organization = subject.values(oid::ORGANIZATION).next().unwrap_or("Xinshu");
    let name = Name::builder().organization(organization).common_name(what);
    Ok(name.build()?)
}

/// Issues a certificate for one of this system's own services, by the authority named `ca`.
///
/// It goes the way of every certificate (design rule 2) and is kept under `name`.
pub(crate) async fn issue(
    service: &Service,
    name: &str,
    ca: &str,
    purpose: &ServiceUse,
    key: ServiceKey<'_>,
) -> Result<Certificate, Error> {
    let caller = Caller::system("renewal");
    let now = service.clock().now();
    let authority = service.authority(ca)?;
    let (purpose, lifetime, subject, alt_names) = match purpose {
        ServiceUse::OcspResponder => (
            Purpose::OcspResponder,
            SignedDuration::from_secs(30 * 24 * 3600),
            own_name(&authority, "OCSP Responder")?,
            vec![],
        ),
        ServiceUse::TimeStamping => (
            Purpose::TimeStamping,
            SignedDuration::from_secs(5 * YEAR),
            own_name(&authority, "Time-Stamping Unit")?,
            vec![],
        ),
        ServiceUse::TlsServer(names) => {
            let name = names.iter().find_map(|name| match name {
                GeneralName::Dns(name) => Some(name.as_str()),
                _ => None,
            });
            let subject = name.map_or_else(|| Ok(Name::empty()), Name::from_common_name)?;
            let purpose = Purpose::EndEntity(ProfileName::TlsServer);
            (
                purpose,
                service.config().server_certificate_lifetime,
                subject,
                names.clone(),
            )
        }
    };
    let serial = SerialNumber::new(now, &SystemRandom::new())?;
    let end = (now + lifetime).min(authority.certificate().validity().not_after);
    let public_key = PublicKey::from_der(key.public_key).map_err(pki::Error::from)?;
    let linted = authority
        .profile(purpose)?
        .certificate(&Subject {
            serial: serial.clone(),
            name: &subject,
            public_key: &public_key,
            validity: Validity::new(begin(now, Some(&authority)), end)?,
            alt_names: &alt_names,
        })?
        .lint()?;
    let intent = store::intent(&serial, ca, linted.digest(), now);
    service.store().append(intent).await?;
    let certificate = linted.sign(authority.key().as_ref()).await?;
    let label = format!("service:{name}");
    let mut rows = Appended::default();
    store::issued(
        &mut rows,
        &store::IssuedRow {
            issuer: ca,
            profile: "service",
            requester: "system",
            issued_at: now,
            certificate: &certificate,
        },
    );
    rows.audit(crate::issue::entry(
        &caller,
        &certificate,
        &authority,
        &label,
        now,
    ));
    service.store().append(rows).await?;
    let row = ServiceRow {
        key_uri: key.uri.to_owned(),
        issuer: ca.to_owned(),
        certificate: certificate.der().to_vec(),
    };
    let name = name.to_owned();
    service
        .store()
        .transact_boxed(move |tx: &mut Tx<'_>| {
            let (name, row, serial) = (name.clone(), row.clone(), serial.clone());
            Box::pin(async move { store::insert_service(tx, &name, &row, &serial, end).await })
        })
        .await?;
    Ok(certificate)
}
