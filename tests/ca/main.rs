//! The certificate authority, as its requesters and relying parties see it.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    reason = "a test fails where it cannot go on"
)]

mod a_client_certificate_is_asked_for_and_not_required;
mod a_lost_database_is_told_and_got_over;
mod a_person_gets_a_certificate;
mod a_token_holds_the_keys;
mod altered_records_are_found;
mod bad_ocsp_requests_get_ocsp_errors;
mod bad_requests_are_told_what_is_wrong;
mod browsers_get_a_p256_certificate;
mod certificates_are_found_listed_and_revoked;
mod crl_numbers_rise;
mod every_act_is_logged;
mod every_algorithm_issues_and_revokes;
mod gnutls_agrees;
mod nothing_is_copied_from_a_hostile_request;
mod pkilint_finds_nothing;
mod support;
mod the_servers_certificate_is_renewed_while_it_runs;
mod tls_is_of_this_decade;

/// The binary under test.
const XINSHU: &str = env!("CARGO_BIN_EXE_xinshu");
