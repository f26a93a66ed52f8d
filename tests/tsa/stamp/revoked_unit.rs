//! A time-stamping unit whose certificate is revoked.

use pki::tsp::{FailureInfo, TimeStampResp};
use testkit::{Options, Postgres, wait_until};

use crate::support::{Tsa, query, refusal};

#[test]
fn until_init_makes_it_another_key() {
    story(Tsa::start("p256"));
}

#[test]
fn on_postgresql_too() {
    story(Tsa::with(Options {
        settings: vec![format!("database.url={}", Postgres::shared().database())],
        ..Options::default()
    }));
}

fn story(mut tsa: Tsa) {
    let before = tsa.unit();
    tsa.token(&query(1));
    let serial = before.serial().to_string();
    tsa.node
        .xinshu(["cert", "revoke", &serial, "--reason", "keyCompromise"])
        .success();
    let granted = |tsa: &Tsa| {
        let reply = TimeStampResp::from_der(&tsa.stamp(&query(2))).unwrap();
        reply.into_token().is_ok()
    };
    wait_until("the unit to give no time", || !granted(&tsa));
    // A restart does not forget it.
    assert!(tsa.server.stop());
    tsa.server = tsa.node.serve();
    let (failure, text) = refusal(&tsa.stamp(&query(3)));
    assert_eq!(failure, FailureInfo::TimeNotAvailable);
    assert!(text.contains("revoked"), "{text}");
    let doctor = tsa.node.xinshu(["doctor"]);
    assert_eq!(doctor.code, Some(1));
    assert!(
        doctor
            .text()
            .contains("no certificate tsa:default, or it is revoked"),
        "{}",
        doctor.text()
    );

    // While it runs.
    tsa.node.initialize().success();
    wait_until("a unit with another key", || granted(&tsa));
    let after = tsa.unit();
    assert_ne!(after.public_key().der(), before.public_key().der());
    tsa.token(&query(4)).verify(&after).unwrap();
    tsa.node.xinshu(["doctor"]).success();
    tsa.node.xinshu(["audit", "verify"]).success();
}
