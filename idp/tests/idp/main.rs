//! The identity provider from outside, over its routes.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    unreachable_pub,
    reason = "tests"
)]

mod api;
mod authorize;
mod bad_input;
mod code_flow;
mod flow;
mod house;
mod jwt;
mod key;
mod logout;
mod nodes;
mod passwords;
mod refresh;
mod sign_in;
mod tokens;
