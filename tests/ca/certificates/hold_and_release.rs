//! certificateHold, its release, and reasons that change.

use pki::RevocationReason;
use serde_json::json;

use crate::support::{Ca, Leaf, ocsp};

fn listed(ca: &Ca, leaf: &Leaf) -> Option<RevocationReason> {
    let crl = ca.crl("issuing");
    let mut entries = crl.entries().map(Result::unwrap);
    let entry = entries.find(|entry| entry.serial == *leaf.certificate.serial());
    entry.map(|entry| entry.reason)
}

#[test]
fn a_certificate_on_hold_is_released_by_command_and_by_rest() {
    let ca = Ca::start("p256");
    let leaf = ca.issue("tls-server", &ca.web("www.example.org"));
    let path = format!("/api/v1/certificates/{}", leaf.serial);
    let release = json!({ "wait_for_crl": true });
    let refused = ca.post(&format!("{path}/release"), &release);
    // The robot may revoke; to release is a permission of its own.
    refused.problem(403);
    let releaser = ca.node.robot("releaser", &["ca.certificate.release"]);
    let release = |expected: u16| {
        let bearer = releaser.bearer(&ca.server);
        let arguments = [
            "-H",
            &bearer,
            "-H",
            "Content-Type: application/json",
            "-d",
            "{\"wait_for_crl\":true}",
        ];
        let answer = ca.server.ask(arguments, &format!("{path}/release"));
        assert_eq!(answer.status, expected, "{}", answer.text());
        answer
    };
    assert!(release(409).text().contains("is not on hold"));
    for by_command in [true, false] {
        ca.node
            .xinshu([
                "cert",
                "revoke",
                &leaf.serial,
                "--reason",
                "certificateHold",
            ])
            .success();
        assert_eq!(listed(&ca, &leaf), Some(RevocationReason::CertificateHold));
        assert_eq!(ocsp::get(&ca, &leaf), "revoked certificateHold");
        assert!(!ca.verify(&leaf).ok);
        if by_command {
            let released = ca.node.xinshu(["cert", "release", &leaf.serial]);
            assert!(released.success().text().contains("released"));
        } else {
            release(204);
        }
        assert_eq!(listed(&ca, &leaf), None);
        assert_eq!(ocsp::get(&ca, &leaf), "good");
        assert!(ca.verify(&leaf).ok);
        assert_eq!(ca.get(&path).json()["status"], "good");
    }
    ca.node.xinshu(["audit", "verify"]).success();
}

#[test]
fn a_reason_changes_to_key_compromise() {
    let ca = Ca::start("p256");
    let csr = ca.web("www.example.org");
    let leaf = ca.issue("tls-server", &csr);
    let path = format!("/api/v1/certificates/{}", leaf.serial);
    ca.revoke(&leaf.serial, "superseded").expect(204);
    let before = ca.get(&path).json();
    ca.revoke(&leaf.serial, "keyCompromise").expect(204);
    let after = ca.get(&path).json();
    assert_eq!(after["reason"], "keyCompromise");
    assert_eq!(after["revoked_at"], before["revoked_at"]);
    assert_eq!(ocsp::get(&ca, &leaf), "revoked keyCompromise");
    assert_eq!(listed(&ca, &leaf), Some(RevocationReason::KeyCompromise));
    // The key is refused from now on.
    ca.order("tls-server", &csr.file).problem(422);
    ca.node.xinshu(["audit", "verify"]).success();
}
