//! OCSP requests that are no good (RFC 6960 §2.3).

use std::fs;

use base64::{Engine as _, engine::general_purpose::STANDARD};
use testkit::{Answer, run};

use crate::support::{Ca, ocsp, openssl};

const CONTENT_TYPE: &str = "Content-Type: application/ocsp-request";

fn post(ca: &Ca, body: &[u8]) -> Answer {
    let body = format!("@{}", ca.written("question.der", body).display());
    ca.server.ask(
        ["-H", CONTENT_TYPE, "--data-binary", &body],
        &format!("{}/ocsp", ca.server.http),
    )
}

fn get(ca: &Ca, path: &str) -> Answer {
    ca.server
        .ask(["--path-as-is"], &format!("{}/ocsp/{path}", ca.server.http))
}

/// The responseStatus that OpenSSL reads.
#[track_caller]
fn told(ca: &Ca, answer: &Answer) -> String {
    assert_eq!(answer.status, 200, "{}", answer.text());
    assert_eq!(answer.header("content-type"), "application/ocsp-response");
    // RFC 5019 §6: what is no answer must not be kept.
    assert!(
        !answer.header("cache-control").contains("public"),
        "{}",
        answer.header("cache-control")
    );
    let file = ca.written("answer.der", &answer.body);
    let read = run(openssl()
        .args(["ocsp", "-resp_text", "-noverify", "-respin"])
        .arg(file));
    let (text, errors) = (read.text(), read.stderr);
    let line = text
        .lines()
        .chain(errors.lines())
        .find(|line| line.contains("Responder Error"));
    line.unwrap_or_else(|| panic!("OpenSSL reads no error: {text}{errors}"))
        .to_lowercase()
}

#[test]
fn what_cannot_be_read_is_malformed() {
    let ca = Ca::start("p256");
    let leaf = ca.issue("tls-server", &ca.web("www.example.org"));
    let question = ca.file("question.der");
    run(openssl()
        .args(["ocsp", "-no_nonce", "-issuer"])
        .arg(ca.authority_file("issuing"))
        .arg("-cert")
        .arg(&leaf.chain)
        .arg("-reqout")
        .arg(&question))
    .success();
    let good = fs::read(question).unwrap();
    assert_eq!(
        post(&ca, &good).expect(200).header("cache-control"),
        "max-age=300, public, no-transform, must-revalidate"
    );

    let mut trailing = good.clone();
    trailing.push(0);
    let mut long = vec![0x30, 0x81];
    long.extend_from_slice(&good[1..]);
    let oversized = vec![0x30; pki::ocsp::MAX_LENGTH + 1];
    let cases: [&[u8]; 7] = [
        b"",
        b"hello",
        &good[..10],
        &good[..good.len() - 1],
        &trailing,
        &long,
        &oversized,
    ];
    for body in cases {
        let answer = post(&ca, body);
        assert!(
            told(&ca, &answer).contains("malformedrequest"),
            "{} bytes: {}",
            body.len(),
            told(&ca, &answer)
        );
    }
    for path in [
        "AAAA",
        "!!!!",
        "MEUwQzBBMD8wPTAJBgUrDgMCGgUABBQ",
        &STANDARD.encode(&good[..20]).replace('=', "%3D"),
    ] {
        let answer = get(&ca, path);
        assert!(told(&ca, &answer).contains("malformedrequest"), "{path}");
    }
    assert!(told(&ca, &get(&ca, &"A".repeat(20_000))).contains("malformedrequest"));
    assert_eq!(ocsp::get(&ca, &leaf), "good");
}

#[test]
fn an_unknown_issuer_is_unauthorized() {
    let ca = Ca::start("p256");
    let stranger = Ca::start("p256");
    let leaf = stranger.issue("tls-server", &stranger.web("www.example.org"));
    let question = ca.file("question.der");
    run(openssl()
        .args(["ocsp", "-no_nonce", "-issuer"])
        .arg(stranger.authority_file("issuing"))
        .arg("-cert")
        .arg(&leaf.chain)
        .arg("-reqout")
        .arg(&question))
    .success();
    let answer = post(&ca, &fs::read(&question).unwrap());
    // RFC 5019 §2.2.3.
    assert!(told(&ca, &answer).contains("unauthorized"));
}

#[test]
fn an_unknown_serial_number_is_not_called_good() {
    let ca = Ca::start("p256");
    let asked = run(openssl()
        .args(["ocsp", "-issuer"])
        .arg(ca.authority_file("issuing"))
        .args(["-serial", "0x112233445566778899"])
        .arg("-CAfile")
        .arg(ca.node.root())
        .args(["-url", &format!("{}/ocsp", ca.server.http)]))
    .success();
    assert!(
        asked.text().contains("0x112233445566778899: unknown"),
        "{}",
        asked.text()
    );
}

/// The question is well-formed, whatever number a client asks about.
#[test]
fn a_serial_number_that_no_certificate_can_have_is_unknown() {
    let ca = Ca::start("p256");
    for serial in [
        "0x0",
        "-0x1",
        "0x7fffffffffffffffffffffffffffffffffffffffff",
    ] {
        let asked = run(openssl()
            .args(["ocsp", "-issuer"])
            .arg(ca.authority_file("issuing"))
            .args(["-serial", serial])
            .arg("-CAfile")
            .arg(ca.node.root())
            .args(["-url", &format!("{}/ocsp/", ca.server.http)]));
        let told = asked.text();
        assert!(
            asked.ok && told.contains(&format!("{serial}: unknown")),
            "{serial}: {told}{}",
            asked.stderr
        );
    }
}

/// RFC 6960 §2.2: one answer cannot be signed for two authorities, whichever is named first.
#[test]
fn one_request_about_two_authorities_is_unauthorized() {
    let ca = Ca::start("p256");
    let leaf = ca.issue("tls-server", &ca.web("www.example.org"));
    let (root, issuing) = (ca.authority_file("root"), ca.authority_file("issuing"));
    let own = [
        "-issuer".as_ref(),
        issuing.as_os_str(),
        "-cert".as_ref(),
        leaf.chain.as_os_str(),
    ];
    let above = [
        "-issuer".as_ref(),
        root.as_os_str(),
        "-cert".as_ref(),
        issuing.as_os_str(),
    ];
    for (first, second) in [(own, above), (above, own)] {
        let question = ca.file("question.der");
        run(openssl()
            .args(["ocsp", "-no_nonce"])
            .args(first)
            .args(second)
            .arg("-reqout")
            .arg(&question))
        .success();
        let answer = post(&ca, &fs::read(&question).unwrap());
        assert!(told(&ca, &answer).contains("unauthorized"));
    }
    // Each alone is answered, by the root too.
    for alone in [own, above] {
        let asked = run(openssl()
            .arg("ocsp")
            .args(alone)
            .arg("-CAfile")
            .arg(ca.node.root())
            .args(["-url", &format!("{}/ocsp", ca.server.http)]));
        let told = asked.success();
        assert!(told.text().contains(": good"), "{}", told.text());
        assert!(
            told.stderr.contains("Response verify OK"),
            "{}",
            told.stderr
        );
    }
}

#[test]
fn another_content_type_is_told_so() {
    let ca = Ca::start("p256");
    let url = format!("{}/ocsp", ca.server.http);
    for content_type in [
        "text/plain",
        "application/ocsp-response",
        "application/json",
    ] {
        let header = format!("Content-Type: {content_type}");
        ca.server.ask(["-H", &header, "-d", "x"], &url).problem(415);
    }
    ca.server.ask([], &url).problem(405);
}
