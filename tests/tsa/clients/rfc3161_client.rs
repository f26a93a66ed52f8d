//! Python's rfc3161-client (PyPI).

use std::process::Command;

use testkit::{python, run};

use crate::support::Tsa;

const CLIENT: &str = r#"
import sys, urllib.request
from cryptography.x509 import load_pem_x509_certificates
from rfc3161_client import HashAlgorithm, TimestampRequestBuilder, VerificationError, VerifierBuilder, decode_timestamp_response

url, root, algorithm = sys.argv[1:]
roots = load_pem_x509_certificates(open(root, "rb").read())
opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
message = "第一条".encode()
for nonce in (True, False):
    request = (TimestampRequestBuilder().data(message).hash_algorithm(HashAlgorithm[algorithm])
               .nonce(nonce=nonce).cert_request(cert_request=True).build())
    post = urllib.request.Request(url, request.as_bytes(), {"Content-Type": "application/timestamp-query"})
    response = decode_timestamp_response(opener.open(post).read())
    assert response.status == 0, response.status
    builder = VerifierBuilder.from_request(request)
    for certificate in roots:
        builder = builder.add_root_certificate(certificate)
    verifier = builder.build()
    assert verifier.verify_message(response, message)
    try:
        verifier.verify_message(response, message + b"!")
        raise SystemExit("another message was verified")
    except VerificationError:
        pass
print("verified")
"#;

#[test]
fn p256() {
    accepts("p256");
}

#[test]
fn p384() {
    accepts("p384");
}

#[test]
fn rsa3072() {
    accepts("rsa3072");
}

fn accepts(algorithm: &str) {
    let tsa = Tsa::start(algorithm);
    for digest in ["SHA256", "SHA512"] {
        let url = format!("{}/tsa", tsa.server.http);
        let mut client = Command::new(python("python3"));
        client
            .args(["-c", CLIENT, &url])
            .arg(tsa.node.root())
            .arg(digest);
        let verified = run(&mut client);
        assert!(
            verified.ok,
            "{digest}: {}{}",
            verified.text(),
            verified.stderr
        );
        assert_eq!(verified.text().trim(), "verified");
    }
}
