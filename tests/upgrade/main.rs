//! Data of released versions is migrated, served and verified by today's binary.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    reason = "a test fails where it cannot go on"
)]

mod from_0_1_0;
mod newer_database;

/// The binary under test.
const XINSHU: &str = env!("CARGO_BIN_EXE_xinshu");
