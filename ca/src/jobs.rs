//! What runs on a schedule.

use std::time::Duration;

use platform_runtime::jobs::Job;

use crate::{Service, publish_crl, renew_service_certificates::renew_service_certificates};

/// The job that publishes the CRLs of authorities with new revocations. Every revocation
/// schedules it.
pub(crate) const PUBLISH_DUE_CRLS: &str = "ca.publish_due_crls";
const HOUR: Duration = Duration::from_secs(3600);

pub(crate) fn jobs(ca: &Service) -> Vec<Job> {
    let (publishing, listing) = (ca.clone(), ca.clone());
    vec![
        Job::new("ca.publish_crl", ca.config().crl_period, move || {
            let ca = publishing.clone();
            async move { publish_crl::publish_all(&ca).await }
        }),
        Job::new(PUBLISH_DUE_CRLS, HOUR, move || {
            let ca = listing.clone();
            async move { publish_crl::publish_due(&ca).await }
        }),
        renewal(ca),
    ]
}

/// The job that renews the certificates of this system's own services.
pub(crate) fn renewal(ca: &Service) -> Job {
    let ca = ca.clone();
    Job::new("ca.renew_service_certificates", HOUR, move || {
        let ca = ca.clone();
        async move { renew_service_certificates(&ca).await }
    })
}
