//! A clock that cannot be right.

use pki::tsp::FailureInfo;
use testkit::wait_until;

use crate::support::{Tsa, query};

#[test]
fn one_that_stepped_back_by_more_than_the_accuracy() {
    let tsa = Tsa::start("p256");
    tsa.server.advance(3600);
    let last = tsa.token(&query(1)).info().gen_time;
    tsa.server.advance(-3600);
    let (failure, text) = tsa.refusal(&query(2));
    assert_eq!(failure, FailureInfo::TimeNotAvailable);
    assert!(text.contains("stepped back"), "{text}");
    tsa.server.advance(3600);
    assert!(tsa.token(&query(3)).info().gen_time >= last);
    let entries = tsa
        .node
        .xinshu(["audit", "list", "--action", "tsa.stamp", "--json"])
        .success()
        .json();
    assert!(
        entries
            .as_array()
            .unwrap()
            .iter()
            .any(|entry| entry["outcome"] == "refused"),
        "{entries}"
    );
}

#[test]
fn one_beyond_the_units_certificate() {
    let tsa = Tsa::start("p256");
    let life = tsa.unit().validity();
    let days = life.not_after.duration_since(life.not_before).as_hours() / 24;
    tsa.token(&query(1));
    tsa.server.advance((days + 1) * 24 * 3600);
    assert_eq!(tsa.refusal(&query(2)).0, FailureInfo::TimeNotAvailable);
    tsa.server.advance(-(days + 1) * 24 * 3600);
    wait_until("time again", || {
        pki::tsp::TimeStampResp::from_der(&tsa.stamp(&query(3)))
            .unwrap()
            .into_token()
            .is_ok()
    });
}

#[test]
fn one_before_the_units_certificate() {
    let tsa = Tsa::start("p256");
    tsa.server.advance(-24 * 3600);
    assert_eq!(tsa.refusal(&query(1)).0, FailureInfo::TimeNotAvailable);
}
