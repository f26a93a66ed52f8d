//! The certificates of this system's own services.

use pki::ocsp::BasicResponse;
use testkit::{run, wait_until};

use crate::support::{Ca, ocsp, openssl};

/// The serial number of the certificate that the TLS listener shows.
fn shown_serial(ca: &Ca) -> String {
    let place = ca.server.https.trim_start_matches("https://");
    let shown =
        run(openssl().args(["s_client", "-connect", place, "-servername", "localhost"])).text();
    let file = ca.written("shown.pem", shown);
    run(openssl()
        .args(["x509", "-noout", "-serial", "-in"])
        .arg(file))
    .success()
    .text()
}

#[test]
fn the_tls_listener_shows_the_new_one() {
    let ca = Ca::start("p256");
    let pid = ca.server.pid();
    let mut serials = vec![shown_serial(&ca)];
    ca.server.advance(59 * 24 * 3600);
    // A renewal that came too early would be here by the time the CRL is.
    let number = |ca: &Ca| ca.crl("issuing").crl_number().to_vec();
    let before = number(&ca);
    ca.server.advance(25 * 3600);
    wait_until("the scheduled CRL", || number(&ca) > before);
    for _ in 0..2 {
        let old = serials.last().unwrap().clone();
        ca.server.advance(62 * 24 * 3600);
        wait_until("a renewed certificate", || shown_serial(&ca) != old);
        serials.push(shown_serial(&ca));
    }
    serials.sort();
    serials.dedup();
    assert_eq!(serials.len(), 3);
    assert_eq!(ca.server.pid(), pid);
    // The listener serves as before: curl itself would call it not valid yet.
    ca.server
        .ask(["--insecure"], "/.well-known/openid-configuration")
        .expect(200);
    ca.node.xinshu(["audit", "verify"]).success();
}

#[test]
fn the_ocsp_responder_signs_with_the_new_one() {
    let ca = Ca::start("p256");
    let leaf = ca.issue("tls-server", &ca.web("www.example.org"));
    let responder = |ca: &Ca| {
        // Answers to a nonce are signed anew each time.
        let response = BasicResponse::from_der(&ocsp::post_with_nonce(ca, &leaf)).unwrap();
        response.verify(&ca.authority("issuing")).unwrap();
        let certificate = &response.certificates()[0];
        assert!(
            certificate.validity().contains(response.produced_at()),
            "an expired responder answers"
        );
        certificate.serial().clone()
    };
    let old = responder(&ca);
    ca.server.advance(21 * 24 * 3600);
    wait_until("a renewed responder", || responder(&ca) != old);
}

#[test]
fn once_the_clock_is_set_right_what_is_valid_now_is_shown_again() {
    let ca = Ca::start("p256");
    let leaf = ca.issue("tls-server", &ca.web("www.example.org"));
    let first = shown_serial(&ca);
    let ahead = 62 * 24 * 3600;
    ca.server.advance(ahead);
    wait_until("the renewal of a clock that is ahead", || {
        shown_serial(&ca) != first
    });
    let numbered = ca.crl("issuing").crl_number().to_vec();
    ca.server.advance(-ahead);
    // curl goes by this machine's clock, by which the renewed one begins in two months.
    wait_until("a certificate that is valid now", || {
        shown_serial(&ca) == first
    });
    ca.server
        .ask([], "/.well-known/openid-configuration")
        .expect(200);
    // So do OpenSSL's client of OCSP, and a CRL that is of today.
    wait_until("an answer of today", || ocsp::post(&ca, &leaf) == "good");
    wait_until("a CRL of today", || {
        ca.crl("issuing").crl_number() > numbered.as_slice()
    });
    assert!(ca.verify(&leaf).success().text().contains("OK"));
}

#[test]
fn a_revoked_one_is_told_and_replaced_by_init() {
    let mut ca = Ca::start("p256");
    let serial = shown_serial(&ca);
    let serial = serial.trim().trim_start_matches("serial=").to_lowercase();
    ca.revoke(&serial, "keyCompromise").expect(204);
    let told = |ca: &Ca| {
        let url = format!("{}/readyz", ca.server.ops);
        ca.server.ask([], &url).json()["certificate"].to_string()
    };
    wait_until("the revocation to be told", || {
        told(&ca).contains("revoked")
    });
    assert!(ca.server.stop());
    let refused = ca.node.try_serve(&[]).unwrap_err();
    assert!(
        refused.contains("it is revoked; run: xinshu init"),
        "{refused}"
    );
    let key = |ca: &Ca| std::fs::read(ca.node.data().join("keys/tls.pem")).unwrap();
    let compromised = key(&ca);
    ca.node.initialize().success();
    assert_ne!(key(&ca), compromised);
    ca.server = ca.node.serve();
    ca.server
        .ask([], "/.well-known/openid-configuration")
        .expect(200);
    assert_eq!(told(&ca), "\"ok\"");
}

#[test]
fn init_adds_a_name_that_was_forgotten() {
    let ca = Ca::start("p256");
    let names = |ca: &Ca| {
        let place = ca.server.https.trim_start_matches("https://");
        let shown = run(openssl().args(["s_client", "-connect", place])).text();
        crate::support::shown(&ca.written("names.pem", shown))
    };
    assert!(!names(&ca).contains("DNS:trust.example.gov.cn"));
    ca.node
        .xinshu(["init", "--hostname", "trust.example.gov.cn"])
        .success();
    wait_until("the new name", || {
        names(&ca).contains("DNS:trust.example.gov.cn")
    });
    assert!(names(&ca).contains("DNS:localhost"));
    // It is there, so nothing more is issued.
    let before = ca.entries("ca.certificate.issue").len();
    ca.node
        .xinshu(["init", "--hostname", "trust.example.gov.cn"])
        .success();
    assert_eq!(ca.entries("ca.certificate.issue").len(), before);
}
