//! The certificate authority, as its requesters and relying parties see it.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    reason = "a test fails where it cannot go on"
)]

mod audit {
    mod entries;
    mod verify;
}
mod certificates {
    mod filters;
    mod hold_and_release;
    mod issue_by_default_authority;
    mod issue_from_files;
    mod issue_hostile_request;
    mod issue_person;
    mod issue_with_every_algorithm;
    mod issue_with_pkcs11;
    mod list_show_revoke;
    mod lost_database;
    mod override_names;
    mod refusals;
}
mod clients {
    mod gnutls;
    mod nginx;
    mod pkilint;
}
mod crl {
    mod downloads;
    mod numbers;
}
mod ocsp {
    mod refusals;
}
mod support;
mod tls {
    mod client_certificates;
    mod server_certificate;
    mod stapling;
    mod versions;
}

/// The binary under test.
const XINSHU: &str = env!("CARGO_BIN_EXE_xinshu");
