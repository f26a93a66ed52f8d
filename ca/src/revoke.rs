//! Revoking a certificate.

use pki::{RevocationReason, SerialNumber};
use platform::audit::AuditSink as _;
use platform::{
    Caller,
    audit::{Entry, Party},
    jobs::{self, Scheduled},
    store::Tx,
};

use crate::{Error, Service, authorize::authorize, jobs::PUBLISH_CRL, publish_crl, store};

const ACTION: &str = "ca.certificate.revoke";

/// Revokes a certificate and publishes a CRL that says so.
///
/// The revocation stands once it is on disk. The same commit makes the job due that
/// publishes CRLs: where the key does not serve now, or this node dies in between, it
/// is that job's, on any node.
///
/// # Errors
/// [`Error::NoSuchCertificate`], [`Error::AlreadyRevoked`], [`Error::Denied`], the database.
pub(crate) async fn revoke(
    service: &Service,
    caller: &Caller,
    serial: &SerialNumber,
    reason: RevocationReason,
) -> Result<(), Error> {
    let now = service.clock().now();
    let subject = Party::thing(format!("certificate:{serial}"));
    authorize(service, caller, ACTION, subject.clone()).await?;
    let entry = Entry::new(ACTION, caller, subject, now).with("reason", reason.name());
    let wanted = serial.clone();
    let (issuer, generation, due) = service
        .store()
        .transact_boxed(move |tx| Box::pin(write(tx, wanted.clone(), reason, now, entry.clone())))
        .await?;
    service.outdate(generation);
    metrics::counter!("xinshu_ca_certificates_revoked_total").increment(1);
    // The revocation stands: a failure from here on is not the caller's.
    match publish_crl::publish(service, caller, &issuer).await {
        Ok(_) => {
            if let Err(error) = jobs::cancel_if_unchanged(service.store(), due).await {
                tracing::warn!(%error, ca = issuer, "a CRL is published once more than needed");
            }
        }
        Err(error) => {
            tracing::error!(%error, ca = issuer, "the CRL that tells of a revocation is tried again soon");
        }
    }
    Ok(())
}

async fn write(
    tx: &mut Tx<'_>,
    serial: SerialNumber,
    reason: RevocationReason,
    now: jiff::Timestamp,
    entry: Entry,
) -> Result<(String, i64, Scheduled), Error> {
    let known = store::known(tx, serial.as_bytes())
        .await?
        .ok_or_else(|| Error::NoSuchCertificate(serial.to_string()))?;
    if known.revoked {
        return Err(Error::AlreadyRevoked(serial.to_string()));
    }
    // First, so that of two nodes that revoke one waits here and holds nothing yet.
    let due = jobs::schedule_now(tx, PUBLISH_CRL).await?;
    if !store::revoke(tx, serial.as_bytes(), &known, reason, now).await? {
        return Err(Error::AlreadyRevoked(serial.to_string()));
    }
    tx.audit(entry.with("ca", known.issuer.clone()));
    let generation = store::next_generation(tx).await?;
    Ok((known.issuer, generation, due))
}
