#![forbid(unsafe_code)]
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    reason = "a test that cannot start what it needs must fail at once"
)]
//! What tests and the benchmark start: databases, tokens, the real binary.
//!
//! Everything gets a folder of its own and a free port, and ends with its owner.

mod command;
mod postgres;
mod server;
mod softhsm;

pub use command::{Outcome, cache, free_port, run, run_with, tool, wait_until};
pub use postgres::Postgres;
pub use server::{Options, Server, User, Xinshu};
pub use softhsm::SoftHsm;
