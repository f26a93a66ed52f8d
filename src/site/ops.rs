//! The operations listener: health, readiness, metrics.

use std::sync::{
    Arc, OnceLock,
    atomic::{AtomicBool, Ordering},
};

use anyhow::{Context as _, Result};
use arc_swap::ArcSwapOption;
use axum::{
    Json, Router,
    extract::State,
    http::{HeaderValue, StatusCode, header},
    response::{IntoResponse, Response},
    routing::get,
};
use metrics_exporter_prometheus::{PrometheusBuilder, PrometheusHandle};
use serde_json::json;

use crate::node::Node;

/// Whether this node takes work: false once it is stopping.
#[derive(Clone, Debug)]
pub(crate) struct Readiness {
    ready: Arc<AtomicBool>,
    /// What is wrong with the TLS certificate.
    certificate: Arc<ArcSwapOption<String>>,
    metrics: PrometheusHandle,
}

impl Readiness {
    /// Starts recording metrics; once a process.
    pub(crate) fn new() -> Result<Self> {
        static METRICS: OnceLock<PrometheusHandle> = OnceLock::new();
        let metrics = match METRICS.get() {
            Some(handle) => handle.clone(),
            None => {
                const SECONDS: [f64; 10] = [
                    0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.5, 2.0,
                ];
                let handle = PrometheusBuilder::new()
                    .set_buckets(&SECONDS)
                    .and_then(PrometheusBuilder::install_recorder)
                    .context("metrics")?;
                METRICS.get_or_init(|| handle).clone()
            }
        };
        Ok(Self {
            ready: Arc::new(AtomicBool::new(true)),
            certificate: Arc::default(),
            metrics,
        })
    }

    /// From now on `/readyz` says no, so that balancers turn away.
    pub(crate) fn stop(&self) {
        self.ready.store(false, Ordering::SeqCst);
    }

    /// Remembers what is wrong with the TLS certificate, if anything is.
    pub(crate) fn certificate(&self, wrong: Option<String>) {
        self.certificate.store(wrong.map(Arc::new));
    }

    /// Folds recorded samples into histograms, so that they do not pile up.
    pub(crate) fn upkeep(&self) {
        self.metrics.run_upkeep();
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
        .route("/readyz", get(readyz))
        .route("/metrics", get(metrics));
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
    let serving = ops.readiness.ready.load(Ordering::SeqCst);
    let ready = serving && database.is_ok() && keys.is_ok();
    let told =
        |outcome: &Result<(), String>| outcome.clone().err().unwrap_or_else(|| "ok".to_owned());
    // Told, and no reason to turn away: the certificate that is there is still shown.
    let certificate = ops.readiness.certificate.load();
    let certificate = certificate.as_ref().map_or("ok", |wrong| wrong.as_str());
    let body = json!({
        "ready": ready,
        "stopping": !serving,
        "database": told(&database),
        "keys": told(&keys),
        "certificate": certificate,
    });
    let status = if ready {
        StatusCode::OK
    } else {
        StatusCode::SERVICE_UNAVAILABLE
    };
    let mut response = (status, Json(body)).into_response();
    if !ready {
        response
            .headers_mut()
            .insert(header::RETRY_AFTER, HeaderValue::from_static("2"));
    }
    response
}

async fn metrics(State(ops): State<Ops>) -> Response {
    let headers = [(header::CONTENT_TYPE, "text/plain; version=0.0.4")];
    (headers, ops.readiness.metrics.render()).into_response()
}

/// Moves this process' clock, in builds for tests alone.
#[cfg(feature = "test-clock")]
async fn advance(
    State(ops): State<Ops>,
    axum::extract::Path(seconds): axum::extract::Path<i64>,
) -> String {
    use platform::Clock as _;
    ops.node.clock.advance(seconds);
    ops.node.clock.now().to_string()
}
