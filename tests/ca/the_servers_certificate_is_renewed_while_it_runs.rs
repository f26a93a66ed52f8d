//! The certificates of this system's own services.

use pki::ocsp::BasicResponse;
use testkit::{run, wait_until};

use crate::support::{Ca, openssl};

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
        let response = BasicResponse::from_der(&ca.ocsp_with_nonce(&leaf)).unwrap();
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
