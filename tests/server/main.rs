//! The binary itself: commands, settings, listeners.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    reason = "a test fails where it cannot go on"
)]

mod api {
    mod changes;
    mod description;
    mod unknown_parameters;
}
mod cli {
    mod change;
    mod commands;
    mod doctor;
    mod init;
    mod passphrase;
}
mod docs;
mod layers;
mod log {
    mod checkpoint;
}
mod readme;
mod serve {
    mod http;
    mod only;
    mod operations;
}

/// The binary under test.
const XINSHU: &str = env!("CARGO_BIN_EXE_xinshu");
