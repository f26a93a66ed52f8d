//! The identity provider of a node: directory, sign-in and OpenID Connect, each with the
//! hooks that the others gave it.

use std::{sync::Arc, time::Duration};

use anyhow::{Context as _, Result, bail};
use axum::Router;
use idp_authn::{Accounts, Authn, PasswordPolicy};
use idp_directory::Directory;
use idp_oidc::{EndAccess, Oidc};
use platform_runtime::{jobs::Job, settings::Settings};
use utoipa::openapi::OpenApi;
use utoipa_axum::router::OpenApiRouter;

use super::{Node, NodeBase, Parts, RecordChecks};

/// How many passwords may wait to be hashed.
const PASSWORD_QUEUE: usize = 64;

pub(super) fn parts(node: &Arc<Node>) -> Option<Parts> {
    let idp = node.idp.as_ref()?;
    Some(Parts {
        api: idp.api(),
        https: idp.routes(),
        mtls: idp.oidc.client_routes(),
        jobs: idp.jobs(),
        ..Parts::default()
    })
}

/// What `audit verify` compares users, clients and grants with.
pub(super) fn record_checks() -> RecordChecks {
    vec![
        Box::new(idp_directory::UserRecords),
        Box::new(idp_oidc::ClientRecords),
        Box::new(idp_oidc::GrantRecords),
    ]
}

/// The three parts.
#[derive(Clone, Debug)]
pub(crate) struct Idp {
    pub(crate) directory: Directory,
    pub(crate) authn: Authn,
    pub(crate) oidc: Oidc,
}

impl Idp {
    pub(crate) async fn open(base: &NodeBase, settings: &Settings) -> Result<Self> {
        let NodeBase {
            store,
            keyring,
            access,
            ..
        } = base;
        let clock = base.shared_clock();
        if idp_oidc::signing_keys::active_uris(store).await?.is_none() {
            bail!("the identity provider has no keys; run xinshu init again");
        }
        let end_access = EndAccess::new();
        let workers = std::thread::available_parallelism().map_or(1, |cores| cores.get().min(4));
        let accounts = Arc::new(Accounts::new(
            store.clone(),
            workers,
            PASSWORD_QUEUE,
            password_policy(settings),
            vec![Arc::new(end_access.clone())],
        )?);
        let directory = Directory::new(
            store.clone(),
            Arc::clone(&clock),
            access.clone(),
            Arc::clone(&accounts) as _,
        );
        let authn = Authn::new(
            authn_config(settings),
            store.clone(),
            Arc::clone(&clock),
            access.clone(),
            directory.clone(),
            accounts,
        )
        .context("sign-in")?;
        let oidc = Oidc::open(
            oidc_config(settings),
            store.clone(),
            clock,
            access.clone(),
            authn.clone(),
            Arc::clone(keyring) as _,
            end_access,
        )
        .await
        .context("the identity provider's key")?;
        Ok(Self {
            directory,
            authn,
            oidc,
        })
    }

    /// Pages and protocol endpoints.
    fn routes(&self) -> Router {
        self.authn.routes().merge(self.oidc.routes())
    }

    /// The REST API.
    fn api(&self) -> OpenApiRouter {
        self.directory
            .api()
            .merge(self.authn.api())
            .merge(self.oidc.api())
    }

    /// The description of the REST API.
    pub(crate) fn openapi() -> OpenApi {
        let mut whole = Directory::openapi();
        whole.merge(Authn::openapi());
        whole.merge(Oidc::openapi());
        whole
    }

    /// What runs on a schedule.
    fn jobs(&self) -> Vec<Job> {
        [self.authn.jobs(), self.oidc.jobs()]
            .into_iter()
            .flatten()
            .collect()
    }
}

fn authn_config(settings: &Settings) -> idp_authn::Config {
    let idp = &settings.idp;
    idp_authn::Config {
        public_url: settings.public.url.clone(),
        session_idle: minutes(idp.idle_minutes),
        session_lifetime: minutes(idp.session_hours * 60),
        ..idp_authn::Config::default()
    }
}

fn password_policy(settings: &Settings) -> PasswordPolicy {
    let host = settings.public.url.trim_start_matches("https://");
    PasswordPolicy {
        min_characters: settings.idp.password_min_characters as usize,
        short_must_change: settings.idp.short_password_must_change,
        service_names: vec![host.to_owned(), settings.pages.organization.clone()],
    }
}

fn oidc_config(settings: &Settings) -> idp_oidc::Config {
    let idp = &settings.idp;
    let refresh_token_lifetime = days(idp.refresh_days);
    idp_oidc::Config {
        issuer: settings.public.url.clone(),
        mtls_url: Some(settings.public.mtls_url.clone()),
        access_token_lifetime: minutes(idp.access_token_minutes),
        id_token_lifetime: minutes(idp.access_token_minutes),
        refresh_token_idle: days(idp.refresh_idle_days).min(refresh_token_lifetime),
        refresh_token_grace: Duration::from_secs(idp.refresh_grace_seconds.into()),
        refresh_token_lifetime,
        signing_key_lifetime: signing_key_lifetime(settings),
        ..idp_oidc::Config::default()
    }
}

/// Zero, which means no schedule, where each node may have a folder of software keys of its
/// own: a key that one node generates is not in the others', so an operator must copy it.
fn signing_key_lifetime(settings: &Settings) -> Duration {
    let nodes_share_keys =
        settings.database.url.starts_with("sqlite:") || settings.keys.store.starts_with("pkcs11:");
    if nodes_share_keys {
        days(settings.idp.signing_key_days)
    } else {
        Duration::ZERO
    }
}

fn minutes(minutes: u32) -> Duration {
    Duration::from_secs(60 * u64::from(minutes))
}

fn days(days: u32) -> Duration {
    minutes(24 * 60 * days)
}
