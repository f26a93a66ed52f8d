//! Every refusal in the protocol's own terms (RFC 3161 §2.4.2), or in HTTP's.

use pki::{
    Digest, ObjectIdentifier,
    tsp::{FailureInfo, MAX_LENGTH, build_request},
};
use testkit::{run, tool};

use crate::support::{QUERY, Tsa, query};

#[test]
fn another_policy_is_not_accepted() {
    let tsa = Tsa::start("p256");
    let policy = ObjectIdentifier::new("1.2.3.4.5").unwrap();
    let (failure, text) = tsa.refusal(&build_request(
        Digest::Sha256,
        &[1; 32],
        Some(policy),
        None,
        true,
    ));
    assert_eq!(failure, FailureInfo::UnacceptedPolicy);
    assert!(text.contains(crate::support::POLICY), "{text}");
}

/// OpenSSL reads the refusal too.
#[test]
fn weak_and_unknown_digests_are_not_accepted() {
    let tsa = Tsa::start("p256");
    let document = tsa.written("document.txt", "hello");
    for digest in ["-sha1", "-md5", "-sha224", "-ripemd160"] {
        let file = tsa.file("query.tsq");
        let mut command = std::process::Command::new("openssl");
        command
            .args(["ts", "-query", digest, "-cert", "-data"])
            .arg(&document)
            .arg("-out")
            .arg(&file);
        if !run(&mut command).ok {
            // This OpenSSL does not even ask with it.
            assert_eq!(digest, "-ripemd160");
            continue;
        }
        let reply = tsa.stamp(&std::fs::read(file).unwrap());
        assert_eq!(
            crate::support::refusal(&reply).0,
            FailureInfo::BadAlg,
            "{digest}"
        );
        let reply = tsa.written("reply.tsr", reply);
        let read = tool(
            "openssl",
            ["ts", "-reply", "-text", "-in", reply.to_str().unwrap()],
        )
        .success();
        assert!(read.text().contains("Status: Rejected"), "{}", read.text());
        assert!(
            read.text()
                .contains("unrecognized or unsupported algorithm"),
            "{}",
            read.text()
        );
    }
}

#[test]
fn extensions_are_not_accepted() {
    let tsa = Tsa::start("p256");
    let plain = build_request(Digest::Sha256, &[1; 32], None, None, true);
    // extensions [0] IMPLICIT: one, 1.2.3.4, not critical, with a NULL inside.
    let extension = [
        0xa0, 0x0b, 0x30, 0x09, 0x06, 0x03, 0x2a, 0x03, 0x04, 0x04, 0x02, 0x05, 0x00,
    ];
    let mut request = vec![0x30, plain[1] + u8::try_from(extension.len()).unwrap()];
    request.extend_from_slice(&plain[2..]);
    request.extend_from_slice(&extension);
    let (failure, text) = tsa.refusal(&request);
    assert_eq!(failure, FailureInfo::UnacceptedExtension);
    assert!(text.contains("1.2.3.4"), "{text}");
}

#[test]
fn another_version_is_not_accepted() {
    let tsa = Tsa::start("p256");
    let mut request = query(1);
    assert_eq!(request[2..5], [0x02, 0x01, 0x01]);
    request[4] = 2;
    assert_eq!(tsa.refusal(&request).0, FailureInfo::BadRequest);
}

#[test]
fn what_cannot_be_read_is_bad_data() {
    let tsa = Tsa::start("p256");
    let good = query(1);
    let mut trailing = good.clone();
    trailing.push(0);
    let mut long = vec![0x30, 0x81];
    long.extend_from_slice(&good[1..]);
    let mut indefinite = vec![0x30, 0x80];
    indefinite.extend_from_slice(&good[2..]);
    indefinite.extend_from_slice(&[0, 0]);
    // certReq FALSE is the default, and DER leaves it out; TRUE is 0xff (X.690 §11.1, §11.5).
    let [mut default, mut odd] = [good.clone(), good.clone()];
    *default.last_mut().unwrap() = 0;
    *odd.last_mut().unwrap() = 1;
    let oversized = vec![0x30; MAX_LENGTH + 1];
    let short = build_request(Digest::Sha256, &[1; 20], None, None, true);
    let cases: [(&str, &[u8]); 11] = [
        ("empty", b""),
        ("text", b"hello"),
        ("truncated", &good[..good.len() - 1]),
        ("its first half", &good[..good.len() / 2]),
        ("with a byte too many", &trailing),
        ("a long length", &long),
        ("an indefinite length", &indefinite),
        ("a default that is written", &default),
        ("an odd truth", &odd),
        ("oversized", &oversized),
        ("an imprint of another length", &short),
    ];
    for (what, request) in cases {
        let (failure, text) = tsa.refusal(request);
        assert_eq!(failure, FailureInfo::BadDataFormat, "{what}: {text}");
    }
    tsa.token(&good);
}

#[test]
fn what_is_no_query_is_an_http_error() {
    let tsa = Tsa::start("p256");
    for header in [
        "Content-Type: application/octet-stream",
        "Content-Type: text/plain",
        "Content-Type;",
    ] {
        let told = tsa.post_to("/tsa", header, &query(1)).problem(415);
        assert!(told.contains("application/timestamp-query"), "{told}");
    }
    tsa.post_to("/tsa/nobody", QUERY, &query(1)).problem(404);
    for method in ["GET", "PUT", "DELETE"] {
        let answer = tsa
            .server
            .ask(["-X", method], &format!("{}/tsa", tsa.server.http));
        answer.problem(405);
        assert_eq!(answer.header("allow"), "POST");
    }
}
