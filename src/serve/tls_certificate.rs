//! This server's TLS certificate, and the authorities whose client certificates it asks
//! for: replaced while the server runs.

use std::{sync::Arc, time::Duration};

use anyhow::{Context as _, Result, bail};
use parking_lot::Mutex;
use pki::Certificate;
use platform_runtime::Clock as _;

use super::{
    health::Readiness,
    listeners::{AcceptedAuthorities, ServerCertificate},
};
use crate::{
    compose::{
        Node,
        tls_key::{TLS_KEY, tls_certificate_name},
    },
    data_folder::DataFolder,
};

/// How often it is checked whether the certificate was renewed.
const PERIOD: Duration = Duration::from_secs(5);

/// What the TLS listeners present.
pub(super) struct TlsCertificate {
    pub(super) server: Arc<ServerCertificate>,
    pub(super) authorities: Arc<AcceptedAuthorities>,
    current: Mutex<Certificate>,
}

impl TlsCertificate {
    /// The newest certificate of this node's TLS key.
    pub(super) async fn open(node: &Node, data: &DataFolder) -> Result<Self> {
        let server = Arc::new(ServerCertificate::default());
        let Some(current) = load(node, &server, None).await? else {
            bail!(
                "this server has no TLS certificate, or it is revoked; run: xinshu init --data {}",
                data.path().display()
            );
        };
        let authorities = Arc::new(AcceptedAuthorities::default());
        authorities.replace(ca::authority_names(&node.records).await?);
        Ok(Self {
            server,
            authorities,
            current: Mutex::new(current),
        })
    }
}

/// Presents each renewed certificate, until the node stops. If no node renews it, the
/// old one stays, and that is reported in the log and at `/readyz`.
pub(super) async fn follow(node: Arc<Node>, tls: Arc<TlsCertificate>, readiness: Readiness) {
    let mut revoked = false;
    let mut reported = None;
    loop {
        let current = tls.current.lock().clone();
        let fault = fault_of(&node, &current, revoked);
        if let Some(fault) = &fault
            && reported.as_ref() != Some(fault)
        {
            tracing::error!("this server's TLS certificate is {fault}");
        }
        readiness.set_certificate_fault(fault.clone());
        reported = fault;
        tokio::time::sleep(PERIOD).await;
        match load(&node, &tls.server, Some(&current)).await {
            Ok(Some(newest)) => {
                revoked = false;
                *tls.current.lock() = newest;
            }
            Ok(None) => revoked = true,
            Err(error) => tracing::warn!(%error, "a renewed TLS certificate could not be read"),
        }
        match ca::authority_names(&node.records).await {
            Ok(names) => tls.authorities.replace(names),
            Err(error) => tracing::warn!(%error, "the authorities could not be read"),
        }
    }
}

/// What is wrong with the certificate, if anything is.
fn fault_of(node: &Node, current: &Certificate, revoked: bool) -> Option<String> {
    if revoked {
        return Some("revoked: run xinshu init for a new key, and start again".to_owned());
    }
    ca::renewal_is_overdue(current, node.clock.now()).then(|| {
        let ends = current.validity().not_after;
        format!("not renewed, ends {ends}: a node that runs ca renews it")
    })
}

/// Presents the newest certificate of this server and returns it; `None` if there is
/// none that is not revoked.
async fn load(
    node: &Node,
    server: &ServerCertificate,
    current: Option<&Certificate>,
) -> Result<Option<Certificate>> {
    let key = node.keyring.find(TLS_KEY).await;
    let key = key.with_context(|| format!("the key {TLS_KEY}"))?;
    let name = tls_certificate_name(key.as_ref());
    let newest = ca::service_certificate::find(&node.records, &name).await?;
    let Some(mut chain) = newest.map(|newest| newest.chain) else {
        return Ok(None);
    };
    if chain.first().map(Certificate::der) != current.map(Certificate::der) {
        let chain = chain.iter().map(|one| one.der().to_vec()).collect();
        server.replace(chain, key);
        tracing::info!(name, "this server's TLS certificate is in place");
    }
    Ok((!chain.is_empty()).then(|| chain.swap_remove(0)))
}
