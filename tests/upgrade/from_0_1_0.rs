//! Data folders of 0.1.0 (`tests/data/0.1.0`) migrate, serve and pass `audit verify`;
//! what was handed out before is still good, and what was ended stays ended.

use std::{path::Path, process::Command};

use serde_json::Value;
use testkit::{Browser, Options, Postgres, Server, User, Xinshu, run, tool};

use crate::XINSHU;

/// Some minutes after the data was made.
const CLOCK: &str = "2026-11-26T04:12:00Z";

/// A migrated node and what is known of its data.
struct Upgraded {
    node: Xinshu,
    facts: Value,
}

impl Upgraded {
    fn text(&self, path: &str) -> &str {
        let fact = self.facts.pointer(path);
        fact.and_then(Value::as_str)
            .unwrap_or_else(|| panic!("no fact {path}"))
    }
}

/// Runs `story` on a copy of each of the two data folders.
fn on_both(story: impl Fn(Upgraded)) {
    let data = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/data/0.1.0");
    for database in ["sqlite", "postgres"] {
        let from = data.join(database);
        let mut options = Options::default();
        // What the folder was made with, and what tokens name.
        options
            .settings
            .push("public.url=https://localhost:8443".to_owned());
        options
            .environment
            .push(("XINSHU_TEST_CLOCK".to_owned(), CLOCK.to_owned()));
        if database == "postgres" {
            let url = Postgres::shared().database();
            let dump = from.join("xinshu.sql");
            run(Command::new("psql")
                .args(["-qX", "-v", "ON_ERROR_STOP=1", "-d", &url, "-f"])
                .arg(dump))
            .success();
            options.settings.push(format!("database.url={url}"));
        }
        let node = Xinshu::prepare(XINSHU, options);
        copy(&from, node.data());
        let facts = std::fs::read_to_string(from.join("facts.json")).unwrap();
        story(Upgraded {
            node,
            facts: serde_json::from_str(&facts).unwrap(),
        });
    }
}

/// Copies a data folder; the modes that it must have are not kept by git.
fn copy(from: &Path, to: &Path) {
    run(Command::new("cp").arg("-r").arg(from).arg(to)).success();
    run(Command::new("chmod").args(["-R", "u=rwX,go="]).arg(to)).success();
}

/// The answer of the token endpoint to a refresh token.
fn refresh(server: &Server, client: &[&str], token: &str) -> testkit::Answer {
    let mut arguments = vec!["-k", "--data-urlencode", "grant_type=refresh_token"];
    let token = format!("refresh_token={token}");
    arguments.extend(["--data-urlencode", &token]);
    arguments.extend(client);
    server.ask(arguments, "/oauth2/token")
}

fn items(server: &Server, path: &str) -> Vec<Value> {
    let list = server.local(["-f"], path).success().json();
    assert!(list["next"].is_null(), "{list}");
    list["items"].as_array().expect("items").clone()
}

fn one<'a>(items: &'a [Value], field: &str, value: &str) -> &'a Value {
    let found = items.iter().find(|item| item[field] == value);
    found.unwrap_or_else(|| panic!("no {field} {value} in {items:?}"))
}

/// The log and every table hold, before and after the node has gone on.
#[test]
fn the_log_holds_before_and_after_new_entries() {
    on_both(|upgraded| {
        let node = &upgraded.node;
        let mut server = node.serve();
        node.xinshu(["audit", "verify"]).success();
        node.user("frank");
        assert!(server.stop(), "{}", server.log());
        let verified = node.xinshu(["audit", "verify", "--json"]).success().json();
        assert_eq!(verified["holds"], true, "{verified}");
        assert!(verified["size"].as_u64() > Some(53), "{verified}");
        node.xinshu(["doctor"]).success();
    });
}

#[test]
fn people_and_clients_are_who_they_were() {
    on_both(|upgraded| {
        let server = upgraded.node.serve();
        let users = items(&server, "/api/v1/users");
        assert_eq!(users.len(), 5, "{users:?}");
        assert_eq!(
            one(&users, "name", "carol")["permissions"][0],
            "idp.user.read"
        );
        assert_eq!(one(&users, "name", "bob")["disabled"], true);
        assert_eq!(one(&users, "name", "alice")["disabled"], false);
        let clients = items(&server, "/api/v1/clients");
        assert_eq!(clients.len(), 3, "{clients:?}");
        let robot = one(&clients, "client_id", upgraded.text("/robot/client_id"));
        assert_eq!(robot["client_name"], "robot", "{robot}");
        assert_eq!(robot["permissions"][0], "ca.certificate.read");
    });
}

