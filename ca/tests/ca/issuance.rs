//! Rule 2: what is issued is recorded, and failures are too.

use ca::{
    AllowedNames, Error, ServiceKey, ServiceRequest, issue::issue,
    issue_service_certificate::issue_service_certificate,
};
use pki::{GeneralName, KeyAlgorithm, oid};

use crate::test_ca::{TestCa, admin, days, dns};

#[tokio::test]
async fn a_certificate_is_recorded_with_its_entry() {
    let test = TestCa::new().await;
    let issued = test.issue("www.example.org").await;
    let certificate = &issued.certificate;
    assert_eq!(certificate.subject().to_string(), "CN=www.example.org");
    assert_eq!(certificate.extended_key_usage(), [oid::SERVER_AUTH]);
    let life = certificate.validity();
    assert_eq!(life.not_after.to_string(), "2026-05-30T08:00:00Z");
    let entry = &test.entries("ca.certificate.issue").await[0];
    assert_eq!(
        entry.subject,
        format!("certificate:{}", certificate.serial())
    );
    assert_eq!(entry.details["ca"], "issuing");
    assert_eq!(entry.details["profile"], "tls-server");
    assert_eq!(entry.details["profile_version"], 1);
    test.verify_records().await;
}

#[tokio::test]
async fn failures_are_recorded_without_what_they_say_about_a_person() {
    let test = TestCa::new().await;
    let mail = GeneralName::Email("alice@example.org".to_owned());
    let csr = test
        .csr("www.example.org", &[dns("www.example.org"), mail])
        .await;
    let refused = issue(&test.ca, &admin(), test.request(csr)).await;
    assert!(matches!(refused, Err(Error::NameNotAllowed { .. })));
    let entry = &test.entries("ca.certificate.issue").await[0];
    let cause = entry.cause.as_ref().unwrap();
    assert!(cause.contains("not an rfc822Name"), "{cause}");
    assert!(!cause.contains("alice"), "{cause}");

    let unreadable = issue(&test.ca, &admin(), test.request(b"no request".to_vec())).await;
    assert!(matches!(unreadable, Err(Error::BadRequest(_))));
    let entry = &test.entries("ca.certificate.issue").await[0];
    assert_eq!(
        entry.cause.as_deref(),
        Some("the certification request cannot be used")
    );

    let unknown = ca::IssuanceRequest {
        profile: "emperor".to_owned(),
        ..test.request(test.csr("www.example.org", &[]).await)
    };
    let refused = issue(&test.ca, &admin(), unknown).await.unwrap_err();
    assert!(refused.to_string().contains("tls-server"), "{refused}");
    assert_eq!(test.entries("ca.certificate.issue").await.len(), 2 + 3);
}

#[tokio::test]
async fn an_expired_authority_issues_nothing() {
    let test = TestCa::new().await;
    test.pass(days(3651));
    let csr = test.csr("www.example.org", &[]).await;
    issue(&test.ca, &admin(), test.request(csr))
        .await
        .unwrap_err();
    let entry = &test.entries("ca.certificate.issue").await[0];
    assert!(entry.cause.is_some());
}

#[tokio::test]
async fn certificate_entry_and_service_row_are_one_transaction() {
    let test = TestCa::new().await;
    let key = test
        .keyring
        .generate("software:unit", KeyAlgorithm::P256)
        .await
        .unwrap();
    let request = || ServiceRequest {
        service: "tsa:default",
        profile: ca::TIME_STAMPING_PROFILE,
        authority: None,
        alternative_names: Vec::new(),
        key: ServiceKey {
            uri: key.uri(),
            public_key: key.public_key(),
        },
    };
    // A fault between the certificate's row and the service's.
    test.sql(
        "CREATE TRIGGER fault BEFORE INSERT ON ca_service
         BEGIN SELECT RAISE(ABORT, 'a fault'); END",
    )
    .await;
    let before = test.count("SELECT COUNT(*) AS n FROM ca_certificate").await;
    let entries = test.entries("ca.certificate.issue").await.len();
    issue_service_certificate(&test.ca, &admin(), request())
        .await
        .unwrap_err();
    assert_eq!(
        test.count("SELECT COUNT(*) AS n FROM ca_certificate").await,
        before
    );
    let issued = |entries: &[platform_log::RecordedEntry]| {
        let success = |entry: &&platform_log::RecordedEntry| entry.cause.is_none();
        entries.iter().filter(success).count()
    };
    let after = test.entries("ca.certificate.issue").await;
    assert_eq!(issued(&after), entries);
    // The intent stays: its serial number is used.
    assert_eq!(
        test.count("SELECT COUNT(*) AS n FROM ca_intent").await,
        before + 1
    );
    test.sql("DROP TRIGGER fault").await;
    issue_service_certificate(&test.ca, &admin(), request())
        .await
        .unwrap();
    let found = ca::service_certificate::find(test.ca.records(), "tsa:default")
        .await
        .unwrap()
        .unwrap();
    assert_eq!(found.chain.len(), 2);
    test.verify_records().await;
}

#[tokio::test]
async fn a_front_end_may_allow_fewer_names_than_the_profile() {
    let test = TestCa::new().await;
    let names = [dns("www.example.org"), dns("mail.example.org")];
    let csr = test.csr("www.example.org", &names).await;
    let request = |allowed: &[&str]| ca::IssuanceRequest {
        allowed_names: AllowedNames::Only(allowed.iter().map(|name| dns(name)).collect()),
        ..test.request(csr.clone())
    };
    let refused = issue(&test.ca, &admin(), request(&["www.example.org"])).await;
    assert!(matches!(refused, Err(Error::NameNotAuthorized(_))));
    issue(
        &test.ca,
        &admin(),
        request(&["WWW.example.org", "mail.example.org"]),
    )
    .await
    .unwrap();
}

#[tokio::test]
async fn a_profile_chooses_its_authority() {
    let test = TestCa::empty().await;
    test.add_pair(["root", "issuing"], KeyAlgorithm::Ed25519)
        .await;
    let csr = test.csr("www.example.org", &[]).await;
    let none = issue(&test.ca, &admin(), test.request(csr.clone())).await;
    assert!(matches!(none, Err(Error::NoDefaultAuthority { .. })));
    test.add_pair(["tls-root", "tls-issuing"], KeyAlgorithm::P256)
        .await;
    let issuer = |issued: ca::Issued| issued.certificate.issuer().to_string();
    let issued = issue(&test.ca, &admin(), test.request(csr.clone())).await;
    assert!(issuer(issued.unwrap()).contains("Test tls-issuing"));
    // A request that names one gets that one.
    let named = ca::IssuanceRequest {
        authority: Some("issuing".to_owned()),
        ..test.request(csr.clone())
    };
    let issued = issue(&test.ca, &admin(), named).await;
    assert!(issuer(issued.unwrap()).contains("Test issuing"));
    let person = ca::IssuanceRequest {
        profile: "person".to_owned(),
        ..test.request(csr)
    };
    let issued = issue(&test.ca, &admin(), person).await;
    assert!(issuer(issued.unwrap()).contains("Test issuing"));
}
