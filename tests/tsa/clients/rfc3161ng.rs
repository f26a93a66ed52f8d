//! Python's rfc3161ng (PyPI), for the digest that rfc3161-client does not know. It
//! checks signatures of RSA alone.

use std::process::Command;

use testkit::{python, run};

use crate::support::Tsa;

const CLIENT: &str = r#"
import sys, rfc3161ng

url, certificate = sys.argv[1:]
stamper = rfc3161ng.RemoteTimestamper(
    url, certificate=open(certificate, "rb").read(), hashname="sha384", include_tsa_certificate=True)
message = "第一条".encode()
for nonce in (7, None):
    token = stamper(data=message, nonce=nonce)
    assert stamper.check(token, data=message, nonce=nonce)
    try:
        stamper.check(token, data=message + b"!", nonce=nonce)
        raise SystemExit("another message was verified")
    except ValueError as error:
        assert "imprint" in str(error), error
print("verified")
"#;

#[test]
fn sha384_of_rsa3072() {
    let tsa = Tsa::start("rsa3072");
    let url = format!("{}/tsa", tsa.server.http);
    let certificate = tsa.written("unit.pem", tsa.unit().to_pem());
    let mut client = Command::new(python("python3"));
    client
        .args(["-c", CLIENT, &url])
        .arg(certificate)
        .env("NO_PROXY", "*");
    let verified = run(&mut client);
    assert!(verified.ok, "{}{}", verified.text(), verified.stderr);
    assert_eq!(verified.text().trim(), "verified");
}