#[test]
fn certificates_and_revocations_are_kept() {
    on_both(|upgraded| {
        let server = upgraded.node.serve();
        let status = |serial: &str| {
            let path = format!("/api/v1/certificates/{serial}");
            server.local(["-f"], &path).success().json()["status"].clone()
        };
        assert_eq!(status(upgraded.text("/serials/good")), "good");
        assert_eq!(status(upgraded.text("/serials/other")), "good");
        assert_eq!(status(upgraded.text("/serials/revoked")), "revoked");
        assert_eq!(ocsp(&upgraded, &server), ["good", "revoked"]);
        let crl = server
            .ask([], &format!("{}/crl/issuing.crl", server.http))
            .expect(200);
        std::fs::write(upgraded.node.file("issuing.crl"), &crl.body).unwrap();
        let text = run(Command::new("openssl")
            .args(["crl", "-inform", "DER", "-noout", "-text", "-in"])
            .arg(upgraded.node.file("issuing.crl")))
        .success()
        .text();
        let revoked = upgraded.text("/serials/revoked").to_uppercase();
        assert!(text.contains(&revoked), "{text}");
    });
}

/// What OCSP answers for the certificate that is good and for the one that is revoked.
fn ocsp(upgraded: &Upgraded, server: &Server) -> [&'static str; 2] {
    let path = |name: &str| upgraded.node.file(name).display().to_string();
    std::fs::write(path("good.pem"), upgraded.text("/certificate_pem")).unwrap();
    let issuer = server.ask([], &format!("{}/ca/issuing.cer", server.http));
    std::fs::write(path("issuing.cer"), issuer.expect(200).body).unwrap();
    let (der, pem) = (path("issuing.cer"), path("issuing.pem"));
    tool(
        "openssl",
        ["x509", "-inform", "DER", "-in", &der, "-out", &pem],
    )
    .success();
    let revoked = format!("0x{}", upgraded.text("/serials/revoked"));
    let url = format!("{}/ocsp", server.http);
    // Its answers are of the test's clock, not of this machine's.
    let arguments = ["ocsp", "-noverify", "-issuer", &pem, "-url", &url];
    let of = |which: &[&str]| {
        let outcome = tool("openssl", arguments.iter().chain(which).copied());
        if outcome.text().contains(": good") {
            "good"
        } else if outcome.text().contains(": revoked") {
            "revoked"
        } else {
            "neither"
        }
    };
    [
        of(&["-cert", &path("good.pem")]),
        of(&["-serial", &revoked]),
    ]
}

/// What people and applications hold: sessions, refresh tokens, access tokens.
#[test]
fn what_was_handed_out_is_still_good() {
    on_both(|upgraded| {
        let server = upgraded.node.serve();
        let portal = format!(
            "{}:{}",
            upgraded.text("/portal/client_id"),
            upgraded.text("/portal/client_secret")
        );
        // The session gives a code without another sign-in.
        let cookie = format!(
            "Cookie: __Host-xinshu-session={}",
            upgraded.text("/alice_session")
        );
        let authorize = format!(
            "/oauth2/authorize?response_type=code&client_id={}&scope=openid&state=s&nonce=n\
             &redirect_uri=http%3A%2F%2Flocalhost%3A9000%2Fcallback\
             &code_challenge=E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM&code_challenge_method=S256",
            upgraded.text("/portal/client_id")
        );
        let answer = server.ask(["-k", "-H", &cookie], &authorize);
        let location = answer.header("location");
        assert!(
            location.starts_with("http://localhost:9000/callback") && location.contains("code="),
            "{} {location}",
            answer.status
        );
        let bearer = format!(
            "Authorization: Bearer {}",
            upgraded.text("/alice_tokens/access_token")
        );
        let who = server
            .ask(["-k", "-H", &bearer], "/oauth2/userinfo")
            .expect(200);
        assert_eq!(who.json()["preferred_username"], "alice", "{}", who.text());
        let token = upgraded.text("/alice_tokens/refresh_token");
        let fresh = refresh(&server, &["-u", &portal], token).expect(200).json();
        let next = fresh["refresh_token"].as_str().expect("another one");
        refresh(&server, &["-u", &portal], next).expect(200);
    });
}

