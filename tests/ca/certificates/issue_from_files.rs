//! `xinshu cert issue` takes the request out of whatever file it is in, and nothing else.

use std::fs;

use crate::support::Ca;

#[test]
fn a_private_key_in_the_file_is_not_sent() {
    let ca = Ca::start("p256");
    let csr = ca.web("www.example.org");
    let (key, request) = (
        fs::read_to_string(&csr.key).unwrap(),
        fs::read_to_string(&csr.file).unwrap(),
    );
    let issue = |file: &std::path::Path| {
        let file = file.to_str().unwrap();
        let arguments = ["cert", "issue", "--profile", "tls-server", "--csr", file];
        ca.node.xinshu(arguments)
    };
    let both = ca.written("both.pem", format!("{key}{request}"));
    let issued = issue(&both).success();
    assert!(issued.text().starts_with("-----BEGIN CERTIFICATE-----"));
    assert!(
        issued
            .stderr
            .contains("contains a private key, which was not sent"),
        "{}",
        issued.stderr
    );
    let alone = issue(&csr.key);
    assert_eq!(alone.code, Some(1));
    assert!(
        alone
            .stderr
            .contains("contains a private key, which was not sent"),
        "{}",
        alone.stderr
    );
    // Over REST the key has been sent already.
    let told = ca.order("tls-server", &csr.key).problem(422);
    assert!(told.contains("must not be used any more"), "{told}");
}

#[test]
fn what_is_left_out_is_listed() {
    let ca = Ca::start("p256");
    let csr = ca.csr(
        "/O=Office/CN=www.example.org",
        &[
            "subjectAltName=DNS:www.example.org",
            "tlsfeature=status_request",
            "extendedKeyUsage=serverAuth,clientAuth",
            "keyUsage=digitalSignature,keyCertSign",
            "basicConstraints=CA:FALSE",
        ],
    );
    let answer = ca.order("tls-server", &csr.file).expect(201).json();
    assert_eq!(
        answer["ignored"],
        serde_json::json!([
            "organizationName Office",
            "tlsFeature (must-staple)",
            "extKeyUsage clientAuth",
            "keyUsage keyCertSign",
        ])
    );
    let file = csr.file.to_str().unwrap();
    let arguments = ["cert", "issue", "--profile", "tls-server", "--csr", file];
    let issued = ca.node.xinshu(arguments).success();
    assert!(
        issued.stderr.contains("leaves out organizationName Office"),
        "{}",
        issued.stderr
    );
}

#[test]
fn other_files_are_named() {
    let ca = Ca::start("p256");
    let root = ca.node.root();
    let told = ca.order("tls-server", &root).problem(422);
    assert!(told.contains("this is a certificate"), "{told}");
    let file = ca.written("text.txt", b"\xff\xfeh\0i\0");
    let file = file.to_str().unwrap();
    let arguments = ["cert", "issue", "--profile", "tls-server", "--csr", file];
    let refused = ca.node.xinshu(arguments);
    assert_eq!(refused.code, Some(1));
    assert!(refused.stderr.contains("UTF-16"), "{}", refused.stderr);
}
