//! Revoking a certificate.

use pki::{RevocationReason, SerialNumber};
use platform::{
    Caller,
    audit::{Entry, Party},
    jobs,
    store::Tx,
};

use crate::{Error, Service, authorize::authorize, jobs::PUBLISH_CRL, publish_crl, store};

const ACTION: &str = "ca.certificate.revoke";

/// Revokes a certificate and publishes a CRL that says so.
///
/// The revocation stands once it is on disk; where the CRL cannot be signed now,
/// the job that publishes CRLs is due at once.
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
    let (issuer, generation) = service
        .store()
        .transact(move |tx| Box::pin(write(tx, wanted.clone(), reason, now, entry.clone())))
        .await?;
    service.outdate(generation);
    metrics::counter!("xinshu_ca_certificates_revoked_total").increment(1);
    if let Err(error) = publish_crl::publish(service, caller, &issuer).await {
        tracing::error!(%error, ca = issuer, "the CRL that tells of a revocation is tried again soon");
        // The revocation stands: a failure from here on is not the caller's.
        if let Err(error) = jobs::make_due(service.store(), PUBLISH_CRL).await {
            tracing::error!(%error, ca = issuer, "that CRL waits for its schedule or the next start");
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
) -> Result<(String, i64), Error> {
    let known = store::known(tx, serial.as_bytes())
        .await?
        .ok_or_else(|| Error::NoSuchCertificate(serial.to_string()))?;
    if known.revoked || !store::revoke(tx, serial.as_bytes(), &known, reason, now).await? {
        return Err(Error::AlreadyRevoked(serial.to_string()));
    }
    tx.audit(entry.with("ca", known.issuer.clone()));
    let generation = store::next_generation(tx).await?;
    Ok((known.issuer, generation))
}
