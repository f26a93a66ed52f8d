//! What the built-in profiles take from a request.

use ca::{Error, IssuanceRequest, Issued, issue::issue};
use pki::{GeneralName, KeyAlgorithm, KeyUsage, Name, oid};

use crate::test_ca::{TestCa, admin, dns};

async fn request(
    test: &TestCa,
    profile: &str,
    subject: &Name,
    names: &[GeneralName],
) -> Result<Issued, Error> {
    let csr = test.csr_of(KeyAlgorithm::P256, subject, names).await;
    let request = IssuanceRequest {
        profile: profile.to_owned(),
        ..test.request(csr)
    };
    issue(&test.ca, &admin(), request).await
}

fn common_name(name: &str) -> Name {
    Name::from_common_name(name).unwrap()
}

#[tokio::test]
async fn a_servers_common_name_serves_alone() {
    let test = TestCa::new().await;
    for (name, expected) in [
        ("www.example.org", dns("www.example.org")),
        ("192.0.2.7", GeneralName::Ip("192.0.2.7".parse().unwrap())),
    ] {
        let issued = request(&test, "tls-server", &common_name(name), &[])
            .await
            .unwrap();
        assert_eq!(issued.certificate.subject_alt_names(), [expected]);
        assert_eq!(issued.certificate.subject().common_name(), Some(name));
    }
    let nothing = request(&test, "tls-server", &Name::empty(), &[]).await;
    assert!(matches!(nothing, Err(Error::ForbiddenByProfile { .. })));
}

#[tokio::test]
async fn a_servers_common_name_is_one_of_its_names() {
    let test = TestCa::new().await;
    let names = [dns("www.example.org")];
    let other = request(
        &test,
        "tls-server",
        &common_name("mail.example.org"),
        &names,
    )
    .await;
    assert!(matches!(other, Err(Error::CommonNameNotAmongNames { .. })));
    // ub-common-name is 64 characters: a longer name is in the extension only.
    let long = format!("{}.example.org", "a".repeat(60));
    let issued = request(&test, "tls-server", &Name::empty(), &[dns(&long)])
        .await
        .unwrap();
    assert!(issued.certificate.subject().is_empty());
}

#[tokio::test]
async fn a_person_gets_the_attributes_of_the_profile_and_no_others() {
    let test = TestCa::new().await;
    let subject = Name::builder()
        .common_name("Wang Fang")
        .attribute(oid::LOCALITY, "Hangzhou")
        .organizational_unit("Archive")
        .serial_number("7")
        .organization("Office")
        .country("CN")
        .build()
        .unwrap();
    let mail = GeneralName::Email("wang.fang@example.org".to_owned());
    let issued = request(&test, "person", &subject, std::slice::from_ref(&mail))
        .await
        .unwrap();
    assert_eq!(
        issued.certificate.subject().to_string(),
        "CN=Wang Fang,serialNumber=7,OU=Archive,O=Office,C=CN"
    );
    assert_eq!(issued.certificate.subject_alt_names(), [mail]);
    // Not for an elliptic-curve key (RFC 8813 §3).
    let usage = issued.certificate.key_usage().unwrap();
    assert!(!usage.intersects(KeyUsage::KEY_ENCIPHERMENT));
    let nameless = Name::builder().organization("Office").build().unwrap();
    let refused = request(&test, "person", &nameless, &[]).await.unwrap_err();
    assert!(refused.to_string().contains("commonName"), "{refused}");
    let host = request(&test, "person", &subject, &[dns("www.example.org")]).await;
    assert!(matches!(host, Err(Error::NameNotAllowed { .. })));
}

#[tokio::test]
async fn profiles_of_authorities_and_services_are_not_for_requesters() {
    let test = TestCa::new().await;
    for profile in [
        "root",
        "issuing",
        "ocsp-responder",
        "time-stamping",
        "server",
    ] {
        let refused = request(&test, profile, &common_name("www.example.org"), &[]).await;
        assert!(
            matches!(refused, Err(Error::NoSuchProfile { .. })),
            "{profile}"
        );
    }
}
