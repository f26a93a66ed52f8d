//! Asking for the status of a certificate, as OpenSSL does it.

use std::{fs, process::Command};

use base64::{Engine as _, engine::general_purpose::STANDARD};
use pki::ocsp::{CertIdHash, IssuerHashes, build_request};
use testkit::{Outcome, run};

use super::{Ca, Leaf, openssl};

/// `openssl ocsp` by POST, with a nonce; its verdict such as `good`.
#[track_caller]
pub(crate) fn post(ca: &Ca, leaf: &Leaf) -> String {
    let asked = run(command(ca, leaf).args(["-url", &format!("{}/ocsp", ca.server.http)]));
    verdict(&asked)
}

/// The same question by GET, verified by `openssl ocsp`.
#[track_caller]
pub(crate) fn get(ca: &Ca, leaf: &Leaf) -> String {
    let answer = ca.written("answer.der", get_der(ca, leaf));
    verdict(&run(command(ca, leaf)
        .arg("-no_nonce")
        .arg("-respin")
        .arg(answer)))
}

/// The bytes that answer a GET.
#[track_caller]
pub(crate) fn get_der(ca: &Ca, leaf: &Leaf) -> Vec<u8> {
    let question = ca.file("question.der");
    run(command(ca, leaf)
        .arg("-no_nonce")
        .arg("-reqout")
        .arg(&question))
    .success();
    let path = STANDARD.encode(fs::read(question).unwrap());
    // RFC 6960 appendix A.1: the base64 text is URL-encoded.
    let path = path
        .replace('+', "%2B")
        .replace('/', "%2F")
        .replace('=', "%3D");
    let answer = ca
        .server
        .ask([], &format!("{}/ocsp/{path}", ca.server.http))
        .expect(200);
    assert_eq!(answer.header("content-type"), "application/ocsp-response");
    answer.body
}

/// The bytes that answer a POST with a nonce.
#[track_caller]
pub(crate) fn post_with_nonce(ca: &Ca, leaf: &Leaf) -> Vec<u8> {
    let issuing = ca.authority("issuing");
    let hashes = IssuerHashes::of(issuing.subject(), issuing.public_key());
    let cert_id = hashes
        .cert_id(CertIdHash::Sha1, leaf.certificate.serial())
        .unwrap();
    let question = build_request(&[cert_id], Some(b"0123456789abcdef"));
    let question = format!("@{}", ca.written("question.der", question).display());
    let arguments = [
        "-H",
        "Content-Type: application/ocsp-request",
        "--data-binary",
        &question,
    ];
    ca.server
        .ask(arguments, &format!("{}/ocsp", ca.server.http))
        .expect(200)
        .body
}

fn command(ca: &Ca, leaf: &Leaf) -> Command {
    let mut command = openssl();
    command
        .arg("ocsp")
        .arg("-issuer")
        .arg(ca.authority_file("issuing"));
    command
        .arg("-cert")
        .arg(&leaf.chain)
        .arg("-CAfile")
        .arg(ca.node.root());
    command
}

/// What `openssl ocsp` says of the certificate, once it has verified the answer.
#[track_caller]
fn verdict(outcome: &Outcome) -> String {
    assert!(
        outcome.ok && outcome.stderr.contains("Response verify OK"),
        "{}{}",
        outcome.text(),
        outcome.stderr
    );
    let text = outcome.text();
    let line = text
        .lines()
        .find(|line| line.contains(".pem: "))
        .unwrap_or_else(|| panic!("no verdict: {text}"));
    let status = line.rsplit(": ").next().unwrap();
    let reason = text
        .lines()
        .find_map(|line| line.trim().strip_prefix("Reason: "));
    reason.map_or_else(|| status.to_owned(), |reason| format!("{status} {reason}"))
}
