//! Revoking a certificate.

use std::time::Duration;

use pki::{RevocationReason, SerialNumber};
use platform_access::{Caller, Resource, UnitId};
use platform_log::{AuditSink as _, Entry, Subject as LogSubject};
use platform_runtime::jobs;
use platform_store::Tx;

use crate::{
    Error, Service,
    actions::REVOKE_CERTIFICATE,
    jobs::PUBLISH_DUE_CRLS,
    publish_crl,
    store::{self, CertificateKey, Revoked},
};

/// A certificate that shall be revoked.
#[derive(Clone, Debug)]
pub struct RevocationRequest {
    /// Its serial number.
    pub serial: SerialNumber,
    /// The name of the authority that issued it; needed only if several issued this number.
    pub authority: Option<String>,
    /// Why.
    pub reason: RevocationReason,
    /// Whether to return only once a CRL lists it.
    pub wait_for_crl: bool,
}

/// How long a caller waits for a CRL at most, which is less than a request may take. The
/// revocation itself is done by then.
const LONGEST_WAIT: Duration = Duration::from_secs(15);

/// Revokes a certificate, or changes the reason for which it is revoked: to keyCompromise, or
/// from certificateHold to any other. The revocation time does not change then. The revocation is
/// effective once it is on disk; OCSP reports it at once.
///
/// The same transaction schedules the job that publishes the authority's CRL, on any node, so
/// that this happens even if this node dies in between. A thousand revocations need not be a
/// thousand CRLs: callers that wait share one.
///
/// # Errors
/// [`Error::Access`], [`Error::NoSuchCertificate`], [`Error::AlreadyRevoked`],
/// [`Error::RootNotRevocable`], and those of the database.
pub async fn revoke(
    ca: &Service,
    caller: &Caller,
    request: RevocationRequest,
) -> Result<(), Error> {
    let serial = &request.serial;
    let found = find(ca, serial, request.authority.as_deref()).await;
    let unit = found
        .as_ref()
        .map_or_else(|_| UnitId::ROOT, |found| found.unit.clone());
    let resource = Resource::new("certificate", serial.to_string()).in_unit(unit);
    ca.enforce(caller, REVOKE_CERTIFICATE, &resource).await?;
    let certificate = found?;
    let now = ca.clock().now();
    let subject = LogSubject::thing(format!("certificate:{serial}"));
    let entry = Entry::new(REVOKE_CERTIFICATE, caller, subject, now)
        .with("ca", certificate.authority_name.as_str())
        .with("authority", certificate.authority_id.as_str())
        .with("reason", request.reason.name());
    let reason = request.reason;
    let key = certificate.clone();
    let epoch = ca
        .store()
        .transact(async move |tx: &mut Tx<'_>| {
            // First, so that of two nodes that revoke one waits here and holds nothing yet.
            // The run finds nothing to do if the CRL has been published by then.
            let _ = jobs::schedule_now(tx, PUBLISH_DUE_CRLS).await?;
            let mut entry = entry.clone();
            if !store::insert_revocation(tx, &key, reason, now).await? {
                let before = change_reason(tx, &key, reason).await?;
                entry = entry
                    .with("previous_reason", before.reason.name())
                    .with("revoked_at", before.at.as_microsecond());
            }
            if store::is_compromise(reason) {
                store::insert_compromised_key(tx, &key).await?;
            }
            tx.audit(entry);
            Ok::<_, Error>(store::advance_epoch(tx, &key.authority_id).await?)
        })
        .await?;
    ca.invalidate_before(&certificate.authority_id, epoch);
    ca.forget_valid_authorities();
    ca.0.compromised_keys.forget();
    metrics::counter!("xinshu_ca_certificates_revoked_total").increment(1);
    if request.wait_for_crl {
        wait_for_crl(ca, &certificate, epoch).await;
    }
    Ok(())
}

/// Changes the reason of a revocation, and returns what it was before.
async fn change_reason(
    tx: &mut Tx<'_>,
    key: &CertificateKey,
    reason: RevocationReason,
) -> Result<Revoked, Error> {
    let changed = || Error::RevocationChanged(key.serial.to_string());
    let before = store::revocation(tx, key).await?.ok_or_else(changed)?;
    let was_on_hold = before.reason == RevocationReason::CertificateHold;
    let may_change = (was_on_hold && reason != before.reason)
        || (store::is_compromise(reason) && !store::is_compromise(before.reason));
    if !may_change {
        return Err(Error::AlreadyRevoked {
            serial: key.serial.to_string(),
            reason: before.reason.name(),
        });
    }
    match store::update_reason(tx, key, before.reason, reason).await? {
        true => Ok(before),
        false => Err(changed()),
    }
}

/// The certificate with this serial number, by the authority of this name if one is given.
pub(crate) async fn find(
    ca: &Service,
    serial: &SerialNumber,
    authority: Option<&str>,
) -> Result<CertificateKey, Error> {
    let authority = match authority {
        Some(name) => Some(ca.authority(name)?),
        None => None,
    };
    let mut found = store::find_certificate_keys(ca.store(), serial).await?;
    if let Some(authority) = &authority {
        found.retain(|key| key.authority_id == authority.id());
    }
    let certificate = match found.len() {
        0 => return Err(Error::NoSuchCertificate(serial.to_string())),
        1 => found.swap_remove(0),
        _ => return Err(Error::AmbiguousSerial(serial.to_string())),
    };
    if certificate.is_root {
        return Err(Error::RootNotRevocable(certificate.authority_name));
    }
    Ok(certificate)
}

/// Waits until a CRL reflects what was committed. A failure is not reported to the caller, because
/// the change is committed and the job publishes the CRL as soon as the key can be used.
pub(crate) async fn wait_for_crl(ca: &Service, certificate: &CertificateKey, epoch: i64) {
    let caller = Caller::system("crl");
    let publish = publish_crl::publish_until(ca, &caller, &certificate.authority_id, epoch);
    let name = &certificate.authority_name;
    match tokio::time::timeout(LONGEST_WAIT, publish).await {
        Ok(Ok(())) => {}
        Ok(Err(error)) => {
            tracing::error!(%error, ca = name, "the CRL for a revocation is retried soon");
        }
        Err(_) => tracing::error!(
            ca = name,
            "the CRL for a revocation takes long; a job retries it"
        ),
    }
}
