//! Authorities and their certificates.

use ca::{Error, issue::issue, list};
use pki::{BasicConstraints, KeyAlgorithm};

use crate::test_ca::{TestCa, admin};

#[tokio::test]
async fn certificates_of_authorities_are_certificates_like_any_other() {
    let test = TestCa::new().await;
    let issuing = test.ca.authority("issuing").unwrap();
    assert_eq!(
        issuing.certificate().basic_constraints(),
        BasicConstraints::Ca { path_len: Some(0) }
    );
    let serial = issuing.certificate().serial();
    let shown = list::certificate(&test.ca, &admin(), serial, None)
        .await
        .unwrap();
    assert_eq!(
        (shown.issuer.as_str(), shown.profile.as_str()),
        ("root", "issuing")
    );
    let all = list::certificates(
        &test.ca,
        &admin(),
        list::CertificateQuery {
            limit: 10,
            ..list::CertificateQuery::default()
        },
    )
    .await
    .unwrap();
    let profiles: Vec<_> = all
        .certificates
        .iter()
        .map(|one| one.info.profile.as_str())
        .collect();
    assert_eq!(profiles.len(), 2);
    assert!(profiles.contains(&"root") && profiles.contains(&"issuing"));
    let cas = list::authorities(&test.ca, &admin()).await.unwrap();
    assert_eq!(cas[0].issuer, "root");
    assert_eq!(cas[0].certificates.len(), 1);
    // Both the creation and the certificate are in the log.
    assert_eq!(test.entries("ca.authority.create").await.len(), 2);
    assert_eq!(test.entries("ca.certificate.issue").await.len(), 2);
}

#[tokio::test]
async fn a_revoked_authority_issues_no_more() {
    let test = TestCa::new().await;
    let issuing = test.ca.authority("issuing").unwrap();
    let csr = test.csr("www.example.org", &[]).await;
    issue(&test.ca, &admin(), test.request(csr.clone()))
        .await
        .unwrap();
    let serial = issuing.certificate().serial();
    test.revoke(serial, true).await.unwrap();
    assert!(test.lists("root", serial).await);
    let refused = issue(&test.ca, &admin(), test.request(csr)).await;
    assert!(matches!(refused, Err(Error::AuthorityRevoked(_))));
}

#[tokio::test]
async fn a_root_cannot_revoke_itself() {
    let test = TestCa::new().await;
    let root = test.ca.authority("root").unwrap();
    let refused = test.revoke(root.certificate().serial(), false).await;
    assert!(matches!(refused, Err(Error::RootNotRevocable(_))));
}

#[tokio::test]
async fn a_name_is_taken_once_and_an_issuing_authority_has_none_below() {
    let test = TestCa::new().await;
    let taken = test
        .add_authority("issuing", Some("root"), KeyAlgorithm::P256)
        .await;
    assert!(matches!(taken, Err(Error::AuthorityExists(_))));
    let below = test
        .add_authority("below", Some("issuing"), KeyAlgorithm::P256)
        .await;
    assert!(matches!(below, Err(Error::RejectedByLinter(_))));
    let entry = &test.entries("ca.certificate.issue").await[0];
    assert_eq!(entry.subject, "ca:below");
    assert!(entry.cause.as_ref().unwrap().contains("path-length"));
}

#[tokio::test]
async fn what_another_node_created_is_found_after_a_restart() {
    let test = TestCa::new().await;
    let records = ca::Records::new(test.store.clone(), test.clock.clone());
    let access = platform_access::Access::by_permissions(test.store.clone(), test.clock.clone());
    let urls = ca::PublicationUrls {
        http_url: "http://pki.example.org".to_owned(),
        policy: "1.3.6.1.4.1.99999.1".parse().unwrap(),
    };
    let config = ca::Config {
        urls,
        crl_period: std::time::Duration::from_secs(3600),
        crl_lifetime: crate::test_ca::days(7),
        ocsp_lifetime: crate::test_ca::days(1),
        backdate: jiff::SignedDuration::ZERO,
        server_certificate_lifetime: crate::test_ca::days(90),
    };
    let other = ca::Service::open(config, records, access, test.keyring.clone())
        .await
        .unwrap();
    let names = |ca: &ca::Service| -> Vec<String> {
        let authorities = ca.authorities();
        authorities
            .iter()
            .map(|one| one.name().to_owned())
            .collect()
    };
    assert_eq!(names(&other), ["issuing", "root"]);
    assert_eq!(
        other.authority("issuing").unwrap().certificate(),
        test.ca.authority("issuing").unwrap().certificate()
    );
}
