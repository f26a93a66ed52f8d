//! The adapters from outside.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    reason = "a test fails by a panic"
)]

mod conformance;
mod softhsm;
mod software;
mod token;
