//! Client certificates: one listener asks for them, the other never does.

use testkit::run;

use crate::support::{Ca, openssl};

#[test]
fn it_is_asked_for_by_one_listener_and_never_by_the_browsers() {
    let ca = Ca::start("p256");
    let handshake = |base: &str, version: &str| {
        let place = base.trim_start_matches("https://");
        let arguments = ["s_client", "-connect", place, version];
        run(openssl().args(arguments)).text()
    };
    for version in ["-tls1_2", "-tls1_3"] {
        let asked = handshake(&ca.server.mtls, version);
        // RFC 8446 §4.2.4: the names of those whose certificates are accepted.
        let (_, names) = asked
            .split_once("Acceptable client certificate CA names")
            .expect(&asked);
        for authority in ["Root CA", "Issuing CA"] {
            assert!(names.contains(authority), "{version}: {asked}");
        }
        let not_asked = handshake(&ca.server.https, version);
        assert!(
            not_asked.contains("No client certificate CA names sent"),
            "{version}: {not_asked}"
        );
        assert!(
            !not_asked.contains("Client Certificate Types:"),
            "{not_asked}"
        );
    }
}

#[test]
fn the_oauth_endpoints_are_there_and_the_pages_are_not() {
    let ca = Ca::start("p256");
    let at = |path: &str| format!("{}{path}", ca.server.mtls);
    // No client: refused by the endpoint itself.
    let arguments = ["-d", "grant_type=client_credentials"];
    let refused = ca.server.ask(arguments, &at("/oauth2/token"));
    assert!([400, 401].contains(&refused.status), "{}", refused.text());
    for page in ["/sign-in", "/account", "/log/checkpoint"] {
        ca.server.ask([], &at(page)).problem(404);
    }
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
    let list = &format!("{}/api/v1/certificates", ca.server.mtls);
    let by_certificate = || ca.server.ask(["--cert", shown[0], "--key", shown[1]], list);

    ca.server.ask([], list).problem(401);
    by_certificate().expect(200);
    // The browsers' listener does not ask, so it does not know who this is.
    let browsers = ["--cert", shown[0], "--key", shown[1]];
    ca.server.ask(browsers, "/api/v1/certificates").problem(401);
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
    let list = format!("{}/api/v1/certificates", ca.server.mtls);
    ca.server
        .ask(["--cert", certificate, "--key", key], &list)
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
    let list = format!("{}/api/v1/certificates", ca.server.mtls);
    ca.server.ask(arguments, &list).expect(200);
    ca.server.advance(366 * 24 * 3600);
    ca.server.ask(arguments, &list).problem(401);
}
