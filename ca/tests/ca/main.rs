//! The rules of the certificate authority, in one process and without the binary.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    reason = "a test fails by panicking"
)]

mod access;
mod authorities;
mod downloads;
mod issuance;
mod ocsp;
mod overrides;
mod profiles;
mod renewal;
mod requests;
mod revocation;
mod test_ca;
