//! CRLs and certificates of authorities as files: forms, validators, parts.

use axum::http::{Method, StatusCode};
use ca::publish_crl::publish_crl;
use jiff::{SignedDuration, Timestamp};
use pki::{Certificate, CertificateList};
use platform_runtime::Clock as _;

use crate::test_ca::{TestCa, admin};

async fn get(test: &TestCa, path: &str, headers: &[(&str, &str)]) -> axum::http::Response<Vec<u8>> {
    test.ask(Method::GET, path, headers, Vec::new()).await
}

#[tokio::test]
async fn this_update_of_a_crl_lies_in_the_past_and_rises() {
    let test = TestCa::new().await;
    let now = test.clock.now();
    let mut this_updates: Vec<Timestamp> = Vec::new();
    for _ in 0..3 {
        publish_crl(&test.ca, &admin(), "issuing").await.unwrap();
        this_updates.push(test.crl("issuing").await.this_update());
    }
    let first = now - SignedDuration::from_mins(5);
    let seconds = |seconds| first + SignedDuration::from_secs(seconds);
    assert_eq!(this_updates, [seconds(0), seconds(1), seconds(2)]);
    let entry = &test.entries("ca.crl.publish").await[0];
    assert_eq!(entry.at, now);
}

#[tokio::test]
async fn a_known_crl_is_not_sent_again() {
    let test = TestCa::new().await;
    test.run_jobs().await;
    let path = "/crl/issuing.crl";
    let first = get(&test, path, &[]).await;
    let header = |response: &axum::http::Response<Vec<u8>>, name| -> String {
        response.headers()[name].to_str().unwrap().to_owned()
    };
    let etag = header(&first, "etag");
    let modified = header(&first, "last-modified");
    assert_eq!(header(&first, "accept-ranges"), "bytes");
    let conditions = [
        ("if-none-match", etag.as_str()),
        ("if-modified-since", modified.as_str()),
    ];
    for condition in conditions {
        let known = get(&test, path, &[condition]).await;
        assert_eq!(known.status(), StatusCode::NOT_MODIFIED);
        assert_eq!(header(&known, "etag"), etag);
        assert!(known.into_body().is_empty());
    }
    // Within the same second, both the tag and the date distinguish the new one.
    let issued = test.issue("www.example.org").await;
    let serial = issued.certificate.serial();
    test.revoke(serial, true).await.unwrap();
    for condition in conditions {
        let second = get(&test, path, &[condition]).await;
        assert_eq!(second.status(), StatusCode::OK);
        let crl = CertificateList::from_der(second.body()).unwrap();
        assert!(crl.entries().any(|entry| entry.unwrap().serial == *serial));
    }
}

#[tokio::test]
async fn a_crl_is_fetched_in_parts_and_only_of_one_version() {
    let test = TestCa::new().await;
    test.run_jobs().await;
    let path = "/crl/issuing.crl";
    let whole = get(&test, path, &[]).await;
    let etag = whole.headers()["etag"].to_str().unwrap().to_owned();
    let whole = whole.into_body();
    let first = get(&test, path, &[("range", "bytes=0-99")]).await;
    assert_eq!(first.status(), StatusCode::PARTIAL_CONTENT);
    let rest = get(&test, path, &[("range", "bytes=100-"), ("if-range", &etag)]).await;
    assert_eq!(rest.status(), StatusCode::PARTIAL_CONTENT);
    assert_eq!([first.into_body(), rest.into_body()].concat(), whole);
    let beyond = format!("bytes={}-", whole.len());
    let beyond = get(&test, path, &[("range", &beyond)]).await;
    assert_eq!(beyond.status(), StatusCode::RANGE_NOT_SATISFIABLE);
    publish_crl(&test.ca, &admin(), "issuing").await.unwrap();
    let other = get(&test, path, &[("range", "bytes=100-"), ("if-range", &etag)]).await;
    assert_eq!(other.status(), StatusCode::OK);
    let head = test.ask(Method::HEAD, path, &[], Vec::new()).await;
    let length = other.into_body().len().to_string();
    assert_eq!(head.headers()["content-length"].to_str().unwrap(), length);
    assert!(head.into_body().is_empty());
}

#[tokio::test]
async fn each_authority_is_downloaded_alone_and_with_its_chain() {
    let test = TestCa::new().await;
    let root = test.ca.authority("root").unwrap().certificate().clone();
    let issuing = test.ca.authority("issuing").unwrap().certificate().clone();
    let fetch = async |path: &str, media_type: &str| {
        let response = get(&test, path, &[]).await;
        assert_eq!(response.status(), StatusCode::OK, "{path}");
        assert_eq!(response.headers()["content-type"], media_type, "{path}");
        let etag = response.headers()["etag"].to_str().unwrap().to_owned();
        let known = get(&test, path, &[("if-none-match", &etag)]).await;
        assert_eq!(known.status(), StatusCode::NOT_MODIFIED, "{path}");
        response.into_body()
    };
    for (name, certificate) in [("root", &root), ("issuing", &issuing)] {
        for ending in ["cer", "crt", "der"] {
            let der = fetch(&format!("/ca/{name}.{ending}"), "application/pkix-cert").await;
            assert_eq!(der, certificate.der());
        }
        let pem = fetch(&format!("/ca/{name}.pem"), "application/x-pem-file").await;
        assert_eq!(String::from_utf8(pem).unwrap(), certificate.to_pem());
    }
    let chain = "application/pem-certificate-chain";
    let chain = fetch("/ca/issuing.chain.pem", chain).await;
    let chain = Certificate::bundle_from_pem(&String::from_utf8(chain).unwrap()).unwrap();
    assert_eq!(chain, [issuing.clone(), root.clone()]);
    let certs_only = "application/pkcs7-mime; smime-type=certs-only";
    let message = fetch("/ca/issuing.p7c", certs_only).await;
    assert_eq!(message, pki::cms::certs_only([&root, &issuing]));
    let missing = get(&test, "/ca/nobody.p7c", &[]).await;
    assert_eq!(missing.status(), StatusCode::NOT_FOUND);
}
