//! The time-stamping unit's certificate, as the authority renews it.

use std::{sync::Arc, time::Duration};

use anyhow::{Context as _, Result};
use pki::Certificate;
use platform_access::Caller;

use crate::compose::{Node, tsa::UNIT_CERTIFICATE};

/// How often units and their certificates are read again.
const PERIOD: Duration = Duration::from_secs(5);

/// Which policy a unit states.
#[derive(PartialEq, Eq)]
enum UnitPolicy {
    /// That of this node's settings. Only at a node's start: nodes with different
    /// settings would otherwise keep replacing each other's.
    FromSettings,
    /// The one that it has.
    Keep,
}

/// Gives the unit its newest certificate and the policy of the settings.
pub(super) async fn update_at_start(node: &Node, tsa: &tsa::Service) -> Result<()> {
    update(node, tsa, UnitPolicy::FromSettings).await
}

/// Gives the unit each renewed certificate, and loads what other nodes changed, until
/// the node stops.
pub(super) async fn follow(node: Arc<Node>, tsa: tsa::Service) {
    loop {
        tokio::time::sleep(PERIOD).await;
        if let Err(error) = update(&node, &tsa, UnitPolicy::Keep).await {
            tracing::warn!(%error, "the time-stamping unit's certificate was not replaced");
        }
        if let Err(error) = tsa.reload(&node.keyring).await {
            tracing::warn!(%error, "the time-stamping units could not be read again");
        }
    }
}

async fn update(node: &Node, tsa: &tsa::Service, policy: UnitPolicy) -> Result<()> {
    let records = &node.records;
    let Some(newest) = ca::service_certificate::find(records, UNIT_CERTIFICATE).await? else {
        if ca::service_certificate::is_revoked(records, UNIT_CERTIFICATE).await? {
            tsa.note_revoked(tsa::DEFAULT_UNIT);
        }
        return Ok(());
    };
    let leaf = newest.chain.first().map(Certificate::to_pem);
    let units = tsa.units();
    let unit = units.iter().find(|unit| unit.name == tsa::DEFAULT_UNIT);
    let other_policy = policy == UnitPolicy::FromSettings
        && unit.is_some_and(|unit| unit.policy != node.settings.tsa.policy);
    if unit.map(|unit| &unit.certificate) != leaf.as_ref() || other_policy {
        let key = node.keyring.find(&newest.key_uri).await;
        let key = key.with_context(|| format!("the key {}", newest.key_uri))?;
        let caller = Caller::system("renewal");
        tsa.put_unit(&caller, tsa::DEFAULT_UNIT, &newest.chain_pem(), key)
            .await?;
    }
    Ok(())
}
