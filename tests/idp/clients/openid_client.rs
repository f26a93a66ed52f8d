//! openid-client (npm): code flow, userinfo, refresh, introspection, revocation,
//! and RP-initiated logout.

use std::{
    io::{BufRead as _, BufReader, Read as _, Write as _},
    process::{Command, Stdio},
};

use serde_json::Value;
use testkit::{Browser, Options, Xinshu, cache};

use crate::{XINSHU, approve, follow};

const CALLBACK: &str = "https://app.example.org/callback";

#[test]
fn openid_client_signs_in_refreshes_revokes_and_signs_out() {
    let node = Xinshu::init(XINSHU, Options::default());
    let user = node.user("bob");
    let arguments = [
        "client",
        "add",
        "app",
        "--json",
        "--redirect-uri",
        CALLBACK,
        "--post-logout-redirect-uri",
        CALLBACK,
    ];
    let client = node.xinshu(arguments).success().json();
    let server = node.serve();
    let mut application = Command::new("node")
        .env("NODE_EXTRA_CA_CERTS", server.root())
        .env("XINSHU_NODE_MODULES", cache().join("node/node_modules"))
        .arg(concat!(
            env!("CARGO_MANIFEST_DIR"),
            "/tests/idp/clients/openid_client.mjs"
        ))
        .arg(&server.https)
        .arg(client["client_id"].as_str().unwrap())
        .arg(client["client_secret"].as_str().unwrap())
        .arg(CALLBACK)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .expect("node runs; run scripts/test-deps");
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
    assert_eq!(learnt["info"]["preferred_username"], "bob");
    assert_eq!(learnt["info"]["sub"], learnt["claims"]["sub"]);
    assert_eq!(learnt["active"], true);
    assert_eq!(learnt["afterRevocation"], "invalid_grant");

    // Signing out ends the session: the next visit asks for the password again.
    let mut page = browser.get(learnt["logout"].as_str().unwrap());
    if page.status == 200 {
        page = browser.post(
            &format!("{}/oauth2/logout", server.https),
            &hidden_fields(&page),
        );
    }
    let back = follow(&server, &page);
    assert!(
        back.starts_with(CALLBACK) && back.contains(learnt["state"].as_str().unwrap()),
        "{back}"
    );
    let account = browser.get(&format!("{}/account", server.https));
    assert!(
        (300..400).contains(&account.status),
        "still signed in: {account:?}"
    );
}

/// A confirmation page's own fields.
fn hidden_fields(page: &testkit::Page) -> Vec<(&str, &str)> {
    let inputs = page.body.split("<input type=\"hidden\" name=\"").skip(1);
    inputs
        .filter_map(|input| {
            let (name, rest) = input.split_once('"')?;
            let value = rest.split_once("value=\"")?.1.split_once('"')?.0;
            Some((name, value))
        })
        .collect()
}
