//! oidc-client-ts (npm) in a page of another origin, with Chromium: code flow, userinfo,
//! refresh and revocation by `fetch`, which CORS permits to this client's pages.

use std::process::Command;

use serde_json::Value;
use testkit::{Options, Xinshu, cache, free_port, run};

use crate::{XINSHU, key_pin};

#[test]
fn a_single_page_application_signs_a_person_in() {
    let node = Xinshu::init(XINSHU, Options::default());
    let user = node.user("alice");
    let change = [
        "user",
        "change",
        "alice",
        "--display-name",
        "Alice Wang",
        "--email",
        "alice@example.org",
    ];
    node.xinshu(change).success();
    let port = free_port();
    let callback = format!("http://localhost:{port}/callback");
    let client = node
        .xinshu([
            "client",
            "add",
            "spa",
            "--public",
            "--redirect-uri",
            &callback,
            "--json",
        ])
        .success()
        .json();
    let server = node.serve();
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/idp/clients");
    let library = "node/node_modules/oidc-client-ts/dist/browser/oidc-client-ts.min.js";
    let seen = run(Command::new(cache().join("python/bin/python"))
        .arg(format!("{folder}/oidc_client_ts.py"))
        .args([&server.https, client["client_id"].as_str().unwrap()])
        .args([&port.to_string(), &format!("{folder}/oidc_client_ts.html")])
        .arg(cache().join(library))
        .args([&user.name, &user.password, &key_pin(&server)]));
    assert!(seen.ok, "{}{}\n{}", seen.text(), seen.stderr, server.log());
    let learnt: Value = serde_json::from_str(seen.text().trim())
        .unwrap_or_else(|_| panic!("{}{}", seen.text(), seen.stderr));
    assert_eq!(learnt["name"], "Alice Wang", "{learnt}");
    assert_eq!(learnt["username"], "alice");
    assert_eq!(learnt["email"], "alice@example.org");
    assert_eq!(learnt["renewed"], true);
    assert_eq!(learnt["refused"], 401);
    assert!(learnt["challenge"].as_str().unwrap().starts_with("Bearer"));
    assert_eq!(learnt["afterRevocation"], "invalid_grant");
}
