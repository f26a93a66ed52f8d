//! pkilint has no error and no warning for anything that is published.

use std::{path::Path, process::Command};

use pki::{Certificate, tsp};
use testkit::{Options, python, run};

use crate::support::{Ca, ocsp};

#[test]
fn p256() {
    finds_nothing("p256");
}

#[test]
fn p384() {
    finds_nothing("p384");
}

#[test]
fn rsa3072() {
    finds_nothing("rsa3072");
}

/// pkilint takes a host without a dot for a wrong name.
fn dotted(algorithm: &str) -> Ca {
    Ca::with(Options {
        algorithm: algorithm.to_owned(),
        settings: vec![
            "public.url=https://id.example.org".to_owned(),
            "public.http_url=http://pki.example.org".to_owned(),
        ],
        ..Options::default()
    })
}

fn lint(program: &str, arguments: &[&str], file: &Path) -> Vec<String> {
    let linted = run(Command::new(python(program))
        .args(["lint", "-s", "WARNING"])
        .args(arguments)
        .arg(file));
    // Its status counts the findings; what it cannot read ends without a finding.
    assert!(
        !linted.stderr.contains("Failed") && !linted.stderr.contains("Traceback"),
        "{}",
        linted.stderr
    );
    let findings: Vec<_> = linted
        .text()
        .lines()
        .map(str::to_owned)
        .filter(|line| line.contains(": "))
        .collect();
    assert_eq!(
        linted.ok,
        findings.is_empty(),
        "{}{}",
        linted.text(),
        linted.stderr
    );
    findings
}

fn finds_nothing(algorithm: &str) {
    let ca = dotted(algorithm);
    let csr = ca.csr_of(
        algorithm,
        "/CN=www.example.org",
        &["subjectAltName=DNS:www.example.org,IP:192.0.2.1"],
    );
    let server = ca.issue("tls-server", &csr);
    let subject = "/C=CN/O=Office/CN=Wang Fang/serialNumber=330100";
    let csr = ca.csr_of(
        algorithm,
        subject,
        &["subjectAltName=email:wang.fang@example.org"],
    );
    let person = ca.issue("person", &csr);
    ca.revoke(&person.serial, "keyCompromise").expect(204);
    let revoked = ca.issue("tls-server", &ca.web("gone.example.org"));
    ca.revoke(&revoked.serial, "unspecified").expect(204);

    let answer = ocsp::get_der(&ca, &server);
    let responder = pki::ocsp::BasicResponse::from_der(&answer)
        .unwrap()
        .certificates()[0]
        .clone();
    let certificates = [
        ("root", ca.authority("root")),
        ("issuing", ca.authority("issuing")),
        ("tls-server", server.certificate.clone()),
        ("person", person.certificate.clone()),
        ("OCSP responder", responder),
        ("time-stamping unit", time_stamping_unit(&ca)),
    ];
    for (name, certificate) in certificates {
        let file = ca.written("certificate.pem", certificate.to_pem());
        assert_eq!(
            lint("lint_pkix_cert", &[], &file),
            [""; 0],
            "{algorithm}: {name}"
        );
    }
    // `init` names every server localhost too, which is the one thing found.
    let file = ca.written("certificate.pem", own_certificate(&ca).to_pem());
    let found = lint("lint_pkix_cert", &[], &file);
    assert!(
        found
            .iter()
            .all(|finding| finding.ends_with("\"localhost\"")),
        "{found:?}"
    );

    for (name, entries) in [("root", 0), ("issuing", 2)] {
        let crl = ca.crl(name);
        assert_eq!(crl.entries().count(), entries);
        let file = ca.written("list.crl", crl.der());
        assert_eq!(
            lint("lint_crl", &["-t", "CRL", "-p", "PKIX"], &file),
            [""; 0],
            "{algorithm}: CRL of {name}"
        );
    }
    for leaf in [&server, &revoked, &person] {
        let file = ca.written("answer.der", ocsp::get_der(&ca, leaf));
        assert_eq!(
            lint("lint_ocsp_response", &[], &file),
            [""; 0],
            "{algorithm}: OCSP"
        );
    }
}

/// The certificate that comes with a token.
fn time_stamping_unit(ca: &Ca) -> Certificate {
    let request = tsp::build_request(pki::Digest::Sha256, &[7; 32], None, None, true);
    let query = format!("@{}", ca.written("query.tsq", request).display());
    let arguments = [
        "-H",
        "Content-Type: application/timestamp-query",
        "--data-binary",
        &query,
    ];
    let answer = ca
        .server
        .ask(arguments, &format!("{}/tsa", ca.server.http))
        .expect(200);
    let token = tsp::TimeStampResp::from_der(&answer.body)
        .unwrap()
        .into_token()
        .unwrap();
    token
        .signed_data()
        .signer_certificate()
        .expect("the unit's certificate")
        .clone()
}

/// The certificate that the TLS listener shows.
fn own_certificate(ca: &Ca) -> Certificate {
    let place = ca.server.https.trim_start_matches("https://");
    let shown =
        run(crate::support::openssl().args(["s_client", "-connect", place, "-showcerts"])).text();
    let begin = shown.find("-----BEGIN").expect("a certificate");
    Certificate::bundle_from_pem(&shown[begin..])
        .unwrap()
        .remove(0)
}

#[test]
fn it_would_find_something() {
    let ca = Ca::start("p256");
    let leaf = ca.issue("tls-server", &ca.web("www.example.org"));
    let file = ca.written("certificate.pem", leaf.certificate.to_pem());
    assert!(
        !lint("lint_pkix_cert", &[], &file).is_empty(),
        "localhost in the addresses was not found"
    );
}
