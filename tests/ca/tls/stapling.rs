//! The OCSP response that comes with this server's own handshakes.

use testkit::{run, wait_until};

use crate::support::{Ca, openssl};

/// What OpenSSL says of the handshake with a listener.
fn handshake(ca: &Ca, address: &str, version: &str) -> String {
    let place = address.trim_start_matches("https://");
    let shown = run(openssl()
        .args(["s_client", "-status", version, "-connect", place])
        .args(["-servername", "localhost", "-CAfile"])
        .arg(ca.node.root()));
    shown.text()
}

#[test]
fn is_there_from_the_first_handshake_on_both_listeners() {
    let ca = Ca::start("p256");
    for address in [&ca.server.https, &ca.server.mtls] {
        for version in ["-tls1_2", "-tls1_3"] {
            let shown = handshake(&ca, address, version);
            for line in [
                "OCSP Response Status: successful",
                "Cert Status: good",
                "Verify return code: 0 (ok)",
            ] {
                assert!(shown.contains(line), "{address} {version} {line}: {shown}");
            }
        }
    }
    // curl verifies it: signer, certificate, time.
    ca.server
        .ask(["--cert-status"], "/log/checkpoint")
        .expect(200);
}

#[test]
fn says_that_the_certificate_is_revoked_once_it_is() {
    let ca = Ca::start("p256");
    // Without -status, which prints the responder's certificate first.
    let place = ca.server.https.trim_start_matches("https://");
    let shown = run(openssl().args(["s_client", "-connect", place]));
    let file = ca.written("shown.pem", shown.text());
    let serial = run(openssl()
        .args(["x509", "-noout", "-serial", "-in"])
        .arg(file));
    let serial = serial.success().text().trim().to_lowercase();
    let serial = serial.trim_start_matches("serial=");
    ca.revoke(serial, "certificateHold").expect(204);
    wait_until("a stapled revocation", || {
        handshake(&ca, &ca.server.https, "-tls1_3").contains("Cert Status: revoked")
    });
    ca.node.xinshu(["cert", "release", serial]).success();
    wait_until("a stapled release", || {
        handshake(&ca, &ca.server.https, "-tls1_3").contains("Cert Status: good")
    });
}

/// A node without the certificate authority asks one that has it.
#[test]
fn comes_from_another_node_where_this_one_has_no_authority() {
    let mut ca = Ca::start("p256");
    let second = ca.node.second_node();
    let other = second.try_serve(&["--only", "idp"]).unwrap();
    wait_until("the response of the other node", || {
        handshake(&ca, &other.https, "-tls1_3").contains("Cert Status: good")
    });
    // The other node is gone: the response is kept for as long as it is valid.
    assert!(ca.server.stop());
    other.advance(10 * 60);
    wait_until("an attempt to fetch the next one", || {
        other.log().contains("no new OCSP response is available")
    });
    let shown = handshake(&ca, &other.https, "-tls1_3");
    assert!(shown.contains("Cert Status: good"), "{shown}");
    other.advance(12 * 3600);
    wait_until("the end of the last response", || {
        handshake(&ca, &other.https, "-tls1_3").contains("OCSP response: no response sent")
    });
}
