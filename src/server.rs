//! `xinshu serve`: a node that runs until it is told to stop.

use std::{io::Write as _, sync::Arc, time::Duration};

use anyhow::{Context as _, Result, bail};
use hsm_adapters::{Key, Keyring};
use pki::Certificate;
use platform::{Clock as _, jobs, settings::Settings};
use tokio::{
    signal::unix::{SignalKind, signal},
    sync::watch,
    task::JoinSet,
};

use crate::{
    data::DataFolder,
    listen::{Listeners, ServerCertificate},
    node::{Node, Services},
    site::{Readiness, sites},
};

/// How often it is looked whether a job is due.
const TICK: Duration = Duration::from_secs(1);
/// How often it is looked whether this server's certificate was renewed.
const CERTIFICATE_PERIOD: Duration = Duration::from_secs(5);
/// How often time-stamping units are read anew.
const UNITS_PERIOD: Duration = Duration::from_secs(5);
/// Where a node's TLS key lives: in its own software keystore, since handshakes
/// cannot wait for a device.
pub(crate) const TLS_KEY: &str = "software:tls";
/// The name under which the default time-stamping unit's certificate is kept.
pub(crate) const TSA: &str = "tsa:default";

/// Serves until SIGTERM or SIGINT, then finishes what was accepted.
pub(crate) async fn serve(data: &DataFolder, settings: Settings, services: Services) -> Result<()> {
    raise_open_files();
    let readiness = Readiness::new()?;
    let node = Arc::new(Node::open(data, settings, services).await?);
    let listeners = Listeners::bind(&node.settings.listen, &data.socket()).await?;
    let certificate = Arc::new(ServerCertificate::default());
    let Some(shown) = refresh_certificate(&node, &certificate, None).await? else {
        bail!(
            "this server has no TLS certificate, or it is revoked; run: xinshu init --data {}",
            data.path().display()
        );
    };
    let mut background = JoinSet::new();
    if let Some(ca) = &node.ca {
        ca.start_responders().await?;
        // RFC 5280 §5: relying parties find a CRL from the first moment on.
        ca::publish_crl::publish_all(ca)
            .await
            .context("the CRLs at the start")?;
        background.spawn(ca.clone().housekeeping());
    }
    background.spawn(node.sequencer.clone().run());
    background.spawn(jobs::run(
        node_jobs(&node),
        node.store.clone(),
        Arc::clone(&node.clock) as _,
        TICK,
    ));
    background.spawn(keep_certificate(
        Arc::clone(&node),
        Arc::clone(&certificate),
        readiness.clone(),
        shown,
    ));
    if let Some(tsa) = &node.tsa {
        // Before the first request: a certificate may have been revoked meanwhile.
        renew_unit(&node, tsa, Policy::OfSettings).await?;
        background.spawn(keep_units(Arc::clone(&node), tsa.clone()));
    }
    background.spawn(upkeep(readiness.clone()));
    // Opening the keys took 16 MiB at a time.
    allocator::give_back();
    // Who reads that this node is ready may tell it to stop at once.
    let told_to_stop = signals().context("signals cannot be waited for")?;
    announce(&listeners)?;
    let (stop, stopped) = watch::channel(false);
    let stopping = readiness.clone();
    tokio::spawn(async move {
        told_to_stop.await;
        tracing::info!("stopping: accepted requests are finished");
        stopping.stop();
        stop.send_replace(true);
    });
    let sites = sites(&node, readiness);
    listeners
        .serve(sites, &node.settings.listen, certificate, stopped)
        .await?;
    background.shutdown().await;
    // What was just done gets its place in the log before the process ends.
    if let Err(error) = node.sequencer.catch_up().await {
        tracing::warn!(%error, "the last entries wait for the next start");
    }
    node.keyring.close().await;
    tracing::info!("stopped");
    if let Ok(node) = Arc::try_unwrap(node) {
        node.close().await;
    }
    Ok(())
}

impl Node {
    /// Writes what was accepted and closes the database.
    pub(crate) async fn close(self) {
        let Self {
            store,
            keyring,
            records,
            ca,
            idp,
            tsa,
            sequencer,
            ..
        } = self;
        keyring.close().await;
        drop((records, ca, idp, tsa, sequencer));
        store.close().await;
    }
}

/// Lets this process open as many files as the system allows it: every
/// connection is one.
fn raise_open_files() {
    use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};
    let Rlimit { maximum, .. } = getrlimit(Resource::Nofile);
    let wanted = Rlimit {
        current: maximum,
        maximum,
    };
    if let Err(error) = setrlimit(Resource::Nofile, wanted) {
        tracing::warn!(%error, "the limit of open files stays as it is");
    }
}

/// The one line that scripts and tests wait for.
fn announce(listeners: &Listeners) -> Result<()> {
    let addresses = listeners.addresses()?;
    let mut out = std::io::stdout().lock();
    writeln!(
        out,
        "ready https={} http={} ops={}",
        addresses.https, addresses.http, addresses.ops
    )?;
    out.flush()?;
    tracing::info!(https = %addresses.https, http = %addresses.http, ops = %addresses.ops, "ready");
    Ok(())
}

