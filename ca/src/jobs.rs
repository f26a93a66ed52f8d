//! What runs by the clock.

use platform::jobs::Job;

use crate::{Service, publish_crl};

pub(crate) fn jobs(service: &Service) -> Vec<Job> {
    let crl = service.clone();
    vec![Job::new("ca.publish_crl", service.config().crl_period, move || {
        let service = crl.clone();
        async move { publish_crl::publish_due(&service).await }
    })]
}
