//! One certificate from its order to its revocation, for every algorithm and database.

use pki::{
    Certificate, CertificateList, RevocationReason,
    ocsp::{BasicResponse, CertStatus},
};
use testkit::{Options, Postgres, run};

use crate::support::{Ca, Leaf, ocsp, openssl};

#[test]
fn p256() {
    openssl_follows(&Ca::start("p256"), "p256");
}

#[test]
fn p384() {
    openssl_follows(&Ca::start("p384"), "p384");
}

#[test]
fn rsa3072() {
    openssl_follows(&Ca::start("rsa3072"), "rsa3072");
}

#[test]
fn ed25519() {
    openssl_follows(&Ca::start("ed25519"), "ed25519");
}

#[test]
fn p256_on_postgresql() {
    let ca = Ca::with(Options {
        settings: vec![format!("database.url={}", Postgres::shared().database())],
        ..Options::default()
    });
    openssl_follows(&ca, "p256");
}

/// By REST and by the command line, then good, revoked, and good again for the other.
fn openssl_follows(ca: &Ca, algorithm: &str) {
    let csr = ca.csr_of(
        algorithm,
        "/CN=www.example.org",
        &["subjectAltName=DNS:www.example.org,IP:192.0.2.1"],
    );
    let (revoked, other) = (
        ca.issue("tls-server", &csr),
        ca.issue_by_command("tls-server", &csr),
    );
    // The time, and then 120 random bits.
    let random = |leaf: &Leaf| leaf.serial[10..].to_owned();
    assert_ne!(random(&revoked), random(&other));
    for leaf in [&revoked, &other] {
        assert_eq!(leaf.serial.len(), 40, "{}", leaf.serial);
        let verified = ca.verify(leaf);
        assert!(verified.ok, "{}{}", verified.text(), verified.stderr);
        assert_eq!(
            (ocsp::post(ca, leaf).as_str(), ocsp::get(ca, leaf).as_str()),
            ("good", "good")
        );
    }
    ca.revoke(&revoked.serial, "keyCompromise").expect(204);
    let verified = ca.verify(&revoked);
    assert!(
        !verified.ok && verified.stderr.contains("certificate revoked"),
        "{}",
        verified.stderr
    );
    assert_eq!(ocsp::post(ca, &revoked), "revoked keyCompromise");
    assert_eq!(ocsp::get(ca, &revoked), "revoked keyCompromise");
    assert!(ca.verify(&other).ok);
    assert_eq!(ocsp::get(ca, &other), "good");
    ca.node
        .xinshu(["cert", "revoke", &other.serial, "--reason", "superseded"])
        .success();
    assert!(!ca.verify(&other).ok);
    assert_eq!(
        (
            ocsp::post(ca, &other).as_str(),
            ocsp::get(ca, &other).as_str()
        ),
        ("revoked superseded", "revoked superseded")
    );
    ca.node.xinshu(["audit", "verify"]).success();
}

/// OpenSSL 3.0 takes the signer's id for a leaf's signature alone, so each link
/// of the chain is verified, and CRLs and OCSP by this project's own verifier.
#[test]
fn sm2() {
    let ca = Ca::start("sm2");
    let csr = ca.csr_of(
        "sm2",
        "/CN=www.example.cn",
        &["subjectAltName=DNS:www.example.cn"],
    );
    let (leaf, other) = (
        ca.issue("tls-server", &csr),
        ca.issue_by_command("tls-server", &csr),
    );
    let (root, issuing) = (ca.authority_file("root"), ca.authority_file("issuing"));
    let link = |anchor: &std::path::Path, leaf: &std::path::Path| {
        run(openssl()
            .args([
                "verify",
                "-vfyopt",
                "distid:1234567812345678",
                "-partial_chain",
                "-CAfile",
            ])
            .args([anchor, leaf]))
        .success()
    };
    link(&root, &issuing);
    link(&issuing, &leaf.chain);
    link(&issuing, &other.chain);
    let (anchor, issuing) = (ca.authority("root"), ca.authority("issuing"));
    assert!(
        std::fs::read_to_string(ca.node.root())
            .unwrap()
            .contains(anchor.to_pem().trim())
    );
    ca.crl("root");
    let crl = ca.crl("issuing");
    assert!(!says_revoked(&crl, &leaf));
    let question = |leaf: &Leaf| status(&ca, &issuing, leaf);
    assert_eq!(question(&leaf), CertStatus::Good);
    ca.revoke(&leaf.serial, "affiliationChanged").expect(204);
    assert!(says_revoked(&ca.crl("issuing"), &leaf));
    assert!(!says_revoked(&ca.crl("issuing"), &other));
    let CertStatus::Revoked { reason, .. } = question(&leaf) else {
        panic!("OCSP does not tell of the revocation");
    };
    assert_eq!(reason, RevocationReason::AffiliationChanged);
    assert_eq!(question(&other), CertStatus::Good);
    ca.node.xinshu(["audit", "verify"]).success();
}

fn says_revoked(crl: &CertificateList, leaf: &Leaf) -> bool {
    crl.entries()
        .any(|entry| entry.unwrap().serial == *leaf.certificate.serial())
}

fn status(ca: &Ca, issuing: &Certificate, leaf: &Leaf) -> CertStatus {
    let response = BasicResponse::from_der(&ocsp::get_der(ca, leaf)).unwrap();
    response.verify(issuing).unwrap();
    response.answers()[0].status
}
