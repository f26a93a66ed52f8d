//! OCSP: every authority answers for what it issued, and caches hold for their authority.

use axum::http::{Method, StatusCode};
use pki::{
    Certificate, SerialNumber,
    ocsp::{BasicResponse, CertIdHash, CertStatus, IssuerHashes, build_request},
};

use crate::test_ca::TestCa;

async fn status(test: &TestCa, issuer: &Certificate, serial: &SerialNumber) -> CertStatus {
    let response = respond(test, issuer, serial).await;
    let response = BasicResponse::from_der(&response).unwrap();
    response.verify(issuer).unwrap();
    response.answers()[0].status
}

async fn respond(test: &TestCa, issuer: &Certificate, serial: &SerialNumber) -> Vec<u8> {
    let hashes = IssuerHashes::of(issuer.subject(), issuer.public_key());
    let cert_id = hashes.cert_id(CertIdHash::Sha1, serial).unwrap();
    let request = build_request(&[cert_id], None);
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
    let hashes = IssuerHashes::of(leaf.subject(), leaf.public_key());
    let cert_id = hashes.cert_id(CertIdHash::Sha1, leaf.serial()).unwrap();
    let request = build_request(&[cert_id], None);
    let (status, body) = test.fetch(Method::POST, "/ocsp", request).await;
    assert_eq!(status, StatusCode::OK);
    // RFC 6960 §4.2.1: unauthorized (6).
    assert_eq!(body, [0x30, 3, 0x0a, 1, 6]);
}
