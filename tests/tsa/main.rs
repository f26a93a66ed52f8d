//! The time-stamp authority, as its clients see it.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    reason = "a test fails where it cannot go on"
)]

mod clients {
    mod openssl;
    mod rfc3161_client;
    mod rfc3161ng;
}
mod units {
    mod downloads;
    mod p256_beside_others;
}
mod stamp {
    mod lost_database;
    mod records;
    mod refusals;
    mod request_members;
    mod revoked_unit;
    mod sm2_and_ed25519;
    mod wrong_clock;
}
mod support;

/// The binary under test.
const XINSHU: &str = env!("CARGO_BIN_EXE_xinshu");
