#![forbid(unsafe_code)]
//! The ground every service stands on: [`store`], [`audit`] log, [`clock`],
//! [`settings`], [`access`], [`permission`], [`jobs`] and [`web`].
//!
//! It knows nothing of certificates, sign-ins or time-stamps.

pub mod access;
pub mod audit;
pub mod clock;
pub mod i18n;
pub mod jobs;
pub mod permission;
pub mod settings;

pub mod store;
pub mod web;

pub use access::{Actor, Caller};
pub use clock::{Clock, SharedClock};
pub use store::{Store, StoreError};
