//! Composition: the services of one node on their common ground.
//!
//! A node opens the keys of the services it runs and the log's, no others: they
//! need not be on its machine.

use std::{path::Path, sync::Arc, time::Duration};

use anyhow::{Context as _, Result, anyhow, bail};
use crypto::Sm2Mechanisms;
use hsm_adapters::{Keyring, KeyringSettings, Sm2Settings, read_passphrase};
use jiff::SignedDuration;
use pki::tsp::Accuracy;
use platform::{
    SharedClock, Store,
    audit::Sequencer,
    clock::SystemClock,
    settings::{Keys, Settings},
};

use platform_access::Access;

use crate::{data::DataFolder, idp::Idp, logging};

/// Which services a node runs: `--only ca,idp,tsa`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Services {
    pub(crate) ca: bool,
    pub(crate) idp: bool,
    pub(crate) tsa: bool,
}

impl Services {
    /// None: what reads the database and the log alone.
    pub(crate) const NONE: Self = Self {
        ca: false,
        idp: false,
        tsa: false,
    };

    pub(crate) const CA: Self = Self {
        ca: true,
        ..Self::NONE
    };

    pub(crate) const IDP: Self = Self {
        idp: true,
        ..Self::NONE
    };

    pub(crate) const TSA: Self = Self {
        tsa: true,
        ..Self::NONE
    };

    /// Reads `ca,idp,tsa` or a part of it.
    pub(crate) fn parse(list: &str) -> Result<Self, String> {
        let mut services = Self::NONE;
        for name in list.split(',') {
            match name.trim() {
                "ca" => services.ca = true,
                "idp" => services.idp = true,
                "tsa" => services.tsa = true,
                other => {
                    return Err(format!(
                        "there is no service {other:?}; there are ca, idp, tsa"
                    ));
                }
            }
        }
        Ok(services)
    }
}

/// One node: its ground and its services.
pub(crate) struct Node {
    pub(crate) settings: Settings,
    pub(crate) clock: Arc<SystemClock>,
    pub(crate) store: Store,
    pub(crate) keyring: Arc<Keyring>,
    /// The certificate records, which every node reads.
    pub(crate) records: ca::Records,
    pub(crate) ca: Option<ca::Service>,
    pub(crate) idp: Option<Idp>,
    pub(crate) tsa: Option<tsa::Service>,
    pub(crate) sequencer: Sequencer,
}

/// What every command that touches the store needs first.
pub(crate) struct Ground {
    pub(crate) clock: Arc<SystemClock>,
    pub(crate) store: Store,
    pub(crate) keyring: Arc<Keyring>,
}

impl Ground {
    pub(crate) async fn open(settings: &Settings) -> Result<Self> {
        let keyring = open_keyring(&settings.keys).await?;
        let store = Store::open(&settings.database.url, migrations::schema())
            .await
            .context("database.url")?;
        Ok(Self {
            clock: Arc::new(SystemClock::default()),
            store,
            keyring: Arc::new(keyring),
        })
    }

    pub(crate) fn shared_clock(&self) -> SharedClock {
        Arc::clone(&self.clock) as SharedClock
    }
}

impl Node {
    /// Opens a node that `init` has set up.
    pub(crate) async fn open(
        data: &DataFolder,
        settings: Settings,
        services: Services,
    ) -> Result<Self> {
        let ground = Ground::open(&settings).await?;
        let clock = ground.shared_clock();
        let Ground { store, keyring, .. } = &ground;
        let Some((_, log_key)) = Sequencer::identity(store).await? else {
            bail!(
                "this database is not set up; run: xinshu init --data {}",
                data.path().display()
            );
        };
        let log_key = keyring.find(&log_key).await.context("the log's key")?;
        let records = ca::Records::new(store.clone(), Arc::clone(&clock));
        let ca = if services.ca {
            Some(open_ca(&ground, &settings).await?)
        } else {
            None
        };
        let idp = if services.idp {
            Some(Idp::open(&ground, &settings).await?)
        } else {
            None
        };
        let tsa = if services.tsa {
            let (config, clock) = (tsa_config(&settings), Arc::clone(&clock));
            let opened = tsa::Service::open(config, store.clone(), clock, keyring).await;
            Some(opened.context("the time-stamp authority")?)
        } else {
            None
        };
        Ok(Self {
            sequencer: Sequencer::new(store.clone(), log_key, clock),
            clock: ground.clock,
            store: ground.store,
            keyring: ground.keyring,
            settings,
            records,
            ca,
            idp,
            tsa,
        })
    }
}

