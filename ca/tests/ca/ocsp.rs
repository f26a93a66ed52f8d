//! OCSP: every authority answers for what it issued, and caches hold for their authority.

use asn1::{Writer, tag};
use axum::http::{Method, StatusCode};
use base64::{Engine as _, engine::general_purpose::STANDARD};
use pki::{
    Certificate, SerialNumber,
    ocsp::{BasicResponse, CertId, CertIdHash, CertStatus, IssuerHashes, build_request},
};
use platform_runtime::Clock as _;

use crate::test_ca::TestCa;

async fn status(test: &TestCa, issuer: &Certificate, serial: &SerialNumber) -> CertStatus {
    let response = respond(test, issuer, serial).await;
    let response = BasicResponse::from_der(&response).unwrap();
    response.verify(issuer).unwrap();
    response.answers()[0].status
}

fn cert_id(issuer: &Certificate, serial: &SerialNumber) -> CertId {
    let hashes = IssuerHashes::of(issuer.subject(), issuer.public_key());
    hashes.cert_id(CertIdHash::Sha1, serial).unwrap()
}

async fn respond(test: &TestCa, issuer: &Certificate, serial: &SerialNumber) -> Vec<u8> {
    let request = build_request(&[cert_id(issuer, serial)], None);
    let (status, body) = test.fetch(Method::POST, "/ocsp", request).await;
    assert_eq!(status, StatusCode::OK);
    body
}

#[tokio::test]
async fn authorities_are_answered_for_under_their_issuer() {
    let test = TestCa::new().await;
    test.ca.start_responders().await.unwrap();
    let root = test.ca.authority("root").unwrap().certificate().clone();
    let issuing = test.ca.authority("issuing").unwrap().certificate().clone();
    assert_eq!(
        status(&test, &root, issuing.serial()).await,
        CertStatus::Good
    );
    // The root is not known to have issued what the issuing authority did.
    let leaf = test.issue("www.example.org").await.certificate;
    assert_eq!(
        status(&test, &root, leaf.serial()).await,
        CertStatus::Unknown
    );
    assert_eq!(
        status(&test, &issuing, leaf.serial()).await,
        CertStatus::Good
    );
    test.revoke(issuing.serial(), false).await.unwrap();
    let revoked = status(&test, &root, issuing.serial()).await;
    assert!(matches!(revoked, CertStatus::Revoked { .. }));
}

#[tokio::test]
async fn a_revocation_voids_the_cached_responses_of_its_authority_only() {
    let test = TestCa::new().await;
    test.ca.start_responders().await.unwrap();
    let root = test.ca.authority("root").unwrap().certificate().clone();
    let issuing = test.ca.authority("issuing").unwrap().certificate().clone();
    let leaf = test.issue("www.example.org").await.certificate;
    let other = test.issue("other.example.org").await.certificate;
    let cached = respond(&test, &root, issuing.serial()).await;
    let stale = respond(&test, &issuing, leaf.serial()).await;
    test.pass(jiff::SignedDuration::from_secs(60));
    assert_eq!(respond(&test, &issuing, leaf.serial()).await, stale);
    test.revoke(other.serial(), false).await.unwrap();
    assert_eq!(respond(&test, &root, issuing.serial()).await, cached);
    assert_ne!(respond(&test, &issuing, leaf.serial()).await, stale);
}

#[tokio::test]
async fn a_strangers_certificate_is_unauthorized() {
    let test = TestCa::new().await;
    test.ca.start_responders().await.unwrap();
    let leaf = test.issue("www.example.org").await.certificate;
    let request = build_request(&[cert_id(&leaf, leaf.serial())], None);
    let (status, body) = test.fetch(Method::POST, "/ocsp", request).await;
    assert_eq!(status, StatusCode::OK);
    assert_eq!(body, UNAUTHORIZED);
}

/// RFC 6960 §4.2.1: unauthorized (6).
const UNAUTHORIZED: [u8; 5] = [0x30, 3, 0x0a, 1, 6];

/// RFC 6960 §2.2: one signature cannot answer for two authorities, whichever comes first.
#[tokio::test]
async fn one_request_about_two_authorities_is_unauthorized_in_any_order() {
    let test = TestCa::new().await;
    test.ca.start_responders().await.unwrap();
    let root = test.ca.authority("root").unwrap().certificate().clone();
    let issuing = test.ca.authority("issuing").unwrap().certificate().clone();
    let leaf = test.issue("www.example.org").await.certificate;
    let (own, above) = (
        cert_id(&issuing, leaf.serial()),
        cert_id(&root, issuing.serial()),
    );
    let stranger = cert_id(&leaf, leaf.serial());
    for (asked, nonce) in [
        (vec![&own, &above], None),
        (vec![&above, &own], None),
        (vec![&own, &own, &above], Some(&b"nonce"[..])),
        (vec![&own, &stranger], None),
        (vec![&stranger, &own], None),
        (vec![&stranger, &stranger], None),
    ] {
        let asked: Vec<_> = asked.into_iter().cloned().collect();
        let request = build_request(&asked, nonce);
        let (_, body) = test.fetch(Method::POST, "/ocsp", request).await;
        assert_eq!(body, UNAUTHORIZED, "{asked:?}");
    }
    let request = build_request(&[own.clone(), own], None);
    let (_, body) = test.fetch(Method::POST, "/ocsp", request).await;
    let answers = BasicResponse::from_der(&body).unwrap();
    assert_eq!(answers.answers().len(), 2);
}

