//! Releasing a certificate that is on hold.

use pki::SerialNumber;
use platform_access::{Caller, Resource, UnitId};
use platform_log::{AuditSink as _, Entry, Subject as LogSubject};
use platform_runtime::jobs;
use platform_store::Tx;

use crate::{
    Error, Service,
    actions::RELEASE_CERTIFICATE,
    jobs::PUBLISH_DUE_CRLS,
    revoke::{find, wait_for_crl},
    store,
};

/// A certificate to release.
#[derive(Clone, Debug)]
pub struct ReleaseRequest {
    /// Its serial number.
    pub serial: SerialNumber,
    /// The name of the authority that issued it; needed only if several issued this number.
    pub authority: Option<String>,
    /// Whether to return only once a CRL no longer lists it.
    pub wait_for_crl: bool,
}

/// Releases a certificate that was revoked for certificateHold. OCSP calls it good at once, and
/// the next full CRL does not list it (RFC 5280 §5.3.1); the same transaction schedules that CRL.
///
/// # Errors
/// [`Error::Access`], [`Error::NoSuchCertificate`], [`Error::NotOnHold`], and those of the
/// database.
pub async fn release(ca: &Service, caller: &Caller, request: ReleaseRequest) -> Result<(), Error> {
    let serial = &request.serial;
    let found = find(ca, serial, request.authority.as_deref()).await;
    let unit = found
        .as_ref()
        .map_or_else(|_| UnitId::ROOT, |found| found.unit.clone());
    let resource = Resource::new("certificate", serial.to_string()).in_unit(unit);
    ca.enforce(caller, RELEASE_CERTIFICATE, &resource).await?;
    let certificate = found?;
    let subject = LogSubject::thing(format!("certificate:{serial}"));
    let entry = Entry::new(RELEASE_CERTIFICATE, caller, subject, ca.clock().now())
        .with("ca", certificate.authority_name.as_str())
        .with("authority", certificate.authority_id.as_str());
    let key = certificate.clone();
    let epoch = ca
        .store()
        .transact(async move |tx: &mut Tx<'_>| {
            // First, as in `revoke`: a second node then waits here without holding a lock.
            let _ = jobs::schedule_now(tx, PUBLISH_DUE_CRLS).await?;
            if !store::delete_hold(tx, &key).await? {
                return Err(Error::NotOnHold(key.serial.to_string()));
            }
            tx.audit(entry.clone());
            Ok::<_, Error>(store::advance_epoch(tx, &key.authority_id).await?)
        })
        .await?;
    ca.invalidate_before(&certificate.authority_id, epoch);
    metrics::counter!("xinshu_ca_certificates_released_total").increment(1);
    if request.wait_for_crl {
        wait_for_crl(ca, &certificate, epoch).await;
    }
    Ok(())
}
