//! The command line, with and without a server.

use testkit::{Options, Postgres, SoftHsm, Xinshu};

use crate::XINSHU;

#[test]
fn help_teaches_and_wrong_use_is_told_apart_from_failure() {
    let node = Xinshu::init(XINSHU, Options::default());
    let help = node.xinshu(["--help"]).success().text();
    for noun in [
        "init", "serve", "doctor", "hsm", "ca", "cert", "user", "session", "client", "tsa",
        "audit", "log", "openapi",
    ] {
        assert!(help.contains(&format!("\n  {noun}")), "{noun}: {help}");
    }
    assert_eq!(node.xinshu(["cert", "issue"]).code, Some(2));
    assert_eq!(node.xinshu(["cert", "show", "7f"]).code, Some(1));
}

#[test]
fn commands_do_the_same_with_and_without_a_server() {
    let node = Xinshu::init(XINSHU, Options::default());
    node.user("alice");
    let server = node.serve();
    node.user("bob");
    let list = node.xinshu(["user", "list", "--json"]).success().json();
    drop(server);
    let names = |list: &serde_json::Value| -> Vec<String> {
        let users = list.as_array().unwrap().iter();
        users
            .map(|user| user["name"].as_str().unwrap().to_owned())
            .collect()
    };
    assert_eq!(names(&list), ["admin", "alice", "bob"]);
    let again = node.xinshu(["user", "list", "--json"]).success().json();
    assert_eq!(names(&again), names(&list));
    node.xinshu(["audit", "verify"]).success();
}

#[test]
fn the_last_administrator_stays() {
    for settings in [
        Vec::new(),
        vec![format!("database.url={}", Postgres::shared().database())],
    ] {
        let options = Options {
            settings,
            ..Options::default()
        };
        let node = Xinshu::init(XINSHU, options);
        let removals = [
            &["user", "disable", "admin"][..],
            &["user", "delete", "admin"],
            &["user", "change", "admin", "--permission", "ca.*"],
        ];
        // One who may do a lot, and one who is disabled.
        node.xinshu(["user", "add", "operator", "--permission", "ca.*"])
            .success();
        node.xinshu(["user", "add", "second", "--permission", "*"])
            .success();
        node.xinshu(["user", "disable", "second"]).success();
        for removal in removals {
            let refused = node.xinshu(removal.iter().copied());
            assert_eq!(refused.code, Some(1), "{removal:?}");
            assert!(
                refused.stderr.contains("the last administrator"),
                "{}",
                refused.stderr
            );
        }
        node.xinshu(["user", "change", "admin", "--display-name", "Ada"])
            .success();
        node.xinshu(["user", "enable", "second"]).success();
        node.xinshu(removals[0].iter().copied()).success();
        let second = node.xinshu(["user", "delete", "second"]);
        assert_eq!(second.code, Some(1), "admin is disabled");
    }
}

#[test]
fn who_is_disabled_is_shown_and_a_generated_key_told_as_json() {
    let node = Xinshu::init(XINSHU, Options::default());
    node.user("alice");
    node.user("bob");
    node.xinshu(["user", "disable", "alice"]).success();
    let list = node.xinshu(["user", "list"]).success().text();
    let line = |name: &str| list.lines().find(|line| line.contains(name)).unwrap();
    assert!(line("alice").ends_with("true"), "{list}");
    assert!(!line("bob").ends_with("true"), "{list}");

    let generate = ["hsm", "generate", "spare", "--algorithm", "p384", "--json"];
    let key = node.xinshu(generate).success().json();
    assert_eq!(key["uri"], "software:spare");
    assert_eq!(key["algorithm"], "p384");
}

#[test]
fn a_device_is_tried_before_anything_is_set_up() {
    let node = Xinshu::prepare(XINSHU, Options::default());
    let stores = node.xinshu(["hsm", "list", "--json"]).success().json();
    assert_eq!(stores[0]["store"], "software");
    assert_eq!(stores[0]["state"], "ready");
    // Keys are administered with authorization and a log, which `init` makes.
    let refused = node.xinshu(["hsm", "generate", "spare"]);
    assert_eq!(refused.code, Some(1));
    assert!(refused.stderr.contains("xinshu init"), "{}", refused.stderr);
}

#[test]
fn the_api_is_described_without_a_data_folder() {
    let node = Xinshu::prepare(XINSHU, Options::default());
    let described = node.xinshu(["openapi"]).success().json();
    for path in [
        "/api/v1/certificates",
        "/api/v1/users",
        "/api/v1/tsa/units",
        "/api/v1/audit/entries",
    ] {
        let operations = described["paths"][path].as_object().unwrap();
        for operation in operations.values() {
            assert!(
                operation["responses"]["408"].is_object(),
                "{path}: {operation}"
            );
        }
    }
    assert!(!node.data().exists());
}

