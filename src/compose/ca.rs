//! The certificate authority.

use std::{sync::Arc, time::Duration};

use anyhow::{Context as _, Result, anyhow};
use jiff::SignedDuration;
use platform_runtime::settings::Settings;

use super::{Background, Node, NodeBase, Parts};

/// Opens the certificate authority with the keys of its authorities.
pub(crate) async fn open(base: &NodeBase, settings: &Settings) -> Result<ca::Service> {
    let records = ca::Records::new(base.store.clone(), base.shared_clock());
    let (access, keyring) = (base.access.clone(), Arc::clone(&base.keyring));
    ca::Service::open(config(settings)?, records, access, keyring)
        .await
        .context("the certificate authority")
}

pub(super) fn parts(node: &Arc<Node>) -> Option<Parts> {
    let ca = node.ca.as_ref()?;
    Some(Parts {
        api: ca.api(),
        http: ca.public(),
        jobs: ca.jobs(),
        ..Parts::default()
    })
}

pub(super) async fn start(node: Arc<Node>) -> Result<Background> {
    let Some(ca) = &node.ca else {
        return Ok(Vec::new());
    };
    ca.start_responders().await?;
    // RFC 5280 §5: relying parties find a CRL from the first moment on.
    ca::publish_crl::publish_all(ca)
        .await
        .context("the CRLs at the start")?;
    Ok(vec![Box::pin(ca.clone().housekeeping())])
}

fn config(settings: &Settings) -> Result<ca::Config> {
    let ca = &settings.ca;
    let policy = pki::ObjectIdentifier::new(&ca.policy)
        .map_err(|_| anyhow!("ca.policy = {:?} is not an OID", ca.policy))?;
    Ok(ca::Config {
        urls: ca::PublicationUrls {
            http_url: settings.public.http_url.clone(),
            policy,
        },
        crl_period: Duration::from_secs(3600 * u64::from(ca.crl_hours)),
        crl_lifetime: SignedDuration::from_hours(ca.crl_lifetime_hours.into()),
        ocsp_lifetime: SignedDuration::from_hours(ca.ocsp_lifetime_hours.into()),
        backdate: SignedDuration::from_secs(ca.backdate_seconds.into()),
        server_certificate_lifetime: SignedDuration::from_hours(
            24 * i64::from(ca.server_certificate_days),
        ),
    })
}
