//! What runs by the clock.

use std::time::Duration;

use platform::jobs::Job;

use crate::{Service, publish_crl, service_certificate};

/// The job that publishes every authority's CRL.
pub(crate) const PUBLISH_CRL: &str = "ca.publish_crl";
const HOUR: Duration = Duration::from_secs(3600);

pub(crate) fn jobs(service: &Service) -> Vec<Job> {
    let publishing = service.clone();
    vec![
        Job::new(PUBLISH_CRL, service.config().crl_period, move || {
            let service = publishing.clone();
            async move { publish_crl::publish_all(&service).await }
        }),
        renewal(service),
    ]
}

/// The job that renews the certificates of this system's own services.
pub(crate) fn renewal(service: &Service) -> Job {
    let service = service.clone();
    Job::new("ca.renew_service_certificates", HOUR, move || {
        let service = service.clone();
        async move { service_certificate::renew_due(&service).await }
    })
}
