//! Which routes each listener serves.

use std::sync::Arc;

use axum::{Router, middleware::from_fn_with_state};

use super::{
    health::{self, Readiness},
    listeners::Sites,
    metrics::Metrics,
};
use crate::compose::{self, Node, Parts, authenticate, finish};

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
    Sites {
        https: finish(https.merge(authenticated.clone())),
        mtls: finish(mtls.merge(authenticated)),
        http: finish(http),
        ops: finish(health::routes(node, readiness).merge(metrics.routes())),
        socket: finish(api),
    }
}
