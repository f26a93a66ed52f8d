//! `tests/data/0.1.0`: what its README lists is still there, still works, and still verifies.

use std::{path::Path, process::Command};

use serde_json::Value;
use testkit::{Options, Postgres, Server, Xinshu, run, tool};

use crate::XINSHU;

#[test]
fn on_sqlite() {
    let node = Xinshu::prepare(XINSHU, Options::default());
    let facts = copy("sqlite", &node);
    story(&node, &facts);
}

#[test]
fn on_postgres() {
    let postgres = Postgres::shared();
    let url = postgres.database();
    let dump = Path::new(DATA).join("postgres/xinshu.sql");
    run(Command::new("psql")
        .args(["-qX", "-v", "ON_ERROR_STOP=1", "-d", &url, "-f"])
        .arg(dump))
    .success();
    let mut node = Xinshu::prepare(XINSHU, Options::default());
    let facts = copy("postgres", &node);
    node.set(format!("database.url={url}"));
    story(&node, &facts);
}

fn story(node: &Xinshu, facts: &Value) {
    node.sql(&still_valid());
    let server = node.serve();
    certificates_and_time_stamps(node, &server, facts);
    people(node, &server, facts);
    applications(&server, facts);
    let verified = node.xinshu(["audit", "verify"]).success().text();
    assert!(verified.contains("the log holds"), "{verified}");
}

fn certificates_and_time_stamps(node: &Xinshu, server: &Server, facts: &Value) {
    let list = node.xinshu(["cert", "list", "--json"]).success().text();
    for name in ["good", "revoked", "other"] {
        let serial = facts["serials"][name].as_str().unwrap();
        assert!(list.contains(serial), "{serial} is not in {list}");
    }
    let revoked = facts["serials"]["revoked"].as_str().unwrap();
    let shown = node.xinshu(["cert", "show", revoked]).success().text();
    assert!(shown.contains("keyCompromise"), "{shown}");
    let pem = node.file("good.pem");
    std::fs::write(&pem, facts["certificate_pem"].as_str().unwrap()).unwrap();
    let issuer = node.file("issuing.pem");
    let der = node.file("issuing.cer");
    let path = |path: &Path| path.display().to_string();
    let url = format!("{}/ca/issuing.cer", server.http);
    tool("curl", ["-sSf", "-o", &path(&der), &url]).success();
    tool(
        "openssl",
        [
            "x509",
            "-inform",
            "DER",
            "-in",
            &path(&der),
            "-out",
            &path(&issuer),
        ],
    )
    .success();
    let answer = tool(
        "openssl",
        [
            "ocsp",
            "-issuer",
            &path(&issuer),
            "-cert",
            &path(&pem),
            "-serial",
            &format!("0x{revoked}"),
            "-CAfile",
            &path(&node.root()),
            "-url",
            &format!("{}/ocsp", server.http),
        ],
    )
    .success()
    .text();
    assert!(answer.contains("good.pem: good"), "{answer}");
    assert!(answer.contains(": revoked"), "{answer}");
}

fn people(node: &Xinshu, server: &Server, facts: &Value) {
    let users = node.xinshu(["user", "list", "--json"]).success().json();
    let user = |name: &str| {
        let list = users.as_array().unwrap();
        list.iter().find(|user| user["name"] == name).cloned()
    };
    let alice = user("alice").unwrap();
    assert_eq!(
        alice["permissions"],
        serde_json::json!(["ca.certificate.*"])
    );
    assert_eq!(alice["has_password"], true);
    assert_eq!(user("bob").unwrap()["disabled"], true);
    assert_eq!(user("erin").unwrap()["has_password"], false);
    assert!(user("dave").is_none());

    // A session goes on, a link opens, and a password signs in.
    let cookie = format!(
        "Cookie: __Host-xinshu-session={}",
        facts["alice_session"].as_str().unwrap()
    );
    let page = server.curl(["-H", &cookie], "/account").success().text();
    assert!(page.contains("Alice Wang"), "{page}");
    let link = format!(
        "/account/set-password?token={}",
        facts["password_link"].as_str().unwrap()
    );
    let page = server.curl([], &link).success().text();
    assert!(page.contains("erin"), "{page}");
    let browser = testkit::Browser::new(server);
    let user = testkit::User {
        name: "alice".to_owned(),
        password: facts["password"].as_str().unwrap().to_owned(),
    };
    let answer = browser.sign_in(&server.https, &user);
    assert_eq!(answer.location.as_deref(), Some("/account"), "{answer:?}");
}

