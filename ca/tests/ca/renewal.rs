//! Certificates of services are renewed in time, and not for ever.

use ca::{
    ServiceKey, ServiceRequest, issue_service_certificate::issue_service_certificate,
    renew_service_certificates::renew_service_certificates, renewal_is_overdue,
};
use pki::{Certificate, GeneralName, KeyAlgorithm};

use crate::test_ca::{TestCa, admin, days};

async fn server(test: &TestCa) -> Certificate {
    let uri = "software:tls";
    let key = test
        .keyring
        .generate(uri, KeyAlgorithm::P256)
        .await
        .unwrap();
    let request = ServiceRequest {
        service: "tls:1",
        profile: ca::SERVER_PROFILE,
        authority: None,
        alternative_names: vec![GeneralName::Dns("localhost".to_owned())],
        key: ServiceKey {
            uri,
            public_key: key.public_key(),
        },
    };
    issue_service_certificate(&test.ca, &admin(), request)
        .await
        .unwrap()
}

async fn current(test: &TestCa) -> Option<Certificate> {
    let found = ca::service_certificate::find(test.ca.records(), "tls:1").await;
    found.unwrap().map(|found| found.chain[0].clone())
}

#[tokio::test]
async fn after_two_thirds_of_its_life() {
    let test = TestCa::new().await;
    let first = server(&test).await;
    test.pass(days(59));
    renew_service_certificates(&test.ca).await.unwrap();
    assert_eq!(current(&test).await, Some(first.clone()));
    test.pass(days(2));
    assert!(!renewal_is_overdue(&first, test.ca.records().now()));
    renew_service_certificates(&test.ca).await.unwrap();
    let second = current(&test).await.unwrap();
    assert_ne!(second, first);
    assert_eq!(second.public_key(), first.public_key());
    assert_eq!(second.subject_alt_names(), first.subject_alt_names());
    test.pass(days(7));
    assert!(renewal_is_overdue(&first, test.ca.records().now()));
}

#[tokio::test]
async fn a_compromised_key_is_not_certified_again() {
    let test = TestCa::new().await;
    let first = server(&test).await;
    test.revoke(first.serial(), false).await.unwrap();
    test.pass(days(80));
    renew_service_certificates(&test.ca).await.unwrap();
    assert_eq!(current(&test).await, None);
    assert!(
        ca::service_certificate::is_revoked(test.ca.records(), "tls:1")
            .await
            .unwrap()
    );
}

#[tokio::test]
async fn nothing_outlives_its_authority() {
    let test = TestCa::new().await;
    test.pass(days(3600));
    let last = server(&test).await;
    let authority = test.ca.authority("issuing").unwrap();
    assert_eq!(last.validity().not_after, authority.validity().not_after);
    test.pass(days(48));
    renew_service_certificates(&test.ca).await.unwrap();
    assert_eq!(current(&test).await, Some(last));
}
