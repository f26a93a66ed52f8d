//! Rule 5: no token when the time is not known.

use jiff::SignedDuration;
use pki::tsp::FailureInfo;
use tsa::{Error, stamp::record_rejection};

use crate::test_tsa::{TestTsa, anonymous, at};

fn is_unavailable<T: std::fmt::Debug>(outcome: Result<T, Error>, text: &str) {
    match outcome {
        Err(Error::Rejected(rejection)) => {
            assert_eq!(rejection.failure, FailureInfo::TimeNotAvailable);
            assert!(rejection.text.contains(text), "{}", rejection.text);
        }
        other => panic!("{other:?}"),
    }
}

/// The stated accuracy, microseconds included, is how far the clock may be behind.
#[tokio::test]
async fn a_clock_may_step_back_by_the_accuracy_stated() {
    let test = TestTsa::new().await;
    test.set_accuracy(1_500).await;
    test.stamp().await.unwrap();
    test.pass(-SignedDuration::from_micros(1_500));
    test.stamp().await.unwrap();
    test.pass(-SignedDuration::from_micros(1));
    is_unavailable(test.stamp().await, "stepped back");
}

#[tokio::test]
async fn the_accuracy_is_in_the_token() {
    let test = TestTsa::new().await;
    test.set_accuracy(2_003_004).await;
    let token = test.stamp().await.unwrap().into_token().unwrap();
    let accuracy = token.info().accuracy.unwrap();
    assert_eq!(
        (accuracy.seconds, accuracy.millis, accuracy.micros),
        (2, 3, 4)
    );
}

#[tokio::test]
async fn no_token_outside_the_certificates_life() {
    let test = TestTsa::new().await;
    test.clock.set(at("2031-01-01T00:00:01Z"));
    is_unavailable(test.stamp().await, "not valid");
}

/// A restart or a new certificate does not forget the latest time.
#[tokio::test]
async fn a_renewed_certificate_keeps_the_latest_time() {
    let test = TestTsa::new().await;
    test.pass(SignedDuration::from_secs(100));
    test.stamp().await.unwrap();
    test.renew().await;
    test.pass(-SignedDuration::from_secs(50));
    is_unavailable(test.stamp().await, "stepped back");
}

#[tokio::test]
async fn rejections_are_recorded_and_malformed_bytes_are_not() {
    let test = TestTsa::new().await;
    let rejection = |failure| pki::tsp::Rejection {
        failure,
        text: "for a test".to_owned(),
    };
    for failure in [FailureInfo::BadDataFormat, FailureInfo::UnacceptedPolicy] {
        record_rejection(&test.tsa, &anonymous(), "default", &rejection(failure))
            .await
            .unwrap();
    }
    let entries = test.entries("tsa.stamp").await;
    assert_eq!(entries.len(), 1);
    assert_eq!(entries[0].subject, "unit:default");
}
