//! A revocation is done at once; the CRL follows, and one CRL serves many revocations.

use axum::http::Method;
use ca::{
    Error, ReleaseRequest, RevocationRequest, issue::issue, publish_crl::publish_crl,
    release::release, revoke::revoke,
};
use futures_util::future::join_all;
use pki::{
    RevocationReason, SerialNumber,
    ocsp::{BasicResponse, CertIdHash, CertStatus, IssuerHashes, build_request},
};

use crate::test_ca::{TestCa, admin, days};

#[tokio::test]
async fn the_job_publishes_one_crl_for_many_revocations() {
    let test = TestCa::new().await;
    test.run_jobs().await;
    let first = test.crl("issuing").await;
    let mut serials = Vec::new();
    for number in 0..5 {
        let issued = test.issue(&format!("n{number}.example.org")).await;
        serials.push(issued.certificate.serial().clone());
    }
    for serial in &serials {
        test.revoke(serial, false).await.unwrap();
    }
    // Nothing was signed within the requests.
    assert_eq!(test.crl("issuing").await.crl_number(), first.crl_number());
    let root = test.crl("root").await;
    test.run_jobs().await;
    let crl = test.crl("issuing").await;
    assert_eq!(crl.crl_number(), [first.crl_number()[0] + 1]);
    assert_eq!(crl.entries().count(), 5);
    // The other authority had nothing to say.
    assert_eq!(test.crl("root").await.crl_number(), root.crl_number());
    // And nothing is due any more.
    test.run_jobs().await;
    assert_eq!(test.crl("issuing").await.crl_number(), crl.crl_number());
    test.verify_records().await;
}

#[tokio::test]
async fn those_who_wait_share_a_crl() {
    let test = TestCa::new().await;
    test.run_jobs().await;
    let before = test.crl("issuing").await.crl_number()[0];
    let mut serials = Vec::new();
    for number in 0..16 {
        let issued = test.issue(&format!("n{number}.example.org")).await;
        serials.push(issued.certificate.serial().clone());
    }
    let waiting = serials.iter().map(|serial| test.revoke(serial, true));
    for outcome in join_all(waiting).await {
        outcome.unwrap();
    }
    let crl = test.crl("issuing").await;
    assert_eq!(crl.entries().count(), 16);
    let published = crl.crl_number()[0] - before;
    assert!(published < 16, "{published} CRLs");
}

#[tokio::test]
async fn only_once_and_only_what_is_there() {
    let test = TestCa::new().await;
    let issued = test.issue("www.example.org").await;
    let serial = issued.certificate.serial();
    test.revoke(serial, false).await.unwrap();
    let again = test.revoke(serial, false).await;
    assert!(matches!(again, Err(Error::AlreadyRevoked { .. })));
    let unknown = "00112233445566778899".parse().unwrap();
    let nothing = test.revoke(&unknown, false).await;
    assert!(matches!(nothing, Err(Error::NoSuchCertificate(_))));
    assert_eq!(
        test.count("SELECT COUNT(*) AS n FROM ca_revocation").await,
        1
    );
}

#[tokio::test]
async fn an_entry_stays_until_it_was_listed_after_its_certificates_end() {
    let test = TestCa::new().await;
    let issued = test.issue("www.example.org").await;
    let serial = issued.certificate.serial();
    test.revoke(serial, true).await.unwrap();
    test.pass(days(95));
    // Nobody published one for long: the next still lists it (RFC 5280 §3.3).
    publish_crl(&test.ca, &admin(), "issuing").await.unwrap();
    assert!(test.lists("issuing", serial).await);
    test.pass(days(8));
    publish_crl(&test.ca, &admin(), "issuing").await.unwrap();
    publish_crl(&test.ca, &admin(), "issuing").await.unwrap();
    assert!(!test.lists("issuing", serial).await);
}

#[tokio::test]
async fn crls_are_published_once_a_period() {
    let test = TestCa::new().await;
    test.run_jobs().await;
    let number = test.crl("issuing").await.crl_number()[0];
    test.pass(days(1) + jiff::SignedDuration::from_secs(1));
    test.run_jobs().await;
    assert_eq!(test.crl("issuing").await.crl_number()[0], number + 1);
    // A clock that was ahead leaves a CRL from the future: it does not count as recent.
    test.pass(-days(3));
    test.run_jobs().await;
    assert_eq!(test.crl("issuing").await.crl_number()[0], number + 2);
}

async fn set(test: &TestCa, serial: &SerialNumber, reason: RevocationReason) -> Result<(), Error> {
    let request = RevocationRequest {
        serial: serial.clone(),
        authority: None,
        reason,
        wait_for_crl: true,
    };
    revoke(&test.ca, &admin(), request).await
}

async fn free(test: &TestCa, serial: &SerialNumber) -> Result<(), Error> {
    let request = ReleaseRequest {
        serial: serial.clone(),
        authority: None,
        wait_for_crl: true,
    };
    release(&test.ca, &admin(), request).await
}

/// The entry of the CRL.
async fn listed(test: &TestCa, serial: &SerialNumber) -> Option<pki::Revocation> {
    let crl = test.crl("issuing").await;
    let mut entries = crl.entries().map(Result::unwrap);
    entries.find(|entry| entry.serial == *serial)
}

