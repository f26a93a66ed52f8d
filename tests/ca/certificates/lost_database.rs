//! PostgreSQL goes away and comes back.

use serde_json::json;
use testkit::{Answer, Options, Postgres, run, wait_until};

use crate::support::{Ca, ocsp, openssl};

#[test]
fn without_a_restart() {
    let mut postgres = Postgres::start();
    let ca = Ca::with(Options {
        settings: vec![format!("database.url={}", postgres.database())],
        ..Options::default()
    });
    let pid = ca.server.pid();
    let csr = ca.web("www.example.org");
    let [leaf, other] = [ca.issue("tls-server", &csr), ca.issue("tls-server", &csr)];
    let question = ca.file("question.der");
    let issuing = ca.authority_file("issuing");
    run(openssl()
        .args(["ocsp", "-no_nonce", "-reqout"])
        .arg(&question)
        .arg("-issuer")
        .arg(issuing)
        .arg("-cert")
        .arg(&leaf.chain))
    .success();
    let bearer = ca.bearer();
    let order =
        json!({ "profile": "tls-server", "csr": std::fs::read_to_string(&csr.file).unwrap() })
            .to_string();
    let json = ["-H", "Content-Type: application/json", "-H", &bearer, "-d"];
    let orders = || {
        ca.server.ask(
            json.into_iter().chain([order.as_str()]),
            "/api/v1/certificates",
        )
    };
    let revoke = || {
        ca.server.ask(
            json.into_iter().chain(["{}"]),
            &format!("/api/v1/certificates/{}/revoke", other.serial),
        )
    };
    let ocsp = || {
        let body = format!("@{}", question.display());
        let url = format!("{}/ocsp", ca.server.http);
        ca.server.ask(
            [
                "-H",
                "Content-Type: application/ocsp-request",
                "--data-binary",
                &body,
            ],
            &url,
        )
    };
    let crl = || {
        ca.server
            .ask([], &format!("{}/crl/issuing.crl", ca.server.http))
    };
    let soon = |answer: &Answer| {
        answer
            .header("retry-after")
            .parse::<u32>()
            .is_ok_and(|seconds| seconds > 0)
    };

    postgres.stop();
    for answer in [orders(), revoke(), crl()] {
        let told = answer.problem(503);
        assert!(soon(&answer) && !told.contains("postgres"), "{told}");
    }
    // RFC 6960 §2.3: tryLater, in bytes that OpenSSL reads.
    let answer = ocsp().expect(503);
    assert!(soon(&answer));
    let file = ca.written("answer.der", &answer.body);
    let read = run(openssl().args(["ocsp", "-noverify", "-respin"]).arg(file));
    assert!(
        (read.text() + &read.stderr).contains("trylater"),
        "{}{}",
        read.text(),
        read.stderr
    );
    postgres.resume();

    wait_until("a certificate", || orders().status == 201);
    assert_eq!(ocsp::get(&ca, &leaf), "good");
    // The refused revocation did not happen in part.
    assert_eq!(ocsp::get(&ca, &other), "good");
    revoke().expect(204);
    assert_eq!(ocsp::get(&ca, &other), "revoked");
    assert_eq!(ca.server.pid(), pid);
    wait_until("every entry's place in the log", || {
        ca.node.sql("SELECT COUNT(*) FROM audit_waiting").trim() == "0"
    });
    ca.node.xinshu(["audit", "verify"]).success();
}
