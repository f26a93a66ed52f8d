//! Issuing a certificate on request.
//!
//! The order is the whole point (design rule 2): resolve, authorize, build,
//! lint, record the intent, sign, compare, store, release. The right to sign is
//! a `Linted`, which signing uses up; nothing leaves before it is on disk.

use aws_lc_rs::rand::SystemRandom;
use jiff::Timestamp;
use pki::{Certificate, CertificationRequest, SerialNumber, Subject, Validity};
use platform::audit::{AuditSink as _, RecordEntry as _};
use platform::{
    Caller,
    audit::{Entry, Party},
    store::Appended,
};

use crate::{
    Error, Service,
    authorize::authorize,
    model::{Authority, Contents, ProfileName, Purpose},
    store,
};

/// Certificates begin a little in the past: clocks differ.
pub(crate) const BACKDATE_SECONDS: i64 = 300;

/// What is asked for.
#[derive(Clone, Debug)]
pub struct Order {
    /// Under which profile.
    pub profile: ProfileName,
    /// The request, its proof of possession checked.
    pub request: CertificationRequest,
    /// By which authority; the default one where none is named.
    pub ca: Option<String>,
}

/// What was issued.
#[derive(Clone, Debug)]
pub struct Issued {
    /// The certificate.
    pub certificate: Certificate,
    /// The certificate and its chain, leaf first, as PEM.
    pub chain_pem: String,
}

pub(crate) const ACTION: &str = "ca.certificate.issue";

/// Issues one certificate.
///
/// # Errors
/// [`Error::Denied`] and [`Error::Refused`], both logged; others where a key or
/// the database does not serve, and then nothing was issued.
pub(crate) async fn issue(
    service: &Service,
    caller: &Caller,
    order: &Order,
) -> Result<Issued, Error> {
    let outcome = attempt(service, caller, order).await;
    if let Err(error) = &outcome {
        record_failure(service, caller, order, error).await?;
    }
    outcome
}

async fn attempt(service: &Service, caller: &Caller, order: &Order) -> Result<Issued, Error> {
    let now = service.clock().now();
    // 1. Resolve: which authority, which profile, what of the request.
    let authority = service.issuing(order.ca.as_deref())?;
    // 2. Authorize.
    authorize(service, caller, ACTION, subject_of(order)).await?;
    let Contents { subject, alt_names } = order.profile.contents(&order.request)?;
    // 3. Build.
    let serial = SerialNumber::new(now, &SystemRandom::new())?;
    let unsigned = authority
        .profile(Purpose::EndEntity(order.profile))?
        .certificate(&Subject {
            serial: serial.clone(),
            name: &subject,
            public_key: order.request.public_key(),
            validity: validity(&authority, now, order.profile)?,
            alt_names: &alt_names,
        })
        .map_err(Error::BadRequest)?;
    // 4. Lint.
    let linted = unsigned.lint().map_err(|error| match error {
        pki::Error::Lint(findings) => {
            Error::Refused(format!("the certificate would be wrong: {findings}"))
        }
        other => Error::Pki(other),
    })?;
    // 5. Record the intent: from here on this serial is used.
    let intent = store::intent(&serial, authority.name(), linted.digest(), now);
    service.store().append(intent).await?;
    // 6. Sign, and 7. compare with what was linted (inside).
    let certificate = linted.sign(authority.key().as_ref()).await?;
    // 8. Store, with the audit entry.
    let requester = caller.actor.to_string();
    let mut rows = Appended::default();
    store::issued(
        &mut rows,
        &store::IssuedRow {
            issuer: authority.name(),
            profile: order.profile.as_str(),
            requester: &requester,
            issued_at: now,
            certificate: &certificate,
        },
    );
    rows.audit(entry(
        caller,
        &certificate,
        &authority,
        order.profile.as_str(),
        now,
    ));
    service.store().append(rows).await?;
    // 9. Release.
    metrics::counter!("xinshu_ca_certificates_issued_total", "profile" => order.profile.as_str())
        .increment(1);
    let chain_pem = certificate.to_pem() + authority.chain_pem();
    Ok(Issued {
        certificate,
        chain_pem,
    })
}

/// The entry of an issued certificate: enough to prove later which bytes were issued.
pub(crate) fn entry(
    caller: &Caller,
    certificate: &Certificate,
    authority: &Authority,
    profile: &str,
    now: Timestamp,
) -> Entry {
    Entry::new(
        ACTION,
        caller,
        Party::thing(format!("certificate:{}", certificate.serial())),
        now,
    )
    .with("ca", authority.name())
    .with("profile", profile)
    .with("sha256", hex::encode(certificate.fingerprint()))
}

fn validity(
    authority: &Authority,
    now: Timestamp,
    profile: ProfileName,
) -> Result<Validity, Error> {
    let issuer_end = authority.certificate().validity().not_after;
    let end = (now + profile.lifetime()).min(issuer_end);
    let begin = now - jiff::SignedDuration::from_secs(BACKDATE_SECONDS);
    let begin = begin.max(authority.certificate().validity().not_before);
    Ok(Validity::new(begin, end)?)
}

/// A refusal is an act too; a failure to record it is told instead of the refusal.
async fn record_failure(
    service: &Service,
    caller: &Caller,
    order: &Order,
    error: &Error,
) -> Result<(), Error> {
    let entry = Entry::new(ACTION, caller, subject_of(order), service.clock().now())
        .with("profile", order.profile.as_str());
    let entry = match error {
        Error::Refused(_) | Error::NoSuchCa(_) => entry.refused(error.to_string()),
        // The log is for ever: it does not repeat what a request says of a person.
        Error::BadRequest(_) => entry.refused("the certification request cannot be used"),
        // Logged where it was found; and nothing can be written where the database failed.
        Error::Denied(_) | Error::Store(_) => return Ok(()),
        other => entry.failed(other.to_string()),
    };
    service.store().record(entry).await.map_err(Error::Store)
}

fn subject_of(order: &Order) -> Party {
    Party::person(format!("subject:{}", order.request.subject()))
}
