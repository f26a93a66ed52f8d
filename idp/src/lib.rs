#![forbid(unsafe_code)]
//! The identity provider: who is this, and what may they do?
//!
//! OpenID Connect Core 1.0 with the authorization code flow, PKCE, refresh
//! tokens that rotate, client credentials, introspection, revocation and
//! RP-initiated logout; users, clients and sessions; the pages that people see.
//!
//! [`Service`] is the front door: [`Service::routes`] are the pages and protocol
//! endpoints, [`Service::api`] is the REST API, [`Service::jobs`] is what runs by
//! the clock, and each verb has a file of its own.

mod add_client;
mod add_user;
mod authenticate_bearer;
mod authenticate_client;
mod authorize;
mod change_client;
mod change_user;
mod client_cache;
mod client_credentials;
mod config;
mod error;
mod http;
mod introspect;
mod issue_code;
mod jobs;
mod key_references;
mod keys;
mod logout;
mod model;
mod params;
mod password;
mod permission;
mod record_keys;
mod redeem_code;
mod refresh;
mod revoke;
mod sessions;
mod set_password;
mod sign_in;
mod store;
mod throttle;
mod tokens;
mod userinfo;

use std::sync::Arc;

use jiff::Timestamp;
use platform::{SharedClock, Store};

pub use config::Config;
pub use error::{Error, OAuthCode};
pub use key_references::key_references;
pub use keys::SigningKeys;
pub use model::{
    Client, ClientAuth, ClientCredentials, GrantType, IdTokenAlg, NewClient, NewUser, PasswordLink,
    Scope, ScopeValue, Session, SessionInfo, User, UserChange, UserInfo, UserName,
};
pub use record_keys::{key_uris, record_keys};

/// The identity provider of a node. Cheap to clone.
#[derive(Clone, Debug)]
pub struct Service(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    config: Config,
    store: Store,
    clock: SharedClock,
    signer: keys::Signer,
    passwords: password::Passwords,
    clients: client_cache::ClientCache,
    bearers: authenticate_bearer::BearerCache,
    documents: http::Documents,
}

impl Service {
    /// Opens the identity provider.
    ///
    /// # Errors
    /// [`Error::Config`] for settings or keys that it cannot work with.
    pub fn new(
        config: Config,
        store: Store,
        clock: SharedClock,
        keys: SigningKeys,
    ) -> Result<Self, Error> {
        config.check()?;
        let signer = keys::Signer::new(keys)?;
        let passwords = password::Passwords::new(config.password_workers, config.password_queue);
        let documents = http::Documents::render(&config, &signer)?;
        Ok(Self(Arc::new(Inner {
            config,
            store,
            clock,
            signer,
            passwords,
            clients: client_cache::ClientCache::new(),
            bearers: authenticate_bearer::BearerCache::new(),
            documents,
        })))
    }

    /// Pages and protocol endpoints, for the TLS listener.
    pub fn routes(&self) -> axum::Router {
        http::routes(self.clone())
    }

    /// What [`Self::api`] offers, without a service behind it.
    pub fn openapi() -> utoipa::openapi::OpenApi {
        http::api::described().into_openapi()
    }

    /// The REST API under `/api/v1`. Its handlers expect a [`platform::Caller`]
    /// among a request's extensions.
    pub fn api(&self) -> utoipa_axum::router::OpenApiRouter {
        http::api::routes(self.clone())
    }

    /// What runs by the clock.
    pub fn jobs(&self) -> Vec<platform::jobs::Job> {
        jobs::all(self)
    }

    /// How many password hashes were computed since the start: the sign-in's
    /// work, the same for users that exist and users that do not.
    pub fn password_hashes_computed(&self) -> u64 {
        self.0.passwords.computed()
    }

    pub(crate) fn issuer(&self) -> &str {
        &self.0.config.issuer
    }

    fn now(&self) -> Timestamp {
        self.0.clock.now()
    }
}
