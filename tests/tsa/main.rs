//! The time-stamp authority, as its clients see it.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    reason = "a test fails where it cannot go on"
)]

mod a_lost_database_is_told_and_got_over;
mod a_revoked_unit_gives_no_time;
mod a_wrong_clock_gives_no_time;
mod every_token_is_on_record;
mod openssl_accepts_tokens;
mod refusals_say_why;
mod rfc3161_client_accepts_tokens;
mod rfc3161ng_accepts_tokens;
mod sm2_and_ed25519_stamp_too;
mod support;
mod the_answer_is_to_the_question;

/// The binary under test.
const XINSHU: &str = env!("CARGO_BIN_EXE_xinshu");
