//! Health and readiness, on the operations listener.

use std::sync::{
    Arc,
    atomic::{AtomicBool, Ordering},
};

use arc_swap::ArcSwapOption;
use axum::{
    Json, Router,
    extract::State,
    http::StatusCode,
    response::{IntoResponse, Response},
    routing::get,
};
use platform_web::retry_later;
use serde_json::json;

use crate::compose::Node;

/// Whether this node accepts work. Cheap to clone.
#[derive(Clone, Debug, Default)]
pub(super) struct Readiness {
    stopping: Arc<AtomicBool>,
    certificate_fault: Arc<ArcSwapOption<String>>,
}

impl Readiness {
    /// From now on `/readyz` says no, so that load balancers turn away.
    pub(super) fn stop(&self) {
        self.stopping.store(true, Ordering::SeqCst);
    }

    /// Sets what is wrong with the TLS certificate, if anything is.
    pub(super) fn set_certificate_fault(&self, fault: Option<String>) {
        self.certificate_fault.store(fault.map(Arc::new));
    }
}

#[derive(Clone)]
struct Ops {
    node: Arc<Node>,
    readiness: Readiness,
}

pub(super) fn routes(node: &Arc<Node>, readiness: Readiness) -> Router {
    let router = Router::new()
        .route("/healthz", get(|| async { "ok\n" }))
        .route("/readyz", get(readyz));
    #[cfg(feature = "test-clock")]
    let router = router.route("/test/clock/{seconds}", axum::routing::post(advance));
    router.with_state(Ops {
        node: Arc::clone(node),
        readiness,
    })
}

async fn readyz(State(ops): State<Ops>) -> Response {
    let database = ops
        .node
        .store
        .check()
        .await
        .map_err(|error| error.to_string());
    let keys = ops
        .node
        .keyring
        .check()
        .await
        .map_err(|error| error.to_string());
    let stopping = ops.readiness.stopping.load(Ordering::SeqCst);
    let ready = !stopping && database.is_ok() && keys.is_ok();
    let state =
        |outcome: &Result<(), String>| outcome.clone().err().unwrap_or_else(|| "ok".to_owned());
    // Reported, but no reason to turn away: the certificate is still presented.
    let certificate = ops.readiness.certificate_fault.load();
    let certificate = certificate.as_ref().map_or("ok", |fault| fault.as_str());
    let body = json!({
        "ready": ready,
        "stopping": stopping,
        "database": state(&database),
        "keys": state(&keys),
        "certificate": certificate,
    });
    let status = if ready {
        StatusCode::OK
    } else {
        StatusCode::SERVICE_UNAVAILABLE
    };
    let mut response = (status, Json(body)).into_response();
    if !ready {
        retry_later(response.headers_mut());
    }
    response
}

/// Moves this process's clock, in test builds only.
#[cfg(feature = "test-clock")]
async fn advance(
    State(ops): State<Ops>,
    axum::extract::Path(seconds): axum::extract::Path<i64>,
) -> String {
    use platform_runtime::Clock as _;
    ops.node.clock.advance(seconds);
    ops.node.clock.now().to_string()
}
