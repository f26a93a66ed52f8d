//! Protocol versions of the TLS listener.

use testkit::{Outcome, run};

use crate::support::{Ca, openssl};

fn handshake(ca: &Ca, arguments: &[&str]) -> Outcome {
    let place = ca.server.https.trim_start_matches("https://");
    run(openssl()
        .args([
            "s_client",
            "-connect",
            place,
            "-servername",
            "localhost",
            "-verify_return_error",
        ])
        .args(["-verify_hostname", "localhost", "-CAfile"])
        .arg(ca.node.root())
        .args(arguments))
}

#[test]
fn versions_1_2_and_1_3_and_no_older() {
    let ca = Ca::start("p256");
    for (flag, name) in [("-tls1_2", "TLSv1.2"), ("-tls1_3", "TLSv1.3")] {
        let shaken = handshake(&ca, &[flag]);
        assert!(
            shaken.ok && shaken.text().contains("Verify return code: 0 (ok)"),
            "{}{}",
            shaken.text(),
            shaken.stderr
        );
        assert!(shaken.text().contains(name), "{}", shaken.text());
    }
    // Without a floor of the client's own: it is the server that refuses.
    for flag in ["-tls1_1", "-tls1"] {
        let refused = handshake(&ca, &[flag, "-cipher", "ALL:@SECLEVEL=0"]);
        assert!(
            !refused.ok && refused.stderr.contains("SSL alert number"),
            "{flag}: {}",
            refused.stderr
        );
    }
}

#[test]
fn beside_an_sm2_hierarchy_browsers_get_p256() {
    let ca = Ca::start("sm2");
    let shaken = handshake(&ca, &["-tls1_3"]);
    assert!(
        shaken.ok && shaken.text().contains("Verify return code: 0 (ok)"),
        "{}{}",
        shaken.text(),
        shaken.stderr
    );
    assert!(
        shaken.text().contains("Peer signature type: ECDSA"),
        "{}",
        shaken.text()
    );
    assert!(
        shaken.text().contains("TLS Issuing CA"),
        "{}",
        shaken.text()
    );
}

#[test]
fn weak_cipher_suites_are_not_taken() {
    let ca = Ca::start("p256");
    for suite in [
        "AES128-SHA",
        "ECDHE-ECDSA-AES128-SHA",
        "DHE-RSA-AES128-GCM-SHA256",
        "ECDHE-ECDSA-AES128-SHA256",
    ] {
        let refused = handshake(
            &ca,
            &["-tls1_2", "-cipher", &format!("{suite}:@SECLEVEL=0")],
        );
        assert!(
            !refused.ok && refused.stderr.contains("alert handshake failure"),
            "{suite}: {}",
            refused.stderr
        );
    }
}
