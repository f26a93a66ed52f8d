#![forbid(unsafe_code)]
//! Administration of private keys.
//!
//! Every verb is a module function, such as [`generate::generate`]. Before a device
//! generates or destroys a key, the intent is committed to the log; the outcome
//! follows, whether or not the caller still waits for it.

mod actions;
pub mod destroy;
mod error;
pub mod generate;
mod http;
pub mod list;
mod model;
mod references;
pub mod stores;

use std::sync::Arc;

use hsm_adapters::Keyring;
use platform_access::Access;
use platform_runtime::SharedClock;
use platform_store::Store;
use utoipa::openapi::OpenApi;
use utoipa_axum::router::OpenApiRouter;

pub use actions::{DESTROY, GENERATE, READ};
pub use error::Error;
pub use model::{KeyDescription, NewKey, StoreDescription};
pub use references::{KeyReference, KeyReferences};

/// The key administration of a node. Cheap to clone.
#[derive(Clone, Debug)]
pub struct Service {
    keyring: Arc<Keyring>,
    access: Access,
    store: Store,
    clock: SharedClock,
    references: Arc<dyn KeyReferences>,
}

impl Service {
    /// Administers the keys of `keyring`; `references` says which of them are in use.
    pub fn new(
        keyring: Arc<Keyring>,
        access: Access,
        store: Store,
        clock: SharedClock,
        references: Arc<dyn KeyReferences>,
    ) -> Self {
        Self {
            keyring,
            access,
            store,
            clock,
            references,
        }
    }

    /// REST and its description.
    pub fn api(&self) -> OpenApiRouter {
        http::described().with_state(self.clone())
    }

    /// The description of REST alone.
    pub fn openapi() -> OpenApi {
        http::described().into_openapi()
    }
}
