//! `xinshu serve`: a node that runs until it is told to stop.

#[cfg(feature = "bench")]
mod constant;
mod health;
mod listeners;
mod metrics;
mod open_files;
mod ready_line;
mod signals;
mod sites;
mod staple;
mod tls_certificate;

use std::{sync::Arc, time::Duration};

use anyhow::{Context as _, Result};
use platform_runtime::{
    jobs::{self, Job},
    settings::Settings,
};
use platform_store::{Store, StoreError};
use tokio::{sync::watch, task::JoinSet};

use self::{
    health::Readiness, listeners::Listeners, metrics::Metrics, tls_certificate::TlsCertificate,
};
use crate::{
    compose::{self, Node, Services},
    data_folder::DataFolder,
};

/// How often it is checked whether a job is due.
const TICK: Duration = Duration::from_secs(1);

/// Serves until SIGTERM or SIGINT, then finishes what was accepted.
pub(crate) async fn serve(data: &DataFolder, settings: Settings, services: Services) -> Result<()> {
    open_files::raise_limit();
    let metrics = Metrics::install()?;
    let readiness = Readiness::default();
    let node = Arc::new(Node::open(data, settings, services).await?);
    let listeners = Listeners::bind(&node.settings.listen, &data.socket()).await?;
    let tls = Arc::new(TlsCertificate::open(&node, data).await?);
    let mut parts = compose::parts(&node);
    let jobs = parts
        .iter_mut()
        .flat_map(|part| part.jobs.drain(..))
        .collect();

    let mut background = start_background(&node, jobs, &tls, &readiness).await?;
    if node.ca.is_some() {
        // The first handshake has it too. A node without responders does not wait for another's.
        tls_certificate::refresh_staple(&node, &tls).await;
    }
    background.spawn(metrics.clone().upkeep());
    // Opening the keys took 16 MiB at a time.
    allocator::give_back();

    // Installed before the ready line: whoever reads that may stop the node at once.
    let stop_signal = signals::stop_signal().context("signals cannot be waited for")?;
    ready_line::print(listeners.addresses()?)?;
    let (stop, stopped) = watch::channel(false);
    let stop_cause = tokio::spawn(stop_when_due(
        stop_signal,
        node.store.clone(),
        readiness.clone(),
        stop,
    ));
    let sites = sites::sites(&node, parts, readiness, metrics);
    let (certificate, authorities) = (Arc::clone(&tls.server), Arc::clone(&tls.authorities));
    listeners
        .serve(
            sites,
            &node.settings.listen,
            certificate,
            authorities,
            stopped,
        )
        .await?;

    background.shutdown().await;
    finish(node).await;
    match stop_cause.await {
        Ok(Some(error)) => Err(error).context("the database"),
        _ => Ok(()),
    }
}

/// Starts what runs beside the listeners: the services' own tasks, the sequencer, the jobs and
/// the renewal of the TLS certificate.
async fn start_background(
    node: &Arc<Node>,
    jobs: Vec<Job>,
    tls: &Arc<TlsCertificate>,
    readiness: &Readiness,
) -> Result<JoinSet<()>> {
    let mut background = JoinSet::new();
    for task in compose::start(node).await? {
        background.spawn(task);
    }
    background.spawn(node.sequencer.clone().run());
    background.spawn(jobs::run(
        jobs,
        node.store.clone(),
        Arc::clone(&node.clock) as _,
        TICK,
    ));
    background.spawn(tls_certificate::follow(
        Arc::clone(node),
        Arc::clone(tls),
        readiness.clone(),
    ));
    Ok(background)
}

/// Stops the listeners on a signal, or when a newer binary has migrated the database:
/// then that is the cause.
async fn stop_when_due(
    stop_signal: impl Future<Output = ()>,
    store: Store,
    readiness: Readiness,
    stop: watch::Sender<bool>,
) -> Option<StoreError> {
    let cause = tokio::select! {
        () = stop_signal => None,
        error = store.outdated() => Some(error),
    };
    tracing::info!("stopping: accepted requests are finished");
    readiness.stop();
    stop.send_replace(true);
    cause
}

/// Sequences what was just done, and closes keys and database.
async fn finish(node: Arc<Node>) {
    if let Err(error) = node.sequencer.catch_up().await {
        tracing::warn!(%error, "the last entries are sequenced at the next start");
    }
    node.keyring.close().await;
    tracing::info!("stopped");
    if let Ok(node) = Arc::try_unwrap(node) {
        node.close().await;
    }
}
