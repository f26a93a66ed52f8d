//! The time-stamp authority.

use std::sync::Arc;

use anyhow::{Context as _, Result};
use async_trait::async_trait;
use axum::middleware::from_fn_with_state;
use ca::service_certificate;
use platform_access::Caller;
use platform_runtime::settings::Settings;
use tsa::{UnitCertificate, UnitCertificates, UnitSettings};

use super::{Background, Node, NodeBase, Parts, attach_caller};

/// The additional unit of installations whose default unit uses Ed25519 or SM2: OpenSSL cannot
/// verify such signatures in time-stamp tokens.
pub(crate) const P256_UNIT: &str = "p256";

/// Opens the time-stamp authority with the keys of its units.
pub(crate) async fn open(base: &NodeBase) -> Result<tsa::Service> {
    let records = ca::Records::new(base.store.clone(), base.shared_clock());
    tsa::Service::open(
        base.store.clone(),
        base.shared_clock(),
        base.access.clone(),
        Arc::clone(&base.keyring),
        Arc::new(RecordedCertificates(records)),
    )
    .await
    .context("the time-stamp authority")
}

pub(super) fn parts(node: &Arc<Node>) -> Option<Parts> {
    let tsa = node.tsa.as_ref()?;
    // A unit that is not public stamps for callers with a permission.
    let authenticated = from_fn_with_state(Arc::clone(node), attach_caller);
    Some(Parts {
        api: tsa.api(),
        https: tsa.routes().layer(authenticated),
        http: tsa.routes(),
        ..Parts::default()
    })
}

pub(super) async fn start(node: Arc<Node>) -> Result<Background> {
    let Some(tsa) = &node.tsa else {
        return Ok(Vec::new());
    };
    let (caller, records) = (Caller::system("start"), &node.records);
    apply_settings(tsa, &caller, &node.settings, records).await?;
    Ok(vec![Box::pin(tsa.clone().housekeeping())])
}

/// Gives the units that `init` makes the policy and the accuracy of the settings, at a node's
/// start: nodes with different settings would otherwise keep replacing each other's.
pub(crate) async fn apply_settings(
    tsa: &tsa::Service,
    caller: &Caller,
    settings: &Settings,
    records: &ca::Records,
) -> Result<()> {
    let unit = UnitSettings {
        policy: settings.tsa.policy.clone(),
        accuracy_micros: i64::from(settings.tsa.accuracy_milliseconds) * 1000,
    };
    for name in [tsa::DEFAULT_UNIT, P256_UNIT] {
        // The P-256 unit exists only where OpenSSL cannot verify the default unit's tokens.
        let certificate = service_certificate::find(records, &service_name(name)).await?;
        if name == tsa::DEFAULT_UNIT || certificate.is_some() {
            tsa::upsert_unit::upsert_unit(tsa, caller, name, &unit)
                .await
                .with_context(|| format!("the time-stamping unit {name}"))?;
        }
    }
    Ok(())
}

/// The service under whose name a unit's certificate is recorded: `tsa:default`.
pub(crate) fn service_name(unit: &str) -> String {
    format!("tsa:{unit}")
}

/// The certificates of units, from the certificate authority's records.
#[derive(Debug)]
struct RecordedCertificates(ca::Records);

#[async_trait]
impl UnitCertificates for RecordedCertificates {
    async fn find(&self, unit: &str) -> Result<UnitCertificate, String> {
        let service = service_name(unit);
        let found = service_certificate::find(&self.0, &service).await;
        if let Some(current) = found.map_err(|error| error.to_string())? {
            return Ok(UnitCertificate::Current {
                key_uri: current.key_uri,
                chain: current.chain,
                root: current.root.map(Box::new),
            });
        }
        let revoked = service_certificate::is_revoked(&self.0, &service).await;
        Ok(if revoked.map_err(|error| error.to_string())? {
            UnitCertificate::Revoked
        } else {
            UnitCertificate::None
        })
    }
}