fn node_jobs(node: &Node) -> Vec<jobs::Job> {
    let mut jobs = Vec::new();
    if let Some(ca) = &node.ca {
        jobs.extend(ca.jobs());
    }
    if let Some(idp) = &node.idp {
        jobs.extend(idp.jobs());
    }
    jobs
}

/// From now on SIGTERM and SIGINT end no process; gives what waits for one of them.
fn signals() -> std::io::Result<impl Future<Output = ()>> {
    let mut terminate = signal(SignalKind::terminate())?;
    let mut interrupt = signal(SignalKind::interrupt())?;
    Ok(async move {
        tokio::select! {
            _ = terminate.recv() => {}
            _ = interrupt.recv() => {}
        }
    })
}

async fn upkeep(readiness: Readiness) {
    loop {
        tokio::time::sleep(Duration::from_secs(5)).await;
        readiness.upkeep();
        allocator::give_back();
    }
}

/// The name under which the certificate of a node's TLS key is kept. Nodes that
/// share a key share its certificate; others have their own.
pub(crate) fn tls_name(key: &dyn Key) -> String {
    let digest = crypto::Digest::Sha256.hash(key.public_key().der());
    format!("tls:{}", hex::encode(&digest[..8]))
}

/// Shows the newest certificate of this server, and tells which that is.
async fn refresh_certificate(
    node: &Node,
    certificate: &ServerCertificate,
    shown: Option<&Certificate>,
) -> Result<Option<Certificate>> {
    let key = find_key(&node.keyring, TLS_KEY).await?;
    let name = tls_name(key.as_ref());
    let newest = ca::service_certificate::find(&node.records, &name).await?;
    let Some(mut chain) = newest.map(|newest| newest.chain) else {
        return Ok(None);
    };
    if chain.first().map(Certificate::der) != shown.map(Certificate::der) {
        let chain = chain.iter().map(|one| one.der().to_vec()).collect();
        certificate.replace(chain, key);
        tracing::info!(name, "this server's TLS certificate is in place");
    }
    Ok((!chain.is_empty()).then(|| chain.swap_remove(0)))
}

async fn find_key(keyring: &Keyring, uri: &str) -> Result<Arc<dyn Key>> {
    keyring
        .find(uri)
        .await
        .with_context(|| format!("the key {uri}"))
}

/// Gives the time-stamping unit the certificate that the authority renewed, and
/// takes over what another node changed.
async fn keep_units(node: Arc<Node>, tsa: tsa::Service) {
    loop {
        tokio::time::sleep(UNITS_PERIOD).await;
        if let Err(error) = renew_unit(&node, &tsa, Policy::AsItIs).await {
            tracing::warn!(%error, "the time-stamping unit's certificate was not renewed");
        }
        if let Err(error) = tsa.reload(&node.keyring).await {
            tracing::warn!(%error, "the time-stamping units were not read anew");
        }
    }
}

/// Whether a unit takes the policy that the settings of this node name: at a node's
/// start, or nodes with different settings would take turns.
#[derive(PartialEq, Eq)]
enum Policy {
    OfSettings,
    AsItIs,
}

async fn renew_unit(node: &Node, tsa: &tsa::Service, policy: Policy) -> Result<()> {
    let Some(newest) = ca::service_certificate::find(&node.records, TSA).await? else {
        if ca::service_certificate::is_revoked(&node.records, TSA).await? {
            tsa.note_revoked(tsa::DEFAULT_UNIT);
        }
        return Ok(());
    };
    let leaf = newest.chain.first().map(Certificate::to_pem);
    let units = tsa.units();
    let unit = units.iter().find(|unit| unit.name == tsa::DEFAULT_UNIT);
    let other_policy = policy == Policy::OfSettings
        && unit.is_some_and(|unit| unit.policy != node.settings.tsa.policy);
    if unit.map(|unit| &unit.certificate) != leaf.as_ref() || other_policy {
        let key = find_key(&node.keyring, &newest.key_uri).await?;
        let caller = platform::Caller::system("renewal");
        tsa.put_unit(&caller, tsa::DEFAULT_UNIT, &newest.chain_pem(), key)
            .await?;
    }
    Ok(())
}

/// Looks for a renewed certificate and swaps it in while running. Where nobody
/// renews it, the old one goes on being shown, and that is told.
async fn keep_certificate(
    node: Arc<Node>,
    certificate: Arc<ServerCertificate>,
    readiness: Readiness,
    mut shown: Certificate,
) {
    let mut revoked = false;
    let mut told = None;
    loop {
        let wrong = if revoked {
            Some("revoked: run xinshu init for a new key, and start again".to_owned())
        } else {
            ca::renewal_is_overdue(&shown, node.clock.now()).then(|| {
                let ends = shown.validity().not_after;
                format!("not renewed, ends {ends}: a node that runs ca renews it")
            })
        };
        if let Some(wrong) = &wrong
            && told.as_ref() != Some(wrong)
        {
            tracing::error!("this server's TLS certificate is {wrong}");
        }
        readiness.certificate(wrong.clone());
        told = wrong;
        tokio::time::sleep(CERTIFICATE_PERIOD).await;
        match refresh_certificate(&node, &certificate, Some(&shown)).await {
            Ok(Some(newest)) => {
                revoked = false;
                shown = newest;
            }
            Ok(None) => revoked = true,
            Err(error) => tracing::warn!(%error, "a renewed TLS certificate could not be read"),
        }
    }
}
