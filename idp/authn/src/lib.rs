#![forbid(unsafe_code)]
//! Proving who someone is: sign-in, credentials, sessions, and the pages for them.
//!
//! Each verb is a function of its own module, such as [`sign_in::sign_in`]; [`Authn`]
//! is what they work on.

pub mod accounts;
pub mod actions;
pub mod applications;
mod config;
mod devices;
pub mod end_sessions;
mod error;
pub mod hooks;
pub mod http;
pub mod interactions;
mod jobs;
pub mod model;
mod password;
pub mod password_link;
pub mod sessions;
pub mod set_password;
pub mod sign_in;
pub mod sign_out;
mod store;
pub mod throttle;

use std::sync::Arc;

use idp_directory::Directory;
use jiff::Timestamp;
use platform_access::Access;
use platform_runtime::{SharedClock, jobs::Job};
use platform_store::Store;

pub use accounts::Accounts;
pub use config::Config;
pub use error::{Error, WeakPassword};
pub use hooks::{AccessHook, ApplicationAccess, RevokedGrants, SessionEnd};
pub use model::{Authentication, Session, SessionInfo};
pub use password::PasswordPolicy;

/// What signs people in on a node. Cheap to clone.
#[derive(Clone, Debug)]
pub struct Authn(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    config: Config,
    store: Store,
    clock: SharedClock,
    access: Access,
    directory: Directory,
    accounts: Arc<Accounts>,
}

impl Authn {
    /// Signs in the people of `directory`, whose `accounts` these are.
    ///
    /// # Errors
    /// [`Error::Config`] for settings that contradict each other.
    pub fn new(
        config: Config,
        store: Store,
        clock: SharedClock,
        access: Access,
        directory: Directory,
        accounts: Arc<Accounts>,
    ) -> Result<Self, Error> {
        config.check()?;
        Ok(Self(Arc::new(Inner {
            config,
            store,
            clock,
            access,
            directory,
            accounts,
        })))
    }

    /// The people who can sign in.
    pub fn directory(&self) -> &Directory {
        &self.0.directory
    }

    /// Pages for the browser listener.
    pub fn routes(&self) -> axum::Router {
        http::routes(self.clone())
    }

    /// The REST API: passwords, links and sessions of users. Its handlers expect a
    /// [`platform_access::Caller`] among a request's extensions.
    pub fn api(&self) -> utoipa_axum::router::OpenApiRouter {
        http::api::described().with_state(self.clone())
    }

    /// The description of [`Self::api`], without anything behind it.
    pub fn openapi() -> utoipa::openapi::OpenApi {
        http::api::described().into_openapi()
    }

    /// What runs on a schedule.
    pub fn jobs(&self) -> Vec<Job> {
        jobs::all(self)
    }

    /// How many password hashes were computed since the start: the work of a sign-in,
    /// the same for users who exist and users who do not.
    pub fn password_hashes_computed(&self) -> u64 {
        self.0.accounts.passwords.computed()
    }

    fn now(&self) -> Timestamp {
        self.0.clock.now()
    }
}
