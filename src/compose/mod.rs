//! Composition: from settings to the services of one node.
//!
//! A node opens the keys of the services it runs and the log's, no others: the others
//! need not be on its machine.
//!
//! **To add a service**: its file here, with `open` and `parts`; a field of [`Node`]; a
//! line in [`SERVICES`]; and, if nodes may do without it, a name in [`Services`].

mod api;
mod authenticate;
mod base;
pub(crate) mod ca;
pub(crate) mod idp;
pub(crate) mod keyring;
pub(crate) mod keys;
mod log;
mod query_check;
mod services;
pub(crate) mod tls_key;
pub(crate) mod tsa;
mod validate;

use std::sync::Arc;

use anyhow::{Context as _, Result, bail};
use axum::Router;
use futures_util::future::BoxFuture;
use hsm_adapters::Keyring;
use platform_access::Access;
use platform_log::{RecordCheck, Sequencer};
use platform_pages::{Branding, LogoError};
use platform_runtime::{clock::SystemClock, jobs, settings::Settings};
use platform_store::Store;
use utoipa::openapi::OpenApi;
use utoipa_axum::router::OpenApiRouter;

use crate::data_folder::DataFolder;

pub(crate) use api::{api, finish, finish_with_pages, openapi};
pub(crate) use authenticate::{ClientCertificate, attach_caller, authenticate};
pub(crate) use base::NodeBase;
pub(crate) use services::Services;
pub(crate) use validate::validate;

/// One service, as the rest of the binary sees it.
struct Registration {
    /// What it contributes to a node; `None` if the node does not run it.
    parts: fn(&Arc<Node>) -> Option<Parts>,
    /// What it does before the node accepts requests, and what then runs beside them.
    start: fn(Arc<Node>) -> BoxFuture<'static, Result<Background>>,
    /// The description of its REST.
    openapi: fn() -> OpenApi,
    /// What `audit verify` compares its tables with.
    record_checks: fn() -> RecordChecks,
}

/// What runs until the node stops.
pub(crate) type Background = Vec<BoxFuture<'static, ()>>;

/// See [`RecordCheck`].
pub(crate) type RecordChecks = Vec<Box<dyn RecordCheck>>;

/// Every service. Nothing else lists them.
const SERVICES: &[Registration] = &[
    Registration {
        parts: ca::parts,
        start: |node| Box::pin(ca::start(node)),
        openapi: ::ca::Service::openapi,
        record_checks: || vec![Box::new(::ca::CertificateCheck)],
    },
    Registration {
        parts: idp::parts,
        start: |_| Box::pin(async { Ok(Vec::new()) }),
        openapi: idp::Idp::openapi,
        record_checks: idp::record_checks,
    },
    Registration {
        parts: tsa::parts,
        start: |node| Box::pin(tsa::start(node)),
        openapi: ::tsa::Service::openapi,
        record_checks: || vec![Box::new(::tsa::TokenCheck)],
    },
    Registration {
        parts: keys::parts,
        start: |_| Box::pin(async { Ok(Vec::new()) }),
        openapi: ::keys::Service::openapi,
        record_checks: Vec::new,
    },
    Registration {
        parts: log::parts,
        start: |_| Box::pin(async { Ok(Vec::new()) }),
        openapi: log::openapi,
        record_checks: || vec![Box::<platform_log::ActionBlocks>::default()],
    },
];

/// What a service contributes to a node.
#[derive(Default)]
pub(crate) struct Parts {
    /// REST, on every listener that has it.
    pub(crate) api: OpenApiRouter,
    /// Routes of the TLS listener for browsers and clients.
    pub(crate) https: Router,
    /// Routes of the TLS listener that asks for client certificates.
    pub(crate) mtls: Router,
    /// Routes of the plain listener.
    pub(crate) http: Router,
    /// What runs on a schedule, on one node at a time.
    pub(crate) jobs: Vec<jobs::Job>,
}

/// One node: what its services stand on, and the services.
pub(crate) struct Node {
    pub(crate) settings: Settings,
    pub(crate) clock: Arc<SystemClock>,
    pub(crate) store: Store,
    pub(crate) keyring: Arc<Keyring>,
    pub(crate) access: Access,
    /// Whose pages people see.
    pub(crate) branding: Branding,
    pub(crate) sequencer: Sequencer,
    /// The certificate records, which every node reads.
    pub(crate) records: ::ca::Records,
    pub(crate) ca: Option<::ca::Service>,
    pub(crate) idp: Option<idp::Idp>,
    pub(crate) tsa: Option<::tsa::Service>,
    pub(crate) keys: ::keys::Service,
}

impl Node {
    /// Opens a node that `init` has set up.
    pub(crate) async fn open(
        data: &DataFolder,
        settings: Settings,
        services: Services,
    ) -> Result<Self> {
        let base = NodeBase::open(&settings).await?;
        let NodeBase { store, keyring, .. } = &base;
        let Some((_, log_key)) = Sequencer::identity(store).await? else {
            bail!(
                "this database is not set up; run: xinshu init --data {}",
                data.path().display()
            );
        };
        let log_key = keyring.find(&log_key).await.context("the log's key")?;
        let ca = match services.contains(Services::CA) {
            true => Some(ca::open(&base, &settings).await?),
            false => None,
        };
        let idp = match services.contains(Services::IDP) {
            true => Some(idp::Idp::open(&base, &settings).await?),
            false => None,
        };
        let tsa = match services.contains(Services::TSA) {
            true => Some(tsa::open(&base).await?),
            false => None,
        };
        let clock = base.shared_clock();
        Ok(Self {
            sequencer: Sequencer::new(store.clone(), log_key, Arc::clone(&clock)),
            records: ::ca::Records::new(store.clone(), clock),
            keys: keys::open(&base),
            branding: branding(&settings)?,
            ca,
            idp,
            tsa,
            settings,
            clock: base.clock,
            store: base.store,
            keyring: base.keyring,
            access: base.access,
        })
    }

    /// Writes what was accepted and closes keys and database.
    pub(crate) async fn close(self) {
        let store = self.store.clone();
        self.keyring.close().await;
        // The services hold the store too.
        drop(self);
        store.close().await;
    }
}

/// Whose pages people see.
pub(crate) fn branding(settings: &Settings) -> Result<Branding, LogoError> {
    Branding::new(&settings.pages.organization, &settings.pages.logo)
}

/// What the services of this node contribute.
pub(crate) fn parts(node: &Arc<Node>) -> Vec<Parts> {
    let services = SERVICES.iter();
    services
        .filter_map(|service| (service.parts)(node))
        .collect()
}

/// Starts the services of this node, one after the other.
pub(crate) async fn start(node: &Arc<Node>) -> Result<Background> {
    let mut background = Vec::new();
    for service in SERVICES {
        background.extend((service.start)(Arc::clone(node)).await?);
    }
    Ok(background)
}

/// What `audit verify` compares the tables of every service with.
pub(crate) fn record_checks() -> RecordChecks {
    let services = SERVICES.iter();
    services
        .flat_map(|service| (service.record_checks)())
        .collect()
}
