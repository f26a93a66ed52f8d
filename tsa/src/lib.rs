#![forbid(unsafe_code)]
//! The time-stamp authority: when did this exist?
//!
//! A [`Service`] holds time-stamping units and gives RFC 3161 tokens over HTTP. Each verb is a
//! module with a function of the same name. It knows no certificate authority: a unit's
//! certificate comes from [`UnitCertificates`].

mod actions;
mod certificates;
mod error;
mod http;
pub mod list_units;
mod model;
mod record_check;
pub mod reload_units;
pub mod stamp;
mod store;
pub mod upsert_unit;

use std::{collections::BTreeMap, sync::Arc};

use arc_swap::ArcSwap;
use axum::Router;
use hsm_adapters::Keyring;
use platform_access::{Access, AccessError, Action, Caller, Resource};
use platform_runtime::SharedClock;
use platform_store::Store;
use utoipa::openapi::OpenApi;
use utoipa_axum::router::OpenApiRouter;

pub use actions::*;
pub use certificates::{UnitCertificate, UnitCertificates};
pub use error::Error;
use model::Unit;
pub use model::UnitInfo;
pub use record_check::TokenCheck;
pub use upsert_unit::UnitSettings;

/// The unit that `/tsa` stamps with.
pub const DEFAULT_UNIT: &str = "default";

/// The time-stamp authority. Cheap to clone.
#[derive(Clone, Debug)]
pub struct Service(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    store: Store,
    clock: SharedClock,
    access: Access,
    keyring: Arc<Keyring>,
    certificates: Arc<dyn UnitCertificates>,
    /// By name.
    units: ArcSwap<BTreeMap<String, Arc<Unit>>>,
}

impl Service {
    /// Opens the units of this database.
    ///
    /// # Errors
    /// [`Error::Key`] if a unit's key is not available, and [`Error::Store`].
    pub async fn open(
        store: Store,
        clock: SharedClock,
        access: Access,
        keyring: Arc<Keyring>,
        certificates: Arc<dyn UnitCertificates>,
    ) -> Result<Self, Error> {
        let service = Self(Arc::new(Inner {
            store,
            clock,
            access,
            keyring,
            certificates,
            units: ArcSwap::default(),
        }));
        reload_units::reload_units(&service).await?;
        Ok(service)
    }

    /// Runs on every node until it stops: follows renewals, revocations and changes of units.
    pub async fn housekeeping(self) {
        reload_units::housekeeping(self).await;
    }

    /// `/tsa` and `/tsa/UNIT`.
    pub fn routes(&self) -> Router {
        http::routes(self.clone())
    }

    /// The description of [`Self::api`], without a service behind it.
    pub fn openapi() -> OpenApi {
        http::described().into_openapi()
    }

    /// REST: `/api/v1/tsa/units`.
    pub fn api(&self) -> OpenApiRouter {
        http::api(self.clone())
    }

    fn unit(&self, name: &str) -> Result<Arc<Unit>, Error> {
        let units = self.0.units.load();
        let found = units.get(name).cloned();
        found.ok_or_else(|| Error::NoSuchUnit(name.to_owned()))
    }

    async fn enforce(
        &self,
        caller: &Caller,
        action: Action,
        resource: &Resource,
    ) -> Result<(), AccessError> {
        self.0.access.enforce(caller, action, resource).await
    }

    fn store(&self) -> &Store {
        &self.0.store
    }

    fn clock(&self) -> &SharedClock {
        &self.0.clock
    }
}
