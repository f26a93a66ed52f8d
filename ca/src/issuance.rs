//! The one way to a certificate (rule 2).
//!
//! Requests, authorities and the services of this system all come through
//! [`issue_certificate`]. The order is what protects the signing key: resolve, enforce, build,
//! lint, record the intent, sign, compare, store, release. The verbs enforce; everything else
//! is here. The right to sign is a value, [`SigningRight`], that signing consumes.

use std::sync::Arc;

use aws_lc_rs::rand::SystemRandom;
use hsm_adapters::Key;
use jiff::{SignedDuration, Timestamp};
use pki::{Certificate, GeneralName, Linted, PublicKey, SerialNumber, Subject, Validity};
use platform_access::{Caller, UnitId};
use platform_log::{AuditSink as _, Entry, RecordEntry as _, Subject as LogSubject};
use platform_store::AppendBatch;

use crate::{
    Error, Service,
    actions::ISSUE_CERTIFICATE,
    compromised_keys,
    model::{Authority, CertificateNames, CertificateProfile, IssuerTemplate},
    store,
};

/// What is about to be issued, and by whom: the result of resolving a request.
#[derive(Clone, Debug)]
pub(crate) struct Plan {
    pub(crate) issuer: PlannedIssuer,
    pub(crate) profile: Arc<CertificateProfile>,
    pub(crate) names: CertificateNames,
    pub(crate) public_key: PublicKey,
    /// The unit that will own the certificate.
    pub(crate) unit: UnitId,
    /// The service that the certificate is for, if it is one of this system's own.
    pub(crate) service: Option<String>,
    /// How long it lives, if not as long as its profile allows.
    pub(crate) lifetime: Option<SignedDuration>,
    /// The names that the request asked for, if the issuer decided others.
    pub(crate) overridden: Option<CertificateNames>,
}

/// The signing side of a plan: an authority, or a root that is about to sign its own certificate.
#[derive(Clone, Debug)]
pub(crate) struct PlannedIssuer {
    pub(crate) id: String,
    pub(crate) name: String,
    pub(crate) key: Arc<dyn Key>,
    pub(crate) template: IssuerTemplate,
    /// None for a root's own certificate.
    pub(crate) validity: Option<Validity>,
}

/// The right to sign one certificate: it passed the linter, and the intent to sign it is on disk.
#[must_use = "sign it, or drop it"]
struct SigningRight(Linted);

impl PlannedIssuer {
    pub(crate) fn from_authority(
        authority: &Authority,
        profile: &CertificateProfile,
    ) -> Result<Self, Error> {
        Ok(Self {
            id: authority.id().to_owned(),
            name: authority.name().to_owned(),
            key: Arc::clone(authority.key()),
            template: authority.template(profile)?,
            validity: Some(authority.validity()),
        })
    }
}

/// Issues the certificate that `resolve` plans. Rows that `also` adds are committed in the same
/// transaction as the certificate and its audit entry.
///
/// The caller has enforced [`ISSUE_CERTIFICATE`] or an action that implies it. `about` names, in
/// the log, what a failure was about.
///
/// # Errors
/// Any [`Error`], always recorded in the log; no certificate was issued then.
pub(crate) async fn issue_certificate(
    ca: &Service,
    caller: &Caller,
    about: LogSubject,
    resolve: impl AsyncFnOnce() -> Result<Plan, Error>,
    also: impl FnOnce(&Plan, &Certificate, &mut AppendBatch),
) -> Result<Certificate, Error> {
    let outcome = attempt(ca, caller, resolve, also).await;
    if let Err(error) = &outcome {
        record_failure(ca, caller, about, error).await?;
    }
    outcome
}

