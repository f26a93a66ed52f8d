//! The rules of the time-stamp authority, in one process and without the binary.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    reason = "a test fails by panicking"
)]

mod clock;
mod test_tsa;
mod units;
