//! Metrics: the process-wide recorder and `/metrics`.

use std::{sync::OnceLock, time::Duration};

use anyhow::{Context as _, Result};
use axum::{Router, http::header, routing::get};
use metrics_exporter_prometheus::{PrometheusBuilder, PrometheusHandle};

/// How often recorded samples are folded into histograms.
const UPKEEP_PERIOD: Duration = Duration::from_secs(5);
/// Bounds of the histograms, in seconds.
const BUCKETS: [f64; 10] = [
    0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.5, 2.0,
];

/// The recorder of this process. Cheap to clone.
#[derive(Clone)]
pub(super) struct Metrics(PrometheusHandle);

impl Metrics {
    /// Installs the recorder, once per process.
    pub(super) fn install() -> Result<Self> {
        static INSTALLED: OnceLock<PrometheusHandle> = OnceLock::new();
        if let Some(handle) = INSTALLED.get() {
            return Ok(Self(handle.clone()));
        }
        let handle = PrometheusBuilder::new()
            .set_buckets(&BUCKETS)
            .and_then(PrometheusBuilder::install_recorder)
            .context("metrics")?;
        Ok(Self(INSTALLED.get_or_init(|| handle).clone()))
    }

    /// `/metrics`.
    pub(super) fn routes(self) -> Router {
        Router::new().route(
            "/metrics",
            get(move || async move {
                let headers = [(header::CONTENT_TYPE, "text/plain; version=0.0.4")];
                (headers, self.0.render())
            }),
        )
    }

    /// Folds samples into histograms and returns unused memory, until the node stops.
    pub(super) async fn upkeep(self) {
        loop {
            tokio::time::sleep(UPKEEP_PERIOD).await;
            self.0.run_upkeep();
            allocator::give_back();
        }
    }
}
