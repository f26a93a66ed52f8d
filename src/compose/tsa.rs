//! The time-stamp authority.

use std::sync::Arc;

use anyhow::{Context as _, Result};
use pki::tsp::Accuracy;
use platform_runtime::settings::Settings;

use super::{Node, NodeBase, Parts};

/// The service name of the default time-stamping unit's certificate.
pub(crate) const UNIT_CERTIFICATE: &str = "tsa:default";

/// Opens the time-stamp authority with the keys of its units.
pub(crate) async fn open(base: &NodeBase, settings: &Settings) -> Result<tsa::Service> {
    let (config, store) = (config(settings), base.store.clone());
    tsa::Service::open(config, store, base.shared_clock(), &base.keyring)
        .await
        .context("the time-stamp authority")
}

pub(super) fn parts(node: &Arc<Node>) -> Option<Parts> {
    let tsa = node.tsa.as_ref()?;
    Some(Parts {
        api: tsa.api(),
        https: tsa.routes(),
        http: tsa.routes(),
        ..Parts::default()
    })
}

fn config(settings: &Settings) -> tsa::Config {
    let milliseconds = settings.tsa.accuracy_milliseconds;
    tsa::Config {
        policy: settings.tsa.policy.clone(),
        accuracy: Accuracy {
            seconds: milliseconds / 1000,
            millis: (milliseconds % 1000) as u16,
            micros: 0,
        },
    }
}
