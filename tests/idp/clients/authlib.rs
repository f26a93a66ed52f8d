//! Authlib (PyPI) with requests: an ID token that carries claims and `at_hash`, and a refresh
//! whose answer was lost.

use std::{
    io::{BufRead as _, BufReader, Read as _, Write as _},
    process::{Command, Stdio},
};

use serde_json::Value;
use testkit::{Browser, Options, Xinshu, cache};

use crate::{XINSHU, approve};

const CALLBACK: &str = "https://app.example.org/callback";

#[test]
fn authlib_reads_claims_from_the_id_token_and_retries_a_refresh() {
    let node = Xinshu::init(XINSHU, Options::default());
    let user = node.user("alice");
    let change = ["user", "change", "alice", "--email", "alice@example.org"];
    node.xinshu(change).success();
    let add = [
        "client",
        "add",
        "app",
        "--json",
        "--redirect-uri",
        CALLBACK,
        "--claims-in-id-token",
    ];
    let client = node.xinshu(add).success().json();
    let server = node.serve();
    let mut application = Command::new(cache().join("python/bin/python"))
        .arg(concat!(
            env!("CARGO_MANIFEST_DIR"),
            "/tests/idp/clients/authlib_client.py"
        ))
        .arg(&server.https)
        .arg(client["client_id"].as_str().unwrap())
        .arg(client["client_secret"].as_str().unwrap())
        .arg(CALLBACK)
        .env("REQUESTS_CA_BUNDLE", server.root())
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .expect("Python runs; run scripts/test-deps");
    let mut output = BufReader::new(application.stdout.take().unwrap());
    let mut authorize = String::new();
    output.read_line(&mut authorize).unwrap();
    let browser = Browser::new(&server);
    let callback = approve(&server, &browser, &user, authorize.trim());
    writeln!(application.stdin.take().unwrap(), "{callback}").unwrap();
    let mut learnt = String::new();
    output.read_to_string(&mut learnt).unwrap();
    assert!(application.wait().unwrap().success(), "{learnt}");
    let learnt: Value = serde_json::from_str(&learnt).unwrap();
    assert_eq!(learnt["claims"]["preferred_username"], "alice", "{learnt}");
    assert_eq!(learnt["claims"]["email"], "alice@example.org");
    assert_eq!(learnt["claims"]["email_verified"], true);
    assert_eq!(learnt["same successor"], true);
    assert_eq!(learnt["reuse"], "invalid_grant");
    assert_eq!(learnt["userinfo afterwards"], 401);
}
