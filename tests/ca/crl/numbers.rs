//! CRL numbers (RFC 5280 §5.2.3).

use testkit::{Options, Postgres, run_with, wait_until};

use crate::support::{Ca, openssl};

/// The cRLNumber that OpenSSL reads.
fn number(ca: &Ca, name: &str) -> u64 {
    let crl = ca.fetch(&format!("/crl/{name}.crl"));
    let read = run_with(
        openssl().args(["crl", "-inform", "DER", "-noout", "-crlnumber"]),
        &crl,
    )
    .success();
    let text = read.text();
    let digits = text
        .trim()
        .trim_start_matches("crlNumber=")
        .trim_start_matches("0x");
    u64::from_str_radix(digits, 16).unwrap_or_else(|_| panic!("not a CRL number: {text}"))
}

#[test]
fn the_first_start_publishes_each_crl_once() {
    let ca = Ca::start("p256");
    wait_until("the job of the period", || {
        let done = "SELECT COUNT(*) FROM job WHERE name = 'ca.publish_crl' AND last_run > 0";
        ca.node.sql(done).trim() == "1"
    });
    for name in ["root", "issuing"] {
        assert_eq!(number(&ca, name), 1, "{name}");
    }
}

#[test]
fn with_every_revocation_restart_and_period() {
    rise(Ca::start("p256"));
}

#[test]
fn on_postgresql_too() {
    rise(Ca::with(Options {
        settings: vec![format!("database.url={}", Postgres::shared().database())],
        ..Options::default()
    }));
}

fn rise(mut ca: Ca) {
    let mut last = number(&ca, "issuing");
    let mut rises = |ca: &Ca| {
        let now = number(ca, "issuing");
        assert!(now > last, "{now} after {last}");
        last = now;
    };
    for name in ["a.example.org", "b.example.org"] {
        let leaf = ca.issue("tls-server", &ca.web(name));
        ca.revoke(&leaf.serial, "superseded").expect(204);
        rises(&ca);
    }
    ca.node.xinshu(["ca", "publish-crl"]).success();
    rises(&ca);
    ca.restart();
    rises(&ca);
    ca.server.kill();
    ca.server = ca.node.serve();
    rises(&ca);
    let root = number(&ca, "root");
    let next_update = ca.crl("issuing").next_update();
    for _ in 0..3 {
        let before = number(&ca, "issuing");
        ca.server.advance(25 * 3600);
        wait_until("the scheduled CRL", || number(&ca, "issuing") > before);
        rises(&ca);
    }
    assert!(number(&ca, "root") > root);
    assert!(ca.crl("issuing").next_update() > next_update);
    ca.node.xinshu(["audit", "verify"]).success();
}

/// RFC 5280 §3.3: what was revoked stays until it was on a CRL after its end, however
/// long nobody published one.
#[test]
fn an_outage_takes_no_entry_away() {
    let ca = Ca::start("p256");
    let leaf = ca.issue("tls-server", &ca.web("www.example.org"));
    ca.revoke(&leaf.serial, "keyCompromise").expect(204);
    let listed = |ca: &Ca| ca.crl("issuing").entries().count();
    assert_eq!(listed(&ca), 1);
    // To the next CRL it is as if the server had been away for a hundred days, in
    // which the certificate ended.
    let mut last = number(&ca, "issuing");
    let mut next = |days: i64| {
        ca.server.advance(days * 24 * 3600);
        wait_until("the scheduled CRL", || number(&ca, "issuing") > last);
        last = number(&ca, "issuing");
        listed(&ca)
    };
    assert_eq!(next(100), 1);
    assert_eq!(next(10), 0);
}
