#![forbid(unsafe_code)]
//! What a node runs by: the [`clock`], [`jobs`] with leases, and [`settings`].

pub mod clock;
pub mod jobs;
pub mod settings;

pub use clock::{Clock, SharedClock};
