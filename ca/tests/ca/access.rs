//! Rule 6: every verb enforces its action, and refusals are audited.

use ca::{Error, issue::issue, list, publish_crl::publish_crl};
use platform_access::{AccessError, Actor, Caller, Permissions};

use crate::test_ca::{TestCa, dns};

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

fn is_denied<T>(outcome: &Result<T, Error>) -> bool {
    matches!(outcome, Err(Error::Access(AccessError::Denied(_))))
}

#[tokio::test]
async fn a_permission_opens_its_verb_and_no_other() {
    let test = TestCa::new().await;
    let issued = test.issue("www.example.org").await;
    let serial = issued.certificate.serial();
    let csr = test.csr("www.example.org", &[dns("www.example.org")]).await;
    let reader = client("ca.certificate.read");
    list::certificate(&test.ca, &reader, serial, None)
        .await
        .unwrap();
    assert!(is_denied(
        &issue(&test.ca, &reader, test.request(csr.clone())).await
    ));
    assert!(is_denied(&list::authorities(&test.ca, &reader).await));
    assert!(is_denied(&list::profiles(&test.ca, &reader).await));
    assert!(is_denied(&publish_crl(&test.ca, &reader, "issuing").await));
    let request = ca::RevocationRequest {
        serial: serial.clone(),
        authority: None,
        reason: pki::RevocationReason::Superseded,
        wait_for_crl: false,
    };
    assert!(is_denied(
        &ca::revoke::revoke(&test.ca, &reader, request).await
    ));
    let request = ca::ReleaseRequest {
        serial: serial.clone(),
        authority: None,
        wait_for_crl: false,
    };
    assert!(is_denied(
        &ca::release::release(&test.ca, &reader, request).await
    ));
    for action in [
        "ca.certificate.issue",
        "ca.certificate.revoke",
        "ca.certificate.release",
        "ca.crl.publish",
    ] {
        let entry = &test.entries(action).await[0];
        assert_eq!(entry.actor.to_string(), "client:robot");
        assert!(entry.cause.is_some(), "{action}");
    }
    issue(&test.ca, &client("ca.certificate.*"), test.request(csr))
        .await
        .unwrap();
}

/// A caller that may not issue learns nothing about profiles, authorities and requests.
#[tokio::test]
async fn the_refusal_comes_before_any_other_error() {
    let test = TestCa::new().await;
    let stranger = client("tsa.unit.read");
    let request = ca::IssuanceRequest {
        profile: "emperor".to_owned(),
        authority: Some("nobody".to_owned()),
        ..test.request(b"no request".to_vec())
    };
    assert!(is_denied(&issue(&test.ca, &stranger, request).await));
    let unknown = "00112233445566778899".parse().unwrap();
    assert!(is_denied(
        &list::certificate(&test.ca, &stranger, &unknown, None).await
    ));
    assert!(is_denied(&publish_crl(&test.ca, &stranger, "nobody").await));
}

/// Strangers cannot fill the log.
#[tokio::test]
async fn anonymous_callers_leave_no_entry() {
    let test = TestCa::new().await;
    let anonymous = Caller {
        actor: Actor::Anonymous,
        ..client("")
    };
    let before = test.entries("ca.certificate.issue").await.len();
    let csr = test.csr("www.example.org", &[]).await;
    assert!(is_denied(
        &issue(&test.ca, &anonymous, test.request(csr)).await
    ));
    assert_eq!(test.entries("ca.certificate.issue").await.len(), before);
}
