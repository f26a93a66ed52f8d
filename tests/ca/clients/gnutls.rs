//! GnuTLS, which shares no line with OpenSSL.

use testkit::{run, run_with, tool};

use crate::support::Ca;

#[test]
fn p256() {
    agrees("p256");
}

#[test]
fn p384() {
    agrees("p384");
}

#[test]
fn rsa3072() {
    agrees("rsa3072");
}

#[test]
fn ed25519() {
    agrees("ed25519");
}

fn agrees(algorithm: &str) {
    let ca = Ca::start(algorithm);
    let csr = ca.csr_of(
        algorithm,
        "/CN=www.example.org",
        &["subjectAltName=DNS:www.example.org"],
    );
    let (leaf, other) = (ca.issue("tls-server", &csr), ca.issue("tls-server", &csr));
    let verify = |chain: &std::path::Path| {
        let crl = ca.written("crl.pem", ca.crl("issuing").to_pem());
        run(std::process::Command::new("certtool")
            .args([
                "--verify",
                "--verify-hostname",
                "www.example.org",
                "--load-ca-certificate",
            ])
            .arg(ca.node.root())
            .arg("--load-crl")
            .arg(crl)
            .arg("--infile")
            .arg(chain))
    };
    let verified = verify(&leaf.chain);
    assert!(
        verified.ok && verified.text().contains("The certificate is trusted"),
        "{}",
        verified.text()
    );
    ca.revoke(&leaf.serial, "keyCompromise").expect(204);
    let verified = verify(&leaf.chain);
    assert!(
        !verified.ok && verified.text().contains("revoked"),
        "{}",
        verified.text()
    );
    assert!(verify(&other.chain).ok);

    let crl = ca.fetch("/crl/issuing.crl");
    let read = run_with(
        std::process::Command::new("certtool").args(["--crl-info", "--inder"]),
        &crl,
    )
    .success();
    let digits = |text: &str| text.to_lowercase().replace(':', "");
    assert!(
        digits(&read.text()).contains(&format!("serial number (hex) {}", leaf.serial))
            || digits(&read.text()).contains(&leaf.serial),
        "{}",
        read.text()
    );
    assert!(read.text().contains("CRL Number"), "{}", read.text());
    let issuing = ca.authority_file("issuing");
    let file = ca.written("crl.pem", ca.crl("issuing").to_pem());
    let arguments = [
        "--verify-crl",
        "--load-ca-certificate",
        issuing.to_str().unwrap(),
        "--infile",
        file.to_str().unwrap(),
    ];
    let verified = tool("certtool", arguments).success();
    assert!(verified.text().contains("Verified"), "{}", verified.text());
}
