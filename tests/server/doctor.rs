//! `xinshu doctor` names what is wrong, and the mend.

use std::os::unix::fs::PermissionsExt as _;

use testkit::{Options, Xinshu};

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
fn loose_permissions_are_found_and_the_mend_mends() {
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
    let mend = wrong["mend"].as_str().unwrap();
    assert_eq!(mend, format!("chmod 600 {}", settings.display()));
    assert!(
        std::process::Command::new("sh")
            .args(["-c", mend])
            .status()
            .unwrap()
            .success()
    );
    node.xinshu(["doctor"]).success();
}

#[test]
fn a_world_readable_key_is_refused_at_start() {
    let node = Xinshu::init(XINSHU, Options::default());
    let keys = node.data().join("keys");
    let key = std::fs::read_dir(&keys)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .find(|path| path.to_string_lossy().contains("issuing"))
        .unwrap();
    std::fs::set_permissions(&key, std::fs::Permissions::from_mode(0o644)).unwrap();
    let log = node.try_serve(&[]).map(drop).unwrap_err();
    assert!(log.contains("chmod 600"), "{log}");
}

#[test]
fn wrong_settings_are_told_all_at_once() {
    let mut node = Xinshu::prepare(XINSHU, Options::default());
    node.set("listen.htps=127.0.0.1:1");
    node.set("ca.crl_hours=500");
    node.set("public.url=http://insecure.example.org");
    let refused = node.initialize();
    assert_eq!(refused.code, Some(1));
    for part in [
        "did you mean listen.https?",
        "ca.crl_lifetime_hours",
        "public.url",
    ] {
        assert!(refused.stderr.contains(part), "{part}: {}", refused.stderr);
    }
    assert!(
        !node.data().join("xinshu.db").exists(),
        "something was made all the same"
    );
}
