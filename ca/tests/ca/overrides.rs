//! Certificates whose names the issuer decides instead of the request.

use ca::{Error, IssuanceRequest, Issued, NameOverride, issue::issue};
use pki::GeneralName;
use platform_access::{AccessError, Actor, Caller, Permissions};

use crate::test_ca::{TestCa, admin, days, dns};

fn file(name: &str) -> Vec<u8> {
    let folder = concat!(
        env!("CARGO_MANIFEST_DIR"),
        "/../formats/pki/tests/data/requests/"
    );
    std::fs::read(format!("{folder}{name}")).unwrap()
}

fn with(subject: Option<&str>, names: &[&str]) -> NameOverride {
    let parsed: Vec<GeneralName> = names.iter().map(|name| name.parse().unwrap()).collect();
    NameOverride {
        subject: subject.map(|subject| subject.parse().unwrap()),
        alternative_names: (!names.is_empty()).then_some(parsed),
    }
}

async fn order(
    test: &TestCa,
    profile: &str,
    csr: Vec<u8>,
    name_override: NameOverride,
) -> Result<Issued, Error> {
    let request = IssuanceRequest {
        profile: profile.to_owned(),
        name_override,
        ..test.request(csr)
    };
    issue(&test.ca, &admin(), request).await
}

fn names(issued: &Issued) -> String {
    let certificate = &issued.certificate;
    let names = certificate.subject_alt_names().iter();
    let names: Vec<_> = names.map(ToString::to_string).collect();
    format!("{} [{}]", certificate.subject(), names.join(" "))
}

/// What appliances ask for, and what their owner says instead.
#[tokio::test]
async fn the_issuers_names_replace_those_of_the_request() {
    let test = TestCa::new().await;
    for (request, profile, name_override, expected, ignored) in [
        (
            "54-cn-not-in-san.csr",
            "tls-server",
            with(None, &["dns:printer.example.org", "ip:192.0.2.7"]),
            "CN=printer.example.org [dns:printer.example.org ip:192.0.2.7]",
            "commonName test1.example.org, subjectAltName dns:test2.example.org, \
             subjectAltName dns:test3.example.org",
        ),
        (
            "54-cn-not-in-san.csr",
            "tls-server",
            with(None, &["dns:test2.example.org", "dns:TEST1.example.org"]),
            "CN=TEST1.example.org [dns:test2.example.org dns:TEST1.example.org]",
            "subjectAltName dns:test3.example.org",
        ),
        (
            "54-cn-not-in-san.csr",
            "tls-server",
            with(Some("CN=test3.example.org"), &[]),
            "CN=test3.example.org [dns:test2.example.org dns:test3.example.org]",
            "commonName test1.example.org",
        ),
        (
            "75-upn-san.csr",
            "tls-server",
            with(
                Some("CN=b.example.org"),
                &["dns:a.example.org", "dns:b.example.org"],
            ),
            "CN=b.example.org [dns:a.example.org dns:b.example.org]",
            "",
        ),
        (
            "p1-emaildn.csr",
            "person",
            with(
                Some("CN=Li Lei,O=Example"),
                &["email:lilei@example.org", "email:lilei@EXAMPLE.org"],
            ),
            "CN=Li Lei,O=Example [email:lilei@example.org]",
            "",
        ),
        (
            "p1-emaildn.csr",
            "person",
            with(None, &["email:lilei@example.org"]),
            "CN=Zhang San [email:lilei@example.org]",
            "emailAddress zhang@example.org",
        ),
        (
            "p1-emaildn.csr",
            "person",
            with(Some("emailAddress=lilei@example.org,CN=Li Lei"), &[]),
            "CN=Li Lei [email:lilei@example.org]",
            "",
        ),
    ] {
        let issued = order(&test, profile, file(request), name_override).await;
        let issued = issued.unwrap_or_else(|error| panic!("{request}: {error}"));
        assert_eq!(names(&issued), expected, "{request}");
        if !ignored.is_empty() {
            assert_eq!(issued.ignored.join(", "), ignored, "{request}");
        }
    }
    test.verify_records().await;
}