async fn attempt(
    ca: &Service,
    caller: &Caller,
    resolve: impl AsyncFnOnce() -> Result<Plan, Error>,
    also: impl FnOnce(&Plan, &Certificate, &mut AppendBatch),
) -> Result<Certificate, Error> {
    // 1. Resolve: which authority, which profile, which names of the request.
    let plan = resolve().await?;
    let Plan {
        issuer,
        profile,
        names,
        public_key,
        ..
    } = &plan;
    let now = ca.clock().now();
    profile.check_key(public_key)?;
    if compromised_keys::is_compromised(ca, public_key).await? {
        return Err(Error::CompromisedKey);
    }
    // 2. Build.
    let unsigned = issuer
        .template
        .template
        .certificate(&Subject {
            serial: SerialNumber::new(now, &SystemRandom::new())?,
            name: &names.subject,
            public_key,
            validity: profile.validity(now, plan.lifetime, issuer.validity)?,
            alt_names: &names.alternative_names,
        })
        .map_err(Error::BadRequest)?;
    // 3. Lint, against the standards and the profile.
    let linted = unsigned.lint(&issuer.template.rules)?;
    // 4. Record the intent: from here on this serial number is used.
    let right = record_intent(ca, issuer, linted, now).await?;
    // 5. Sign, and compare with what was linted.
    let certificate = right.sign(issuer.key.as_ref()).await?;
    // 6. Store certificate, audit entry and further rows in one transaction.
    let mut batch = AppendBatch::default();
    store::append_certificate(
        &mut batch,
        &store::IssuedCertificate {
            authority_id: &issuer.id,
            unit: &plan.unit,
            profile,
            requester: &caller.actor.to_string(),
            issued_at: now,
            certificate: &certificate,
        },
    );
    batch.audit(entry(caller, &plan, &certificate, now));
    also(&plan, &certificate, &mut batch);
    ca.store().append(batch).await?;
    // 7. Release.
    metrics::counter!("xinshu_ca_certificates_issued_total", "profile" => profile.name.clone())
        .increment(1);
    Ok(certificate)
}

async fn record_intent(
    ca: &Service,
    issuer: &PlannedIssuer,
    linted: Linted,
    now: Timestamp,
) -> Result<SigningRight, Error> {
    let intent = store::intent(&issuer.id, linted.serial(), linted.digest(), now);
    ca.store().append(intent).await?;
    Ok(SigningRight(linted))
}

impl SigningRight {
    async fn sign(self, key: &dyn Key) -> Result<Certificate, Error> {
        Ok(self.0.sign(key).await?)
    }
}

/// The entry of an issued certificate: enough to prove later which bytes were issued.
fn entry(caller: &Caller, plan: &Plan, certificate: &Certificate, now: Timestamp) -> Entry {
    let subject = LogSubject::thing(format!("certificate:{}", certificate.serial()));
    let entry = Entry::new(ISSUE_CERTIFICATE, caller, subject, now)
        .with("ca", plan.issuer.name.as_str())
        .with("authority", plan.issuer.id.as_str())
        .with("profile", plan.profile.name.as_str())
        .with("profile_version", plan.profile.version)
        .with("sha256", hex::encode(certificate.fingerprint()));
    let entry = match &plan.overridden {
        Some(requested) => entry
            .with_personal("requested_subject", requested.subject.to_string())
            .with_personal("requested_names", list(&requested.alternative_names))
            .with_personal("issued_subject", plan.names.subject.to_string())
            .with_personal("issued_names", list(&plan.names.alternative_names)),
        None => entry,
    };
    match &plan.service {
        Some(service) => entry.with("service", service.as_str()),
        None => entry,
    }
}

fn list(names: &[GeneralName]) -> String {
    let names: Vec<_> = names.iter().map(GeneralName::to_string).collect();
    names.join(", ")
}

/// Failures are audited. If the entry cannot be written, the store's error is returned instead.
async fn record_failure(
    ca: &Service,
    caller: &Caller,
    about: LogSubject,
    error: &Error,
) -> Result<(), Error> {
    let entry = Entry::new(ISSUE_CERTIFICATE, caller, about, ca.clock().now());
    let entry = match error {
        // Nothing can be written if the database failed.
        Error::Store(_) => return Ok(()),
        refusal if refusal.is_refusal() => entry.refused(refusal.cause_for_log()),
        failure => entry.failed(failure.to_string()),
    };
    Ok(ca.store().record(entry).await?)
}