async fn status(test: &TestCa, serial: &SerialNumber) -> CertStatus {
    let issuing = test.ca.authority("issuing").unwrap().certificate().clone();
    let hashes = IssuerHashes::of(issuing.subject(), issuing.public_key());
    let cert_id = hashes.cert_id(CertIdHash::Sha1, serial).unwrap();
    let request = build_request(&[cert_id], None);
    let (_, body) = test.fetch(Method::POST, "/ocsp", request).await;
    BasicResponse::from_der(&body).unwrap().answers()[0].status
}

/// RFC 5280 §5.3.1: a certificate on hold is on the CRL, and once released it is not.
#[tokio::test]
async fn a_hold_can_be_released_and_begin_again() {
    let test = TestCa::new().await;
    test.ca.start_responders().await.unwrap();
    let issued = test.issue("www.example.org").await;
    let serial = issued.certificate.serial();
    assert!(matches!(
        free(&test, serial).await,
        Err(Error::NotOnHold(_))
    ));
    for _ in 0..2 {
        assert_eq!(status(&test, serial).await, CertStatus::Good);
        set(&test, serial, RevocationReason::CertificateHold)
            .await
            .unwrap();
        let entry = listed(&test, serial).await.unwrap();
        assert_eq!(entry.reason, RevocationReason::CertificateHold);
        assert!(matches!(
            status(&test, serial).await,
            CertStatus::Revoked {
                reason: RevocationReason::CertificateHold,
                ..
            }
        ));
        let again = set(&test, serial, RevocationReason::CertificateHold).await;
        assert!(matches!(again, Err(Error::AlreadyRevoked { .. })));
        free(&test, serial).await.unwrap();
        assert_eq!(listed(&test, serial).await, None);
    }
    let entries = test.entries("ca.certificate.release").await;
    assert_eq!(entries.len(), 2);
    assert_eq!(entries[0].subject, format!("certificate:{serial}"));
    test.verify_records().await;
}

#[tokio::test]
async fn the_job_publishes_a_release_too() {
    let test = TestCa::new().await;
    let issued = test.issue("www.example.org").await;
    let serial = issued.certificate.serial();
    set(&test, serial, RevocationReason::CertificateHold)
        .await
        .unwrap();
    let request = ReleaseRequest {
        serial: serial.clone(),
        authority: None,
        wait_for_crl: false,
    };
    release(&test.ca, &admin(), request).await.unwrap();
    assert!(listed(&test, serial).await.is_some());
    test.run_jobs().await;
    assert_eq!(listed(&test, serial).await, None);
}

/// A hold may become any other reason, and any reason keyCompromise; the time stays, and nothing
/// else changes.
#[tokio::test]
async fn a_reason_changes_to_what_is_graver() {
    use RevocationReason as R;
    let test = TestCa::new().await;
    for (from, to, may_change) in [
        (R::CertificateHold, R::Superseded, true),
        (R::CertificateHold, R::KeyCompromise, true),
        (R::Unspecified, R::KeyCompromise, true),
        (R::CessationOfOperation, R::KeyCompromise, true),
        (R::Superseded, R::KeyCompromise, true),
        (R::Superseded, R::Unspecified, false),
        (R::Superseded, R::CertificateHold, false),
        (R::KeyCompromise, R::Superseded, false),
        (R::KeyCompromise, R::CertificateHold, false),
        (R::KeyCompromise, R::KeyCompromise, false),
    ] {
        let csr = test.csr("www.example.org", &[]).await;
        let issued = issue(&test.ca, &admin(), test.request(csr.clone())).await;
        let issued = issued.unwrap();
        let serial = issued.certificate.serial();
        set(&test, serial, from).await.unwrap();
        let before = listed(&test, serial).await.unwrap();
        test.pass(jiff::SignedDuration::from_hours(1));
        let changed = set(&test, serial, to).await;
        let after = listed(&test, serial).await.unwrap();
        assert_eq!(after.revocation_date, before.revocation_date);
        if may_change {
            changed.unwrap();
            assert_eq!(after.reason, to, "{from} to {to}");
            assert!(matches!(
                free(&test, serial).await,
                Err(Error::NotOnHold(_))
            ));
        } else {
            assert!(matches!(changed, Err(Error::AlreadyRevoked { .. })));
            assert_eq!(after.reason, from, "{from} to {to}");
        }
        // A key is compromised from the moment that this is known.
        let reissued = issue(&test.ca, &admin(), test.request(csr)).await;
        let compromised = [from, to].contains(&R::KeyCompromise);
        assert_eq!(
            matches!(reissued, Err(Error::CompromisedKey)),
            compromised,
            "{from} to {to}"
        );
    }
    let entry = &test.entries("ca.certificate.revoke").await;
    let changed = entry
        .iter()
        .find(|entry| entry.text("previous_reason").is_some());
    assert_eq!(changed.unwrap().text("reason"), Some("keyCompromise"));
    test.verify_records().await;
}

#[tokio::test]
async fn an_authority_on_hold_issues_nothing_until_it_is_released() {
    let test = TestCa::new().await;
    let issuing = test.ca.authority("issuing").unwrap();
    let serial = issuing.certificate().serial();
    let csr = test.csr("www.example.org", &[]).await;
    set(&test, serial, RevocationReason::CertificateHold)
        .await
        .unwrap();
    assert!(test.lists("root", serial).await);
    let refused = issue(&test.ca, &admin(), test.request(csr.clone())).await;
    assert!(matches!(refused, Err(Error::AuthorityRevoked(_))));
    free(&test, serial).await.unwrap();
    assert!(!test.lists("root", serial).await);
    issue(&test.ca, &admin(), test.request(csr)).await.unwrap();
}
