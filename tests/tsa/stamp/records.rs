//! Nothing signed leaves before it is on record.

use std::collections::BTreeSet;

use testkit::{Options, Postgres};

use crate::support::{Tsa, query};

#[test]
fn in_sqlite() {
    on_record(Tsa::start("p256"), "lower(hex(serial))");
}

#[test]
fn in_postgresql() {
    let tsa = Tsa::with(Options {
        settings: vec![format!("database.url={}", Postgres::shared().database())],
        ..Options::default()
    });
    on_record(tsa, "encode(serial, 'hex')");
}

/// Even where the process ends at once after the last answer.
fn on_record(mut tsa: Tsa, hexadecimal: &str) {
    let given: BTreeSet<_> = (0..10)
        .map(|byte| tsa.token(&query(byte)).info().serial.to_string())
        .collect();
    let policy = pki::ObjectIdentifier::new("1.2.3").unwrap();
    tsa.refusal(&pki::tsp::build_request(
        pki::Digest::Sha256,
        &[1; 32],
        Some(policy),
        None,
        true,
    ));
    tsa.refusal(b"noise");
    tsa.server.kill();

    let stored = tsa
        .node
        .sql(&format!("SELECT {hexadecimal} FROM tsa_token"));
    assert_eq!(
        stored.lines().map(str::to_owned).collect::<BTreeSet<_>>(),
        given
    );
    tsa.server = tsa.node.serve();
    let listed = tsa
        .node
        .xinshu([
            "audit",
            "list",
            "--action",
            "tsa.stamp",
            "--limit",
            "1000",
            "--json",
        ])
        .success()
        .json();
    let (granted, refused): (Vec<_>, Vec<_>) = listed
        .as_array()
        .unwrap()
        .iter()
        .partition(|entry| entry["outcome"] == "success");
    let logged: BTreeSet<_> = granted
        .iter()
        .map(|entry| {
            entry["subject"]
                .as_str()
                .unwrap()
                .trim_start_matches("token:")
                .to_owned()
        })
        .collect();
    assert_eq!(logged, given);
    let imprints: BTreeSet<_> = granted
        .iter()
        .map(|entry| entry["details"]["imprint"].as_str().unwrap())
        .collect();
    assert!(imprints.contains("07".repeat(32).as_str()), "{imprints:?}");
    // What could not even be read is no act.
    assert_eq!(refused.len(), 1, "{refused:?}");
    assert!(
        refused[0]["cause"]
            .as_str()
            .unwrap()
            .contains("UnacceptedPolicy"),
        "{refused:?}"
    );
    assert!(tsa.server.stop());
    tsa.node.xinshu(["audit", "verify"]).success();
}
