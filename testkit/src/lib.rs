#![forbid(unsafe_code)]
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    reason = "a test that cannot start what it needs must fail at once"
)]
//! What tests and the benchmark start: databases, tokens, the real binary.
//!
//! Everything gets a folder of its own and a free port, and ends with its owner.

mod answer;
mod browser;
mod command;
mod postgres;
mod robot;
mod server;
mod softhsm;
mod xinshu;

pub use answer::Answer;
pub use browser::{Browser, Page};
pub use command::{Outcome, SetAtEnd, cache, free_port, python, run, run_with, tool, wait_until};
pub use postgres::Postgres;
pub use robot::Robot;
pub use server::{Server, resident_kib};
pub use softhsm::SoftHsm;
pub use xinshu::{Options, User, Xinshu};