#[test]
fn a_list_of_more_than_a_page_is_whole() {
    let node = Xinshu::init(XINSHU, Options::default());
    node.sql(
        "INSERT INTO idp_user (id, name, permissions, created_at, changed_at)
         WITH RECURSIVE number(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM number WHERE n < 2000)
         SELECT 'id-' || n, 'user ' || n, '', 0, 0 FROM number",
    );
    // Two full pages and one more: the administrator.
    let list = node.xinshu(["user", "list", "--json"]).success().json();
    let users = list.as_array().unwrap().iter();
    let names: std::collections::HashSet<_> = users.map(|user| user["name"].to_string()).collect();
    assert_eq!(names.len(), 2001);
}

#[test]
fn the_log_is_listed_in_pages() {
    let node = Xinshu::init(XINSHU, Options::default());
    let newest = node
        .xinshu(["audit", "list", "--limit", "3", "--json"])
        .success()
        .json();
    let index = |entry: usize| newest[entry]["index"].to_string();
    let before = index(1);
    let rest = [
        "audit", "list", "--limit", "1", "--before", &before, "--json",
    ];
    let rest = node.xinshu(rest).success().json();
    assert_eq!(rest[0]["index"].to_string(), index(2));
}

#[test]
fn a_password_is_set_and_a_secret_renewed() {
    let node = Xinshu::init(XINSHU, Options::default());
    let server = node.serve();
    let mut alice = node.user("alice");
    "another horse alice".clone_into(&mut alice.password);
    node.xinshu_with(
        ["user", "set-password", "alice", "--password-stdin"],
        &alice.password,
    )
    .success();
    let page = testkit::Browser::new(&server).sign_in(&server.https, &alice);
    assert!((300..400).contains(&page.status), "{page:?}");
    let robot = node.robot("robot", &["ca.certificate.read"]);
    let renewed = node
        .xinshu(["client", "renew-secret", &robot.id, "--json"])
        .success()
        .json();
    assert_ne!(renewed["client_secret"], robot.secret.as_str());
    let old = format!("{}:{}", robot.id, robot.secret);
    server
        .ask(
            ["-u", &old, "-d", "grant_type=client_credentials"],
            "/oauth2/token",
        )
        .expect(401);
}

#[test]
fn secrets_come_by_standard_input_alone() {
    let node = Xinshu::init(XINSHU, Options::default());
    let refused = node.xinshu(["user", "add", "eve", "--password", "correct horse eve"]);
    assert_eq!(refused.code, Some(2));
    let empty = node.xinshu_with(["user", "add", "eve", "--password-stdin"], "");
    assert_eq!(empty.code, Some(1));
    assert!(
        empty.stderr.contains("standard input is empty"),
        "{}",
        empty.stderr
    );
}

#[test]
fn keys_are_listed_made_and_tested() {
    let hsm = SoftHsm::new();
    let options = Options {
        settings: vec![format!("keys.store={}", hsm.store())],
        environment: vec![(
            "SOFTHSM2_CONF".to_owned(),
            hsm.configuration().display().to_string(),
        )],
        ..Options::default()
    };
    let node = Xinshu::init(XINSHU, options);
    let keys = node.xinshu(["hsm", "keys", "--json"]).success().json();
    let uris: Vec<&str> = keys
        .as_array()
        .unwrap()
        .iter()
        .filter_map(|key| key["uri"].as_str())
        .collect();
    assert!(
        uris.iter()
            .any(|uri| uri.starts_with("pkcs11:") && uri.contains("issuing")),
        "{uris:?}"
    );
    // The TLS key alone lives in software.
    let software: Vec<_> = uris
        .iter()
        .filter(|uri| uri.starts_with("software:"))
        .collect();
    assert_eq!(software, [&"software:tls"]);
    let made = node
        .xinshu(["hsm", "generate", "archive", "--algorithm", "p384"])
        .success()
        .text();
    assert!(
        made.starts_with("pkcs11:token=xinshu;object=archive"),
        "{made}"
    );
    let list = node.xinshu(["hsm", "list"]).success().text();
    assert!(
        list.contains("software") && list.contains("pkcs11"),
        "{list}"
    );
    // The authorities need theirs.
    let issuing = uris.iter().find(|uri| uri.contains("issuing")).unwrap();
    let refused = node.xinshu(["hsm", "destroy", issuing]);
    assert_eq!(refused.code, Some(1));
    assert!(
        refused.stderr.contains("authority issuing"),
        "{}",
        refused.stderr
    );
    node.xinshu(["hsm", "destroy", made.trim()]).success();
    let gone = node.xinshu(["hsm", "destroy", made.trim()]);
    assert!(gone.stderr.contains("no key"), "{}", gone.stderr);
    let conforms = node.xinshu(["hsm", "test"]);
    assert!(conforms.ok, "{}{}", conforms.text(), conforms.stderr);
    assert!(conforms.text().contains("the device conforms"));
    let listed = node
        .xinshu(["audit", "list", "--action", "hsm.key.generate", "--json"])
        .success()
        .json();
    assert!(listed.to_string().contains("archive"), "{listed}");
}
