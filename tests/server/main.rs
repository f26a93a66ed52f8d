//! The binary itself: commands, settings, listeners.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    reason = "a test fails where it cannot go on"
)]

mod api_changes;
mod checkpoint;
mod commands;
mod docs;
mod doctor;
mod init;
mod layers;
mod openapi;
mod operations;
mod parts;
mod passphrase;
mod readme;

/// The binary under test.
const XINSHU: &str = env!("CARGO_BIN_EXE_xinshu");