/// The question is well-formed: no certificate has such a number, and the answer says so.
#[tokio::test]
async fn a_serial_number_that_no_certificate_has_is_unknown() {
    let test = TestCa::new().await;
    test.ca.start_responders().await.unwrap();
    let issuing = test.ca.authority("issuing").unwrap().certificate().clone();
    let hashes = IssuerHashes::of(issuing.subject(), issuing.public_key());
    let (name, key) = hashes.by(CertIdHash::Sha1).unwrap();
    let long = [0x7f; 40];
    for serial in [&[0][..], &[0xff], &[0x80, 1, 2], &long[..21], &long] {
        let request = Writer::build(|w| {
            w.sequence(|w| {
                w.sequence(|w| {
                    w.sequence(|w| {
                        w.sequence(|w| {
                            w.sequence(|w| {
                                w.sequence(|w| {
                                    w.oid("1.3.14.3.2.26".parse().unwrap());
                                    w.null();
                                });
                                w.octets(name);
                                w.octets(key);
                                w.tlv(tag::INTEGER, serial);
                            });
                        });
                    });
                });
            });
        });
        let (status, body) = test.fetch(Method::POST, "/ocsp", request).await;
        assert_eq!(status, StatusCode::OK);
        let answer = BasicResponse::from_der(&body).unwrap();
        answer.verify(&issuing).unwrap();
        let [single] = answer.answers() else {
            panic!("{answer:?}")
        };
        assert_eq!(single.status, CertStatus::Unknown, "{serial:?}");
        assert!(single.cert_id.der().ends_with(serial), "{serial:?}");
    }
}

/// A client whose clock is behind takes the answer, and producedAt is the present time.
#[tokio::test]
async fn this_update_lies_in_the_past_and_produced_at_does_not() {
    let test = TestCa::new().await;
    test.ca.start_responders().await.unwrap();
    let issuing = test.ca.authority("issuing").unwrap().certificate().clone();
    let leaf = test.issue("www.example.org").await.certificate;
    let now = test.clock.now();
    let answer = respond(&test, &issuing, leaf.serial()).await;
    let answer = BasicResponse::from_der(&answer).unwrap();
    let single = &answer.answers()[0];
    assert_eq!(single.this_update, now - jiff::SignedDuration::from_mins(5));
    assert_eq!(answer.produced_at(), now);
    let lifetime = jiff::SignedDuration::from_hours(24);
    assert_eq!(single.next_update, Some(now + lifetime));
}

#[tokio::test]
async fn a_get_can_be_repeated_for_the_cost_of_its_headers() {
    let test = TestCa::new().await;
    test.ca.start_responders().await.unwrap();
    let issuing = test.ca.authority("issuing").unwrap().certificate().clone();
    let leaf = test.issue("www.example.org").await.certificate;
    let request = build_request(&[cert_id(&issuing, leaf.serial())], None);
    let path = STANDARD.encode(request);
    let path = path.replace('+', "%2B").replace('/', "%2F");
    let path = format!("/ocsp/{}", path.replace('=', "%3D"));
    let get = async |headers: &[(&str, &str)]| {
        let response = test.ask(Method::GET, &path, headers, Vec::new()).await;
        (response.status(), response)
    };
    let (status, first) = get(&[]).await;
    assert_eq!(status, StatusCode::OK);
    let etag = first.headers()["etag"].to_str().unwrap().to_owned();
    let modified = first.headers()["last-modified"]
        .to_str()
        .unwrap()
        .to_owned();
    assert_eq!(modified, "Sun, 01 Mar 2026 07:55:00 GMT");
    for known in [("if-none-match", &etag), ("if-modified-since", &modified)] {
        let (status, known) = get(&[(known.0, known.1)]).await;
        assert_eq!(status, StatusCode::NOT_MODIFIED);
        assert!(known.into_body().is_empty());
    }
    let head = test.ask(Method::HEAD, &path, &[], Vec::new()).await;
    assert_eq!(head.headers()["etag"].to_str().unwrap(), etag);
    let length = first.into_body().len().to_string();
    assert_eq!(head.headers()["content-length"].to_str().unwrap(), length);
    assert!(head.into_body().is_empty());
    // A revocation changes the date too, although no second has passed.
    test.revoke(leaf.serial(), false).await.unwrap();
    for stale in [("if-none-match", &etag), ("if-modified-since", &modified)] {
        let (status, revoked) = get(&[(stale.0, stale.1)]).await;
        assert_eq!(status, StatusCode::OK);
        let answer = BasicResponse::from_der(revoked.body()).unwrap();
        let status = answer.answers()[0].status;
        assert!(matches!(status, CertStatus::Revoked { .. }));
    }
    // A slash at the end names the same responder.
    let request = build_request(&[cert_id(&issuing, leaf.serial())], None);
    let (status, _) = test.fetch(Method::POST, "/ocsp/", request).await;
    assert_eq!(status, StatusCode::OK);
}
