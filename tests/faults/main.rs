//! What goes wrong in the world, and what must not go wrong with it.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    reason = "a test fails where it cannot go on"
)]

mod dead_node;
mod full_disk;
mod idle_connections;
mod in_flight;
mod lost_database;
mod lost_token;
mod power_failure;
mod slow_clients;
mod two_nodes;

use std::{path::PathBuf, process::Command};

use serde_json::{Value, json};
use testkit::{Outcome, Server, Xinshu, run};

/// The binary under test.
const XINSHU: &str = env!("CARGO_BIN_EXE_xinshu");

/// An order for a certificate as a file that curl sends, made once a test.
fn order(node: &Xinshu) -> PathBuf {
    let csr = node.file("order.csr");
    run(Command::new("openssl")
        .args([
            "req",
            "-new",
            "-newkey",
            "ec",
            "-pkeyopt",
            "ec_paramgen_curve:P-256",
            "-nodes",
        ])
        .args([
            "-subj",
            "/CN=host.example.org",
            "-addext",
            "subjectAltName=DNS:host.example.org",
            "-keyout",
        ])
        .arg(node.file("order.key"))
        .arg("-out")
        .arg(&csr))
    .success();
    let order = json!({ "profile": "tls-server", "csr": std::fs::read_to_string(csr).unwrap() });
    let file = node.file("order.json");
    std::fs::write(&file, order.to_string()).unwrap();
    file
}

/// Orders a certificate over the local socket: status and body.
fn issue(server: &Server, order: &std::path::Path) -> (u16, String) {
    let data = format!("@{}", order.display());
    let arguments = ["-i", "-H", "Content-Type: application/json", "-d", &data];
    let outcome = server.local(arguments, "/api/v1/certificates");
    status_of(&outcome)
}

/// The status of an answer with its head (`curl -i`), and all of it.
fn status_of(outcome: &Outcome) -> (u16, String) {
    let text = outcome.text();
    let status = text
        .split_whitespace()
        .nth(1)
        .and_then(|code| code.parse().ok())
        .unwrap_or(0);
    (status, text)
}

/// The serial number in a 201's body.
fn serial(answer: &str) -> String {
    let body = answer.split_once("\r\n\r\n").map_or("", |(_, body)| body);
    let body: Value =
        serde_json::from_str(body).unwrap_or_else(|error| panic!("{error}: {answer}"));
    body["serial"].as_str().unwrap().to_owned()
}

/// Fails unless the log and the records it proves hold.
#[track_caller]
fn assert_log_holds(node: &Xinshu) -> Value {
    let report = node.xinshu(["audit", "verify", "--json"]);
    assert!(report.ok, "{} {}", report.text(), report.stderr);
    report.json()
}
