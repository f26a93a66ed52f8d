//! Client certificates at the TLS listener.

use testkit::run;

use crate::support::{Ca, openssl};

#[test]
fn it_is_asked_for() {
    let ca = Ca::start("p256");
    let place = ca.server.https.trim_start_matches("https://");
    let shaken = run(openssl().args(["s_client", "-connect", place, "-tls1_2"]));
    // OpenSSL prints this where the server has sent a CertificateRequest.
    assert!(
        shaken.text().contains("Client Certificate Types:"),
        "{}",
        shaken.text()
    );
}

#[test]
fn its_holder_may_look_things_up_until_it_is_revoked() {
    let ca = Ca::start("p256");
    let csr = ca.csr(
        "/CN=Wang Fang",
        &["subjectAltName=email:wang.fang@example.org"],
    );
    let leaf = ca.issue("person", &csr);
    let shown = [leaf.chain.to_str().unwrap(), csr.key.to_str().unwrap()];
    let list = "/api/v1/certificates";
    let by_certificate = || ca.server.ask(["--cert", shown[0], "--key", shown[1]], list);

    ca.server.ask([], list).problem(401);
    by_certificate().expect(200);
    let json = [
        "-H",
        "Content-Type: application/json",
        "-d",
        "{}",
        "--cert",
        shown[0],
        "--key",
        shown[1],
    ];
    ca.server
        .ask(json, &format!("{list}/{}/revoke", leaf.serial))
        .problem(403);

    ca.revoke(&leaf.serial, "keyCompromise").expect(204);
    by_certificate().problem(401);
}

#[test]
fn a_strangers_proves_nothing() {
    let ca = Ca::start("p256");
    let own = ca.csr_by(
        &[
            "-x509",
            "-newkey",
            "ec",
            "-pkeyopt",
            "ec_paramgen_curve:P-256",
        ],
        "/CN=root",
        &[],
    );
    let (certificate, key) = (own.file.to_str().unwrap(), own.key.to_str().unwrap());
    ca.server
        .ask(
            ["--cert", certificate, "--key", key],
            "/api/v1/certificates",
        )
        .problem(401);
    ca.server
        .ask(
            ["--cert", certificate, "--key", key],
            "/.well-known/openid-configuration",
        )
        .expect(200);
}

#[test]
fn an_expired_one_proves_nothing() {
    let ca = Ca::start("p256");
    let csr = ca.csr("/CN=Wang Fang", &[]);
    let leaf = ca.issue("person", &csr);
    let arguments = [
        "--insecure",
        "--cert",
        leaf.chain.to_str().unwrap(),
        "--key",
        csr.key.to_str().unwrap(),
    ];
    ca.server.ask(arguments, "/api/v1/certificates").expect(200);
    ca.server.advance(366 * 24 * 3600);
    ca.server
        .ask(arguments, "/api/v1/certificates")
        .problem(401);
}