/// Opens the certificate authority with the keys of its authorities.
pub(crate) async fn open_ca(ground: &Ground, settings: &Settings) -> Result<ca::Service> {
    let Ground { store, keyring, .. } = ground;
    let clock = ground.shared_clock();
    let records = ca::Records::new(store.clone(), Arc::clone(&clock));
    let access = Access::by_permissions(store.clone(), clock);
    ca::Service::open(ca_config(settings)?, records, access, Arc::clone(keyring))
        .await
        .context("the certificate authority")
}

/// Opens every adapter that the settings name.
pub(crate) async fn open_keyring(keys: &Keys) -> Result<Keyring> {
    // systemd's credential and the environment come before the file.
    let passphrase = match read_passphrase(None)? {
        Some(passphrase) => Some(passphrase),
        None => {
            let file = Path::new(&keys.passphrase_file);
            if file.exists() {
                read_passphrase(Some(file))?
            } else {
                None
            }
        }
    };
    let settings = KeyringSettings {
        software_dir: keys.folder.clone().into(),
        passphrase,
        default_store: keys.store.clone(),
        further_stores: keys.stores.split_whitespace().map(str::to_owned).collect(),
        queue: keys.queue as usize,
        timeout: Duration::from_secs(keys.timeout_seconds.into()),
        sessions: keys.sessions as usize,
        sm2: Sm2Settings {
            id: keys.sm2_id.clone(),
            mechanisms: sm2_mechanisms(keys)
                .map_err(|error| anyhow!("keys.sm2_mechanisms: {error}"))?,
        },
    };
    Keyring::open(settings)
        .await
        .context("keys.store, keys.stores")
}

/// What the token calls SM2; none where the setting is empty.
fn sm2_mechanisms(keys: &Keys) -> Result<Option<Sm2Mechanisms>, &'static str> {
    let text = keys.sm2_mechanisms.trim();
    if text.is_empty() {
        return Ok(None);
    }
    text.parse().map(Some)
}

/// What is wrong with settings that only those who use them can tell.
pub(crate) fn objections(settings: &Settings) -> Vec<String> {
    let mut wrong = Vec::new();
    for (name, oid) in [
        ("ca.policy", &settings.ca.policy),
        ("tsa.policy", &settings.tsa.policy),
    ] {
        if pki::ObjectIdentifier::new(oid).is_err() {
            wrong.push(format!(
                "{name} = {oid:?} is not an OID such as 1.3.6.1.4.1.99999.2"
            ));
        }
    }
    if let Err(error) = sm2_mechanisms(&settings.keys) {
        wrong.push(format!(
            "keys.sm2_mechanisms = {:?} is not {error}",
            settings.keys.sm2_mechanisms
        ));
    }
    if let Err(error) = logging::filter(&settings.log) {
        wrong.push(format!("log.level = {:?}: {error}", settings.log.level));
    }
    wrong
}

pub(crate) fn ca_config(settings: &Settings) -> Result<ca::Config> {
    let ca = &settings.ca;
    let policy = pki::ObjectIdentifier::new(&ca.policy)
        .map_err(|_| anyhow!("ca.policy = {:?} is not an OID", ca.policy))?;
    Ok(ca::Config {
        urls: ca::PublicationUrls {
            http_url: settings.public.http_url.clone(),
            policy,
        },
        crl_period: Duration::from_secs(3600 * u64::from(ca.crl_hours)),
        crl_lifetime: SignedDuration::from_hours(ca.crl_lifetime_hours.into()),
        ocsp_lifetime: SignedDuration::from_hours(ca.ocsp_lifetime_hours.into()),
        server_certificate_lifetime: SignedDuration::from_hours(
            24 * i64::from(ca.server_certificate_days),
        ),
    })
}

pub(crate) fn tsa_config(settings: &Settings) -> tsa::Config {
    let milliseconds = settings.tsa.accuracy_milliseconds;
    tsa::Config {
        policy: settings.tsa.policy.clone(),
        accuracy: Accuracy {
            seconds: milliseconds / 1000,
            millis: (milliseconds % 1000) as u16,
            micros: 0,
        },
    }
}