/// The issuer's names must follow the profile's rules, and none of them is dropped.
#[tokio::test]
async fn the_profile_rules_over_the_issuer() {
    let test = TestCa::new().await;
    let request = "54-cn-not-in-san.csr";
    for (profile, name_override, parts) in [
        (
            "tls-server",
            with(Some("CN=other.example.org"), &["dns:www.example.org"]),
            &["other.example.org", "www.example.org"][..],
        ),
        (
            "tls-server",
            with(Some("CN=test1.example.org"), &[]),
            &["test1.example.org", "test2.example.org"],
        ),
        (
            "tls-server",
            with(Some("CN=test2.example.org,O=Example"), &[]),
            &["commonName, not organizationName"],
        ),
        (
            "tls-server",
            with(None, &["email:alice@example.org"]),
            &["DNS names and IP addresses", "alice@example.org"],
        ),
        (
            "person",
            with(Some("O=Example"), &["email:alice@example.org"]),
            &["needs a commonName"],
        ),
        (
            "person",
            with(Some("CN=Alice,CN=Bob"), &[]),
            &["one commonName"],
        ),
    ] {
        let refused = order(&test, profile, file(request), name_override).await;
        let message = refused.unwrap_err().to_string();
        for part in parts {
            assert!(message.contains(part), "{part}: {message}");
        }
    }
}

fn client(permissions: &str) -> Caller {
    Caller {
        actor: Actor::Client {
            id: "robot".to_owned(),
            permissions: Permissions::parse(permissions),
        },
        request_id: "r1".to_owned(),
        address: None,
    }
}

#[tokio::test]
async fn it_needs_its_own_permission() {
    let test = TestCa::new().await;
    let csr = test.csr("www.example.org", &[]).await;
    let order = async |permissions: &str, name_override: NameOverride| {
        let request = IssuanceRequest {
            name_override,
            lifetime: Some(days(30)),
            ..test.request(csr.clone())
        };
        issue(&test.ca, &client(permissions), request).await
    };
    let is_denied = |outcome: &Result<Issued, Error>| {
        matches!(outcome, Err(Error::Access(AccessError::Denied(_))))
    };
    let issue_only = "ca.certificate.issue";
    for name_override in [
        with(Some("CN=www.example.org"), &[]),
        with(None, &["dns:www.example.org"]),
    ] {
        assert!(is_denied(&order(issue_only, name_override).await));
    }
    let entry = &test.entries("ca.certificate.override_names").await[0];
    assert!(entry.cause.is_some());
    // A shorter lifetime needs no further permission.
    assert!(order(issue_only, NameOverride::default()).await.is_ok());
    let other = "ca.certificate.override_names";
    assert!(is_denied(&order(other, with(None, &["dns:a.org"])).await));
    let both = "ca.certificate.issue ca.certificate.override_names";
    order(both, with(None, &["dns:a.org"])).await.unwrap();
}

/// The entry holds the requested and the issued names, and both can be erased.
#[tokio::test]
async fn the_entry_holds_the_names_of_both() {
    let test = TestCa::new().await;
    let name_override = with(Some("CN=Li Lei"), &["email:lilei@example.org"]);
    let csr = file("p1-emaildn.csr");
    order(&test, "person", csr, name_override).await.unwrap();
    let csr = test.csr("www.example.org", &[dns("www.example.org")]).await;
    order(&test, "tls-server", csr, NameOverride::default())
        .await
        .unwrap();
    let entries = test.entries("ca.certificate.issue").await;
    assert_eq!(entries[0].text("requested_names"), None);
    let overridden = &entries[1];
    for (detail, expected) in [
        ("requested_subject", "CN=Zhang San"),
        ("requested_names", ""),
        ("issued_subject", "CN=Li Lei"),
        ("issued_names", "email:lilei@example.org"),
    ] {
        let found = overridden.text(detail).unwrap();
        assert!(found.contains(expected), "{detail}: {found}");
    }
    assert!(
        overridden
            .text("requested_subject")
            .unwrap()
            .contains("zhang@example.org")
    );
    let named = "SELECT COUNT(*) AS n FROM audit_entry WHERE body LIKE '%lilei%'";
    assert_eq!(test.count(named).await, 0);
    test.verify_records().await;
}

#[tokio::test]
async fn a_certificate_may_live_shorter_than_its_profile_allows() {
    let test = TestCa::new().await;
    let csr = test.csr("www.example.org", &[]).await;
    let order = async |lifetime| {
        let request = IssuanceRequest {
            lifetime: Some(days(lifetime)),
            ..test.request(csr.clone())
        };
        issue(&test.ca, &admin(), request).await
    };
    let issued = order(7).await.unwrap().certificate;
    let end = issued.validity().not_after.to_string();
    assert_eq!(end, "2026-03-08T08:00:00Z");
    order(90).await.unwrap();
    for beyond in [0, 91, 100_000] {
        let refused = order(beyond).await.unwrap_err();
        assert!(refused.to_string().contains("1 to 90 days"), "{refused}");
    }
}
