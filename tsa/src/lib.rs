#![forbid(unsafe_code)]
//! The time-stamp authority: when did this exist?
//!
//! A [`Service`] holds time-stamping units and gives RFC 3161 tokens over HTTP.
//! It asks nobody else: a unit's certificate is brought by who makes the unit.

mod error;
mod http;
mod key_references;
mod model;
mod stamp;
mod store;
mod verify_records;

use std::{
    collections::BTreeMap,
    sync::{Arc, atomic::Ordering},
};

use arc_swap::ArcSwap;
use axum::Router;
use hsm_adapters::{Key, Keyring};
use jiff::Timestamp;
use pki::tsp::Accuracy;
use platform::audit::AuditSink as _;
use platform::{
    Caller, SharedClock, Store,
    audit::{self, Entry, Party},
    permission::allowed_or_logged,
};
use utoipa::openapi::OpenApi;
use utoipa_axum::router::OpenApiRouter;

pub use error::Error;
pub use key_references::key_references;
use model::Unit;
pub use model::UnitInfo;
use store::UnitRow;
pub use verify_records::verify_records;

/// The unit that `/tsa` stamps with.
pub const DEFAULT_UNIT: &str = "default";
const PUT: &str = "tsa.unit.put";

/// What the time-stamp authority is told by the settings.
#[derive(Clone, Debug)]
pub struct Config {
    /// The OID of the policy of units.
    pub policy: String,
    /// The accuracy that tokens state.
    pub accuracy: Accuracy,
}

/// The time-stamp authority. Cheap to clone.
#[derive(Clone, Debug)]
pub struct Service(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    config: Config,
    store: Store,
    clock: SharedClock,
    units: ArcSwap<BTreeMap<String, Arc<Unit>>>,
}

impl Service {
    /// Takes the units of this database into service.
    ///
    /// # Errors
    /// Where a unit's key is not to be had.
    pub async fn open(
        config: Config,
        store: Store,
        clock: SharedClock,
        keyring: &Keyring,
    ) -> Result<Self, Error> {
        let latest = latest_time(&store).await?;
        let units = load_units(&store, keyring, latest).await?;
        Ok(Self(Arc::new(Inner {
            config,
            store,
            clock,
            units: ArcSwap::from_pointee(units),
        })))
    }

    /// Takes units that another node made, and certificates that it renewed, into service.
    ///
    /// # Errors
    /// Where the database does not serve or a unit's key is not to be had.
    pub async fn reload(&self, keyring: &Keyring) -> Result<(), Error> {
        let latest = self
            .0
            .units
            .load()
            .values()
            .map(|unit| *unit.latest.lock())
            .max();
        let units = load_units(self.store(), keyring, latest.unwrap_or(Timestamp::MIN)).await?;
        for unit in units.values() {
            let known = self.unit(&unit.name).ok();
            let known = known.filter(|known| known.certificate.der() == unit.certificate.der());
            let revoked = known.is_some_and(|known| known.revoked.load(Ordering::Relaxed));
            unit.revoked.store(revoked, Ordering::Relaxed);
        }
        self.0.units.store(Arc::new(units));
        Ok(())
    }

    /// Makes a unit, or gives an existing one a new certificate, under the policy that the
    /// settings name. Nothing is logged where all is so already.
    ///
    /// `chain_pem` is the unit's certificate and those above it without the root.
    ///
    /// # Errors
    /// Where the caller may not, the certificate is not for time-stamping, or the database does not serve.
    pub async fn put_unit(
        &self,
        caller: &Caller,
        name: &str,
        chain_pem: &str,
        key: Arc<dyn Key>,
    ) -> Result<(), Error> {
        let now = self.clock().now();
        let subject = Party::thing(format!("unit:{name}"));
        let verdict = caller.require(PUT);
        allowed_or_logged::<Error>(verdict, self.store(), caller, PUT, subject.clone(), now)
            .await?;
        let policy = &self.0.config.policy;
        let unit = Unit::new(name.to_owned(), policy, chain_pem, Arc::clone(&key), now)?;
        let entry = Entry::new(PUT, caller, subject, now)
            .with("key", key.uri())
            .with("policy", policy.as_str())
            .with("sha256", hex::encode(unit.certificate.fingerprint()));
        let row = UnitRow {
            name: name.to_owned(),
            key_uri: key.uri().to_owned(),
            policy: policy.clone(),
            chain: chain_pem.to_owned(),
        };
        self.store()
            .transact_boxed(move |tx| {
                let (row, entry) = (row.clone(), entry.clone());
                Box::pin(async move {
                    if store::put_unit(tx, &row, now).await? {
                        tx.audit(entry);
                    }
                    Ok::<_, platform::StoreError>(())
                })
            })
            .await?;
        let unit = Arc::new(unit);
        self.0.units.rcu(|units| {
            let mut units = BTreeMap::clone(units);
            units.insert(name.to_owned(), Arc::clone(&unit));
            units
        });
        Ok(())
    }

    /// Takes note that a unit's certificate is revoked: it gives no time until it has another.
    /// Where there is no such unit, nothing happens.
    pub fn note_revoked(&self, name: &str) {
        if let Ok(unit) = self.unit(name)
            && !unit.revoked.swap(true, Ordering::Relaxed)
        {
            tracing::error!(unit = name, "a time-stamping unit's certificate is revoked");
        }
    }

    /// Every unit, by name.
    pub fn units(&self) -> Vec<UnitInfo> {
        self.0
            .units
            .load()
            .values()
            .map(|unit| unit.info())
            .collect()
    }

    /// `/tsa` and `/tsa/UNIT`.
    pub fn routes(&self) -> Router {
        http::routes(self.clone())
    }

    /// What [`Self::api`] offers, without a service behind it.
    pub fn openapi() -> OpenApi {
        http::described().into_openapi()
    }

    /// REST: `/api/v1/tsa/units`.
    pub fn api(&self) -> OpenApiRouter {
        http::api(self.clone())
    }

    fn unit(&self, name: &str) -> Result<Arc<Unit>, Error> {
        let units = self.0.units.load();
        units
            .get(name)
            .cloned()
            .ok_or_else(|| Error::NoSuchUnit(name.to_owned()))
    }

    fn store(&self) -> &Store {
        &self.0.store
    }

    fn clock(&self) -> &SharedClock {
        &self.0.clock
    }

    fn config(&self) -> &Config {
        &self.0.config
    }
}

async fn load_units(
    store: &Store,
    keyring: &Keyring,
    latest: Timestamp,
) -> Result<BTreeMap<String, Arc<Unit>>, Error> {
    let mut units = BTreeMap::new();
    for row in store::units(store).await? {
        let key = keyring.find(&row.key_uri).await?;
        let unit = Unit::new(row.name.clone(), &row.policy, &row.chain, key, latest)?;
        units.insert(row.name, Arc::new(unit));
    }
    Ok(units)
}

/// When the newest act was logged, by any node: a clock that is behind it was
/// stepped back while nobody looked.
async fn latest_time(store: &Store) -> Result<Timestamp, Error> {
    let newest = audit::list(store, None, None, 1).await?;
    let at = newest.first().and_then(|entry| entry.at.parse().ok());
    Ok(at.unwrap_or(Timestamp::MIN))
}
