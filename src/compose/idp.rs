//! The identity provider.

use std::{sync::Arc, time::Duration};

use anyhow::{Context as _, Result, bail};
use axum::{Router, extract::Request, routing::any};
use platform_runtime::settings::Settings;
use tower::ServiceExt as _;

use super::{Node, NodeBase, Parts};

/// The endpoints that clients may use with a client certificate (RFC 8705 §5).
const MTLS_ENDPOINTS: [&str; 4] = [
    "/oauth2/token",
    "/oauth2/introspect",
    "/oauth2/revoke",
    "/oauth2/userinfo",
];

/// Opens the identity provider with its signing keys.
pub(crate) async fn open(base: &NodeBase, settings: &Settings) -> Result<idp::Service> {
    let NodeBase { store, keyring, .. } = base;
    let Some((es256, rs256)) = idp::key_uris(store).await? else {
        bail!("the identity provider has no keys; run xinshu init again");
    };
    let key = async |uri: String| {
        let found = keyring.find(&uri).await;
        found.context("the identity provider's key")
    };
    let keys = idp::SigningKeys {
        es256: key(es256).await?,
        rs256: key(rs256).await?,
    };
    let clock = base.shared_clock();
    idp::Service::new(config(settings), store.clone(), clock, keys).context("the identity provider")
}

pub(super) fn parts(node: &Arc<Node>) -> Option<Parts> {
    let idp = node.idp.as_ref()?;
    let mut mtls = Router::new();
    for endpoint in MTLS_ENDPOINTS {
        let routes = idp.routes();
        mtls = mtls.route(
            endpoint,
            any(move |request: Request| routes.clone().oneshot(request)),
        );
    }
    Some(Parts {
        api: idp.api(),
        https: idp.routes(),
        mtls,
        jobs: idp.jobs(),
        ..Parts::default()
    })
}

fn config(settings: &Settings) -> idp::Config {
    let idp = &settings.idp;
    let minutes = |minutes: u32| Duration::from_secs(60 * u64::from(minutes));
    let days = |days: u32| Duration::from_secs(24 * 3600 * u64::from(days));
    idp::Config {
        issuer: settings.public.url.clone(),
        access_token_lifetime: minutes(idp.access_token_minutes),
        id_token_lifetime: minutes(idp.access_token_minutes),
        session_idle: minutes(idp.idle_minutes),
        session_lifetime: minutes(idp.session_hours * 60),
        refresh_token_idle: days(idp.refresh_days),
        refresh_token_lifetime: days(idp.refresh_days),
        ..idp::Config::default()
    }
}
