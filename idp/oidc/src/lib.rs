#![forbid(unsafe_code)]
//! OpenID Connect: authorization requests, consent, grants, tokens, signing keys, logout.
//!
//! OpenID Connect Core 1.0 with the authorization code flow, PKCE, refresh tokens that
//! rotate, client credentials, introspection, revocation and RP-initiated logout. Each
//! verb is a function of its own module, such as [`add_client::add_client`]; [`Oidc`] is
//! what they work on.

pub mod actions;
pub mod add_client;
pub mod authenticate_bearer;
mod authenticate_client;
mod authorize;
pub mod change_client;
mod claims;
mod client_cache;
mod config;
pub mod delete_client;
pub mod end_access;
mod error;
mod grants;
mod http;
mod introspect;
mod issue_code;
mod issue_tokens;
mod issued_codes;
mod jobs;
mod key_set;
pub mod key_source;
pub mod list_keys;
mod logout;
pub mod model;
mod next_step;
pub mod read_clients;
mod record_check;
pub mod renew_client_secret;
mod revoke;
pub mod rotate_keys;
mod scopes;
pub mod signing_keys;
mod store;
mod userinfo;
mod validate_request;

use std::sync::Arc;

use idp_authn::Authn;
use jiff::Timestamp;
use platform_access::Access;
use platform_runtime::{SharedClock, jobs::Job};
use platform_store::Store;

pub use config::Config;
pub use end_access::EndAccess;
pub use error::Error;
pub use key_source::KeySource;
pub use model::{Client, ClientChange, ClientCredentials, NewClient};
pub use record_check::{ClientRecords, GrantRecords};
pub use signing_keys::SigningKeys;

/// The OpenID provider of a node. Cheap to clone.
#[derive(Clone, Debug)]
pub struct Oidc(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    config: Config,
    store: Store,
    clock: SharedClock,
    access: Access,
    authn: Authn,
    keys: SigningKeys,
    clients: client_cache::ClientCache,
    issued_codes: issued_codes::IssuedCodes,
    end_access: EndAccess,
    configuration: axum::body::Bytes,
}

impl Oidc {
    /// Opens the provider. `end_access` is the hook that `authn` has.
    ///
    /// # Errors
    /// [`Error::Config`] for settings or keys that it cannot work with, and the store's.
    pub async fn open(
        config: Config,
        store: Store,
        clock: SharedClock,
        access: Access,
        authn: Authn,
        key_source: Arc<dyn KeySource>,
        end_access: EndAccess,
    ) -> Result<Self, Error> {
        config.check()?;
        let keys = SigningKeys::open(store.clone(), key_source).await?;
        let configuration = http::discovery::configuration_document(&config)?;
        Ok(Self(Arc::new(Inner {
            config,
            store,
            clock,
            access,
            authn,
            keys,
            clients: client_cache::ClientCache::new(),
            issued_codes: issued_codes::IssuedCodes::new(),
            end_access,
            configuration,
        })))
    }

    /// Pages and protocol endpoints for the browser listener.
    pub fn routes(&self) -> axum::Router {
        http::routes(self.clone())
    }

    /// The endpoints that clients call themselves, for the listener that asks for client
    /// certificates (RFC 8705 §5).
    pub fn client_routes(&self) -> axum::Router {
        http::client_routes(self).with_state(self.clone())
    }

    /// The REST API: clients and signing keys. Its handlers expect a
    /// [`platform_access::Caller`] among a request's extensions.
    pub fn api(&self) -> utoipa_axum::router::OpenApiRouter {
        http::api::described().with_state(self.clone())
    }

    /// The description of [`Self::api`], without a provider behind it.
    pub fn openapi() -> utoipa::openapi::OpenApi {
        http::api::described().into_openapi()
    }

    /// What runs on a schedule.
    pub fn jobs(&self) -> Vec<Job> {
        jobs::all(self)
    }

    /// Voids what caches hold of a client.
    fn forget_client(&self, id: &str) {
        self.0.clients.forget(id);
        self.0.end_access.bearers.clear();
    }

    fn now(&self) -> Timestamp {
        self.0.clock.now()
    }
}
