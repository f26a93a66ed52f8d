//! A revocation is done at once; the CRL follows, and one CRL serves many revocations.

use ca::{Error, publish_crl::publish_crl};
use futures_util::future::join_all;

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
    assert!(matches!(again, Err(Error::AlreadyRevoked(_))));
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
