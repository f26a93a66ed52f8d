//! Which routes each listener serves.

use std::sync::Arc;

use axum::{Router, middleware::from_fn_with_state};

use super::{
    health::{self, Readiness},
    listeners::Sites,
    metrics::Metrics,
};
use crate::compose::{self, Node, Parts, authenticate, finish, finish_with_pages};

/// The routes of every listener.
pub(super) fn sites(
    node: &Arc<Node>,
    parts: Vec<Parts>,
    readiness: Readiness,
    metrics: Metrics,
) -> Sites {
    let (mut https, mut mtls, mut http) = (Router::new(), Router::new(), Router::new());
    let mut contributions = Vec::new();
    for part in parts {
        https = https.merge(part.https);
        mtls = mtls.merge(part.mtls);
        http = http.merge(part.http);
        contributions.push(part.api);
    }
    #[cfg(feature = "bench")]
    let (http, https) = (
        http.merge(super::constant::routes()),
        https.merge(super::constant::routes()),
    );
    let api = compose::api(contributions);
    let authenticated = api
        .clone()
        .layer(from_fn_with_state(Arc::clone(node), authenticate));
    // People open these addresses in a browser, and continue at their account.
    let account = |base: &str| node.idp.is_some().then(|| format!("{base}/account"));
    let elsewhere = account(&node.settings.public.url);
    let with_pages = |router, home| finish_with_pages(router, node.branding.clone(), home);
    Sites {
        https: with_pages(https.merge(authenticated.clone()), account("")),
        mtls: with_pages(mtls.merge(authenticated), elsewhere.clone()),
        http: with_pages(http, elsewhere),
        ops: finish(health::routes(node, readiness).merge(metrics.routes())),
        socket: finish(api),
    }
}
