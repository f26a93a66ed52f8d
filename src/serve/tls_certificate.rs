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
    staple::{Next, Staples, next_staple},
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
    current: Mutex<Current>,
    staples: tokio::sync::Mutex<Staples>,
}

/// The certificate that is presented.
#[derive(Clone)]
struct Current {
    leaf: Certificate,
    issuer: Option<Certificate>,
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
            staples: tokio::sync::Mutex::default(),
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
        let fault = fault_of(&node, &current.leaf, revoked);
        if let Some(fault) = &fault
            && reported.as_ref() != Some(fault)
        {
            tracing::error!("this server's TLS certificate is {fault}");
        }
        readiness.set_certificate_fault(fault.clone());
        reported = fault;
        refresh_staple(&node, &tls).await;
        tokio::time::sleep(PERIOD).await;
        match load(&node, &tls.server, Some(&current.leaf)).await {
            Ok(Some(newest)) => {
                revoked = false;
                if newest.leaf != current.leaf {
                    *tls.staples.lock().await = Staples::default();
                }
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

/// Staples the current status of the certificate. If no acceptable response is available, nothing
/// is stapled and clients query the responder themselves.
pub(super) async fn refresh_staple(node: &Node, tls: &TlsCertificate) {
    let Current { leaf, issuer } = tls.current.lock().clone();
    let Some(issuer) = issuer else {
        return;
    };
    let mut staples = tls.staples.lock().await;
    match next_staple(node, &mut staples, &leaf, &issuer).await {
        Next::Keep => {}
        Next::Replace(response) => tls.server.staple(Some(response)),
        Next::Remove => tls.server.staple(None),
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
) -> Result<Option<Current>> {
    let key = node.keyring.find(TLS_KEY).await;
    let key = key.with_context(|| format!("the key {TLS_KEY}"))?;
    let name = tls_certificate_name(key.as_ref());
    let newest = ca::service_certificate::find(&node.records, &name).await?;
    let Some(newest) = newest else {
        return Ok(None);
    };
    let chain = &newest.chain;
    if chain.first().map(Certificate::der) != current.map(Certificate::der) {
        let chain = chain.iter().map(|one| one.der().to_vec()).collect();
        server.replace(chain, key);
        tracing::info!(name, "this server's TLS certificate is in place");
    }
    Ok(chain.first().map(|leaf| Current {
        leaf: leaf.clone(),
        issuer: newest.issuer().cloned(),
    }))
}
