//! The identity provider, as applications and people meet it.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    reason = "a test fails where it cannot go on"
)]

mod clients {
    mod authlib;
    mod mod_auth_openidc;
    mod oidc_client_ts;
    mod openid_client;
    mod openidconnect;
}

mod long_state;
mod pages {
    mod chromium;
    mod people;
}

use std::process::Command;

use testkit::{Browser, Page, Server, User, run};

/// The binary under test.
const XINSHU: &str = env!("CARGO_BIN_EXE_xinshu");

/// Opens an application's authorization address as a person does: signs in where
/// asked, and follows what this server says, until it sends the browser away to
/// the application. Gives the application's callback address.
fn approve(server: &Server, browser: &Browser, user: &User, authorize: &str) -> String {
    let mut page = browser.get(authorize);
    for _ in 0..6 {
        if page.status == 200 && page.body.contains("name=\"password\"") {
            page = browser.fill_in(&server.https, &page, user);
        }
        let next = follow(server, &page);
        if !next.starts_with(&server.https) {
            return next;
        }
        page = browser.get(&next);
    }
    panic!("no end of redirections: {page:?}");
}

/// Where a page sends the browser, as an absolute address.
fn follow(server: &Server, page: &Page) -> String {
    let location = page
        .location
        .as_deref()
        .unwrap_or_else(|| panic!("no redirection: {page:?}"));
    if location.starts_with('/') {
        format!("{}{location}", server.https)
    } else {
        location.to_owned()
    }
}

/// The server key's pin, as Chromium takes it: base64 SHA-256 of the SubjectPublicKeyInfo.
fn key_pin(server: &Server) -> String {
    let address = server.https.trim_start_matches("https://");
    let script = format!(
        "openssl s_client -connect {address} </dev/null 2>/dev/null | openssl x509 -pubkey -noout \
         | openssl pkey -pubin -outform DER | openssl dgst -sha256 -binary | base64"
    );
    run(Command::new("sh").args(["-c", &script]))
        .success()
        .text()
        .trim()
        .to_owned()
}