/// What a browser shows: a session's account page, a link that sets a password, and the
/// sign-in with a password.
#[test]
fn sessions_links_and_passwords_open_the_pages() {
    on_both(|upgraded| {
        let server = upgraded.node.serve();
        let cookie = format!(
            "Cookie: __Host-xinshu-session={}",
            upgraded.text("/alice_session")
        );
        let page = server.ask(["-k", "-H", &cookie], "/account").expect(200);
        assert!(page.text().contains("Alice Wang"), "{}", page.text());
        let link = format!(
            "/account/set-password?token={}",
            upgraded.text("/password_link")
        );
        let page = server.ask(["-k"], &link).expect(200);
        assert!(page.text().contains("erin"), "{}", page.text());
        let alice = User {
            name: "alice".to_owned(),
            password: upgraded.text("/password").to_owned(),
        };
        // Its hash is one of 0.1.0, which the sign-in renews.
        let stored = || {
            upgraded.node.sql(
                "SELECT c.form, c.secret FROM idp_credential c JOIN idp_user u ON u.id = c.user_id
                 WHERE u.name = 'alice'",
            )
        };
        let old = stored();
        assert!(old.starts_with("1|$argon2id$"), "{old}");
        let answer = Browser::new(&server).sign_in(&server.https, &alice);
        assert_eq!(answer.location.as_deref(), Some("/account"), "{answer:?}");
        let renewed = stored();
        assert!(renewed.starts_with("2|$argon2id$"), "{renewed}");
        assert_ne!(old.split_once('|'), renewed.split_once('|'));
        let answer = Browser::new(&server).sign_in(&server.https, &alice);
        assert_eq!(answer.location.as_deref(), Some("/account"), "{answer:?}");
    });
}

/// A refresh token that 0.1.0 had rotated already is a replay here too.
#[test]
fn a_used_refresh_token_ends_the_grant_it_came_from() {
    on_both(|upgraded| {
        let server = upgraded.node.serve();
        let client = format!("client_id={}", upgraded.text("/spa/client_id"));
        let spa = ["--data-urlencode", &client];
        let replay = refresh(&server, &spa, upgraded.text("/carol_used_refresh"));
        assert_eq!(replay.expect(400).json()["error"], "invalid_grant");
        let current = refresh(&server, &spa, upgraded.text("/carol_tokens/refresh_token"));
        assert_eq!(current.expect(400).json()["error"], "invalid_grant");
    });
}

#[test]
fn passwords_and_secrets_are_still_good() {
    on_both(|upgraded| {
        let server = upgraded.node.serve();
        let robot = format!(
            "{}:{}",
            upgraded.text("/robot/client_id"),
            upgraded.text("/robot/client_secret")
        );
        let form = ["-k", "-u", &robot, "-d", "grant_type=client_credentials"];
        let token = server.ask(form, "/oauth2/token").expect(200).json();
        let bearer = format!(
            "Authorization: Bearer {}",
            token["access_token"].as_str().unwrap()
        );
        server
            .ask(["-k", "-H", &bearer], "/api/v1/certificates")
            .expect(200);
        server
            .ask(["-k", "-H", &bearer], "/api/v1/users")
            .expect(403);
    });
}

/// Certificates, tokens and entries are made by the migrated node as before.
#[test]
fn the_node_goes_on_issuing_and_stamping() {
    on_both(|upgraded| {
        let node = &upgraded.node;
        let mut server = node.serve();
        let (key, csr) = (node.file("new.key"), node.file("new.csr"));
        run(Command::new("openssl")
            .args([
                "req",
                "-new",
                "-newkey",
                "ec",
                "-pkeyopt",
                "ec_paramgen_curve:P-256",
            ])
            .args(["-nodes", "-subj", "/CN=new.example.com"])
            .args(["-addext", "subjectAltName=DNS:new.example.com", "-keyout"])
            .arg(&key)
            .arg("-out")
            .arg(&csr))
        .success();
        let csr = csr.to_str().unwrap();
        let chain = node
            .xinshu(["cert", "issue", "--profile", "tls-server", "--csr", csr])
            .success()
            .text();
        assert!(chain.contains("BEGIN CERTIFICATE"), "{chain}");
        let serial = upgraded.text("/serials/good");
        node.xinshu(["cert", "revoke", serial, "--reason", "superseded"])
            .success();
        let query = node.file("query.tsq");
        run(Command::new("openssl")
            .args(["ts", "-query", "-data"])
            .arg(node.data().join("root.pem"))
            .args(["-sha256", "-cert", "-out"])
            .arg(&query))
        .success();
        let body = format!("@{}", query.display());
        let stamped = server
            .ask(
                [
                    "-H",
                    "Content-Type: application/timestamp-query",
                    "--data-binary",
                    &body,
                ],
                &format!("{}/tsa", server.http),
            )
            .expect(200);
        assert_eq!(
            stamped.header("content-type"),
            "application/timestamp-reply"
        );
        // PKIStatus granted (RFC 3161 §2.4.2): SEQUENCE { SEQUENCE { INTEGER 0 …
        let granted = [0x02, 0x01, 0x00];
        assert!(
            stamped
                .body
                .windows(3)
                .take(12)
                .any(|window| window == granted)
        );
        assert!(server.stop(), "{}", server.log());
        node.xinshu(["audit", "verify"]).success();
    });
}
