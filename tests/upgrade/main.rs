//! Data folders of earlier releases, migrated and served by today's binary.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    reason = "a test fails where it cannot go on"
)]

mod from_0_1_0;
mod newer_schema;

/// The binary under test.
const XINSHU: &str = env!("CARGO_BIN_EXE_xinshu");
