//! `xinshu doctor` names what is wrong, and the fix.

use std::os::unix::fs::PermissionsExt as _;

use testkit::{Options, Xinshu, wait_until};

use crate::XINSHU;

#[test]
fn a_healthy_node_is_called_healthy() {
    let node = Xinshu::init(XINSHU, Options::default());
    let report = node.xinshu(["doctor", "--json"]).success().json();
    assert_eq!(report["healthy"], true, "{report}");
    assert!(
        report["findings"].as_array().unwrap().len() >= 10,
        "{report}"
    );
}

#[test]
fn loose_permissions_are_found_and_the_fix_works() {
    let node = Xinshu::init(XINSHU, Options::default());
    let settings = node.data().join("xinshu.toml");
    std::fs::set_permissions(&settings, std::fs::Permissions::from_mode(0o644)).unwrap();
    let report = node.xinshu(["doctor", "--json"]);
    assert_eq!(report.code, Some(1));
    let report = report.json();
    let wrong = report["findings"]
        .as_array()
        .unwrap()
        .iter()
        .find(|finding| finding["good"] == false)
        .unwrap();
    let fix = wrong["fix"].as_str().unwrap();
    assert_eq!(fix, format!("chmod 600 {}", settings.display()));
    // Its deprecated name.
    assert_eq!(wrong["mend"], wrong["fix"]);
    assert!(
        std::process::Command::new("sh")
            .args(["-c", fix])
            .status()
            .unwrap()
            .success()
    );
    node.xinshu(["doctor"]).success();
}

/// What is wrong, and its fix; there must be one thing.
fn wrong(node: &Xinshu) -> (String, String) {
    let report = node.xinshu(["doctor", "--json"]);
    assert_eq!(report.code, Some(1), "{}{}", report.text(), report.stderr);
    let report = report.json();
    let findings = report["findings"].as_array().unwrap();
    let wrong: Vec<_> = findings
        .iter()
        .filter(|finding| finding["good"] == false)
        .collect();
    let [finding] = wrong[..] else {
        panic!("{report}")
    };
    let text = |name: &str| finding[name].as_str().unwrap().to_owned();
    (text("finding"), text("fix"))
}

#[test]
fn a_key_that_is_gone_is_found() {
    let node = Xinshu::init(XINSHU, Options::default());
    let key = key_file(&node, "issuing");
    std::fs::rename(&key, node.file("elsewhere.pem")).unwrap();
    let (finding, fix) = wrong(&node);
    assert!(finding.contains("no key software:issuing"), "{finding}");
    assert!(fix.contains("--only"), "{fix}");
    // The fix: without the authority all is well.
    node.xinshu(["doctor", "--only", "idp,tsa"]).success();
}

#[test]
fn a_damaged_key_and_another_passphrase_are_told_apart() {
    let node = Xinshu::init(XINSHU, Options::default());
    let key = key_file(&node, "issuing");
    let whole = std::fs::read_to_string(&key).unwrap();
    let (middle, letter) = (
        whole.len() / 2,
        if whole.as_bytes()[whole.len() / 2] == b'A' {
            "B"
        } else {
            "A"
        },
    );
    let mut damaged = whole.clone();
    damaged.replace_range(middle..=middle, letter);
    std::fs::write(&key, damaged).unwrap();
    let (finding, fix) = wrong(&node);
    assert!(finding.contains("is damaged"), "{finding}");
    assert!(fix.contains("from a backup"), "{fix}");
    std::fs::write(&key, whole).unwrap();
    std::fs::write(node.data().join("keys/passphrase"), "another one\n").unwrap();
    let (finding, fix) = wrong(&node);
    assert!(finding.contains("wrong PIN or passphrase"), "{finding}");
    assert!(fix.contains("keys.passphrase_file"), "{fix}");
}

#[test]
fn keys_in_another_folder_are_looked_for_there() {
    let mut node = Xinshu::init(XINSHU, Options::default());
    let elsewhere = node.file("keys-elsewhere");
    std::fs::rename(node.data().join("keys"), &elsewhere).unwrap();
    let passphrase = elsewhere.join("passphrase");
    node.set(format!("keys.folder={}", elsewhere.display()));
    node.set(format!("keys.passphrase_file={}", passphrase.display()));
    node.xinshu(["doctor"]).success();
}

#[test]
fn a_database_that_cannot_be_opened_is_found() {
    let mut node = Xinshu::init(XINSHU, Options::default());
    let nowhere = node.file("no/such/folder/x.db");
    node.set(format!("database.url=sqlite:{}", nowhere.display()));
    let report = node.xinshu(["doctor"]);
    assert_eq!(report.code, Some(1));
    assert!(
        report.text().contains("database.url names it"),
        "{}",
        report.text()
    );
}

#[test]
fn a_clock_behind_the_log_is_found() {
    let node = Xinshu::init(XINSHU, Options::default());
    let server = node.serve();
    let day = 24 * 3600;
    server.advance(40 * day);
    node.user("alice");
    wait_until("the responder's renewal", || {
        server.log().contains("a service's certificate was renewed")
    });
    assert!({ server }.stop());
    let (finding, fix) = wrong(&node);
    assert!(finding.contains("the log has an entry of"), "{finding}");
    assert!(fix.contains("set the clock"), "{fix}");
}

fn key_file(node: &Xinshu, name: &str) -> std::path::PathBuf {
    std::fs::read_dir(node.data().join("keys"))
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .find(|path| {
            let file = path.file_name().unwrap().to_string_lossy();
            file.starts_with(name)
        })
        .unwrap()
}

#[test]
fn a_world_readable_key_is_refused_at_start() {
    let node = Xinshu::init(XINSHU, Options::default());
    let key = key_file(&node, "issuing");
    std::fs::set_permissions(&key, std::fs::Permissions::from_mode(0o644)).unwrap();
    let log = node.try_serve(&[]).map(drop).unwrap_err();
    assert!(log.contains("chmod 600"), "{log}");
}

/// Nothing is served below a path, so an address with one would be wrong everywhere it is told.
#[test]
fn a_public_address_with_a_path_is_refused() {
    for name in ["public.url", "public.mtls_url", "public.http_url"] {
        let mut node = Xinshu::prepare(XINSHU, Options::default());
        let scheme = if name == "public.http_url" {
            "http"
        } else {
            "https"
        };
        node.set(format!("{name}={scheme}://www.example.org/auth"));
        let refused = node.initialize();
        assert_eq!(refused.code, Some(1), "{name}");
        for part in [name, "must have no path"] {
            assert!(refused.stderr.contains(part), "{part}: {}", refused.stderr);
        }
    }
}

#[test]
fn wrong_settings_are_told_all_at_once() {
    let mut node = Xinshu::prepare(XINSHU, Options::default());
    node.set("listen.htps=127.0.0.1:1");
    node.set("ca.crl_hours=500");
    node.set("ca.policy=my-policy");
    node.set("log.level=loud=shout");
    node.set("keys.sm2_mechanisms=CKM_SM2");
    node.set("public.url=http://insecure.example.org");
    let refused = node.initialize();
    assert_eq!(refused.code, Some(1));
    for part in [
        "did you mean listen.https?",
        "ca.crl_lifetime_hours",
        "ca.policy",
        "log.level",
        "keys.sm2_mechanisms",
        "public.url",
    ] {
        assert!(refused.stderr.contains(part), "{part}: {}", refused.stderr);
    }
    assert!(
        !node.data().join("xinshu.db").exists(),
        "something was made all the same"
    );
}
