#![forbid(unsafe_code)]
//! The rooms of the platform under the paths of 0.1.0. Use the crates
//! `platform_store`, `platform_runtime`, `platform_log`, `platform_access`,
//! `platform_web` and `platform_pages` instead; this one is deleted when nobody does.

pub use crypto::random;
pub use platform_access::{self as access, self as permission, Actor, Caller};
pub use platform_log as audit;
pub use platform_runtime::{Clock, SharedClock, clock, jobs, settings};
pub use platform_store::{Store, StoreError, params};

/// The database.
pub mod store {
    pub use platform_store::*;
    /// Its name in 0.1.0.
    pub type Appended = AppendBatch;
}

/// What every HTTP route shares.
pub mod web {
    pub use platform_web::*;
}
