//! What runs on a schedule.

use std::time::Duration;

use platform_runtime::jobs::Job;
use platform_store::{StoreError, Tx};

use crate::{Service, publish_crl, renew_service_certificates::renew_service_certificates, store};

/// The job that publishes the CRLs of authorities with new revocations. Every revocation
/// schedules it.
pub(crate) const PUBLISH_DUE_CRLS: &str = "ca.publish_due_crls";
const HOUR: Duration = Duration::from_secs(3600);
const DAY: Duration = Duration::from_secs(24 * 3600);

pub(crate) fn jobs(ca: &Service) -> Vec<Job> {
    let (publishing, listing) = (ca.clone(), ca.clone());
    vec![
        Job::new("ca.publish_crl", ca.config().crl_period, move || {
            let ca = publishing.clone();
            async move { publish_crl::publish_of_period(&ca).await }
        }),
        Job::new(PUBLISH_DUE_CRLS, HOUR, move || {
            let ca = listing.clone();
            async move { publish_crl::publish_due(&ca).await }
        }),
        compromised_keys(ca),
        renewal(ca),
    ]
}

/// The job that finds the keys of certificates that earlier versions revoked for their compromise.
fn compromised_keys(ca: &Service) -> Job {
    let ca = ca.clone();
    Job::new("ca.record_compromised_keys", DAY, move || {
        let ca = ca.clone();
        async move {
            let record = async |tx: &mut Tx<'_>| store::record_earlier_compromises(tx).await;
            while ca.store().transact(record).await? > 0 {
                ca.0.compromised_keys.forget();
            }
            Ok::<_, StoreError>(())
        }
    })
}

/// The job that renews the certificates of this system's own services.
pub(crate) fn renewal(ca: &Service) -> Job {
    let ca = ca.clone();
    Job::new("ca.renew_service_certificates", HOUR, move || {
        let ca = ca.clone();
        async move { renew_service_certificates(&ca).await }
    })
}