fn applications(server: &Server, facts: &Value) {
    let text = |value: &Value| value.as_str().unwrap().to_owned();
    let token = |arguments: &[&str]| -> Value {
        let answer = server.curl(arguments.iter().copied(), "/oauth2/token");
        serde_json::from_str(&answer.text()).unwrap()
    };
    let robot = &facts["robot"];
    let credentials = |client: &Value| {
        format!(
            "{}:{}",
            text(&client["client_id"]),
            text(&client["client_secret"])
        )
    };
    let tokens = token(&[
        "-u",
        &credentials(robot),
        "-d",
        "grant_type=client_credentials",
    ]);
    let bearer = format!("Authorization: Bearer {}", text(&tokens["access_token"]));
    let list = server
        .curl(["-H", &bearer], "/api/v1/certificates?limit=1")
        .text();
    assert!(list.contains("\"items\""), "{list}");

    let refresh = format!(
        "refresh_token={}",
        text(&facts["alice_tokens"]["refresh_token"])
    );
    let portal = credentials(&facts["portal"]);
    let form = [
        "-u",
        &portal,
        "-d",
        "grant_type=refresh_token",
        "-d",
        &refresh,
    ];
    let tokens = token(&form);
    let bearer = format!("Authorization: Bearer {}", text(&tokens["access_token"]));
    let info = server.curl(["-H", &bearer], "/oauth2/userinfo").text();
    assert!(info.contains("alice@example.org"), "{info}");

    // Carol refreshed once before the upgrade: a copy of her old token is noticed, and
    // takes the new one with it.
    let client_id = format!("client_id={}", text(&facts["spa"]["client_id"]));
    for used in [
        &facts["carol_used_refresh"],
        &facts["carol_tokens"]["refresh_token"],
    ] {
        let refresh = format!("refresh_token={}", text(used));
        let form = [
            "-d",
            "grant_type=refresh_token",
            "-d",
            &client_id,
            "-d",
            &refresh,
        ];
        assert_eq!(token(&form)["error"], "invalid_grant");
    }
}

const DATA: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/data/0.1.0");

/// Copies a data folder with the modes that a clone of the repository loses; returns its facts.
fn copy(kind: &str, node: &Xinshu) -> Value {
    let from = Path::new(DATA).join(kind);
    run(Command::new("cp").arg("-r").arg(&from).arg(node.data())).success();
    let secret = "find . -type d -exec chmod 700 {} + && find . -type f -exec chmod 600 {} +";
    run(Command::new("sh")
        .args(["-c", secret])
        .current_dir(node.data()))
    .success();
    let facts = std::fs::read(from.join("facts.json")).unwrap();
    serde_json::from_slice(&facts).unwrap()
}

/// Makes sessions, links and refresh tokens valid whenever the test runs: as if the old
/// server had stopped just now.
fn still_valid() -> String {
    let now = std::time::SystemTime::now()
        .duration_since(std::time::UNIX_EPOCH)
        .unwrap()
        .as_micros();
    let end = now + 3_600_000_000;
    format!(
        "UPDATE idp_session SET last_seen_at = {now}, expires_at = {end};
         UPDATE idp_password_link SET expires_at = {end};
         UPDATE idp_refresh_family SET expires_at = {end};
         UPDATE idp_refresh_token SET expires_at = {end}"
    )
}
