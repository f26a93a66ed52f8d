//! What this crate makes, as OpenSSL, `x509-parser` and pkilint read it, and
//! what it refuses.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    reason = "a test fails by panicking"
)]

mod authority;
mod bad_input;
mod certificate_requests;
mod foreign_requests;
mod linter;
mod pkilint;
mod public_keys;
mod revocation_lists;
mod status;
mod support;
mod time_stamps;
