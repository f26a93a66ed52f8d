#![forbid(unsafe_code)]
//! Who exists: people, and what is known of them.
//!
//! Each verb is a function of its own module, such as [`add_user::add_user`];
//! [`Directory`] is what they work on.

pub mod accounts;
pub mod actions;
pub mod add_user;
pub mod change_user;
pub mod delete_user;
mod error;
mod http;
mod keep_an_administrator;
pub mod model;
pub mod read_users;
mod record_check;
mod store;
mod user_cache;

use std::sync::Arc;

use jiff::Timestamp;
use platform_access::Access;
use platform_runtime::SharedClock;
use platform_store::Store;

pub use accounts::{Accounts, FirstPassword};
pub use error::Error;
pub use model::{NewUser, User, UserChange, UserInfo, UserName};
pub use record_check::UserRecords;

/// The directory of a node. Cheap to clone.
#[derive(Clone, Debug)]
pub struct Directory(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    store: Store,
    clock: SharedClock,
    access: Access,
    accounts: Arc<dyn Accounts>,
    users: user_cache::UserCache,
}

impl Directory {
    /// A directory in `store`; every change calls `accounts` in its transaction.
    pub fn new(
        store: Store,
        clock: SharedClock,
        access: Access,
        accounts: Arc<dyn Accounts>,
    ) -> Self {
        Self(Arc::new(Inner {
            store,
            clock,
            access,
            accounts,
            users: user_cache::UserCache::new(),
        }))
    }

    /// The REST API under `/api/v1/users`. Its handlers expect a
    /// [`platform_access::Caller`] among a request's extensions.
    pub fn api(&self) -> utoipa_axum::router::OpenApiRouter {
        http::described().with_state(self.clone())
    }

    /// The description of [`Self::api`], without a directory behind it.
    pub fn openapi() -> utoipa::openapi::OpenApi {
        http::described().into_openapi()
    }

    fn now(&self) -> Timestamp {
        self.0.clock.now()
    }
}
