//! Units: their certificates, who may use them, and what is on record.

use platform_access::{Actor, Caller, Permissions};
use tsa::{Error, list_units::list_units, reload_units::reload_units};

use crate::test_tsa::{TestTsa, admin, anonymous};

#[tokio::test]
async fn a_revoked_unit_gives_no_time_until_it_has_another_certificate() {
    let test = TestTsa::new().await;
    test.stamp().await.unwrap();
    test.become_revoked().await;
    let refused = test.stamp().await;
    assert!(matches!(&refused, Err(Error::Rejected(why)) if why.text.contains("revoked")));
    let units = list_units(&test.tsa, &admin()).await.unwrap();
    assert_eq!(units[0].certificate, None);
    test.renew().await;
    test.stamp().await.unwrap();
}

#[tokio::test]
async fn a_unit_that_is_not_public_needs_a_permission() {
    let test = TestTsa::new().await;
    test.stamp_as(&anonymous()).await.unwrap();
    test.sql("UPDATE tsa_unit SET is_public = 0").await;
    reload_units(&test.tsa).await.unwrap();
    // As if there was no such unit.
    let is_hidden = |outcome: Result<_, Error>| matches!(outcome, Err(Error::NoSuchUnit(_)));
    assert!(is_hidden(test.stamp_as(&anonymous()).await));
    let client = |permissions: &str| Caller {
        actor: Actor::Client {
            id: "archive".to_owned(),
            permissions: Permissions::parse(permissions),
        },
        ..anonymous()
    };
    assert!(is_hidden(test.stamp_as(&client("ca.*")).await));
    assert_eq!(
        test.entries("tsa.stamp").await[0].actor.to_string(),
        "client:archive"
    );
    test.stamp_as(&client("tsa.stamp")).await.unwrap();
    // Other settings do not make it public.
    test.set_accuracy(3_000_000).await;
    assert!(is_hidden(test.stamp_as(&anonymous()).await));
}

#[tokio::test]
async fn settings_that_are_the_same_leave_no_entry() {
    let test = TestTsa::new().await;
    assert_eq!(test.entries("tsa.unit.put").await.len(), 1);
    test.set_accuracy(1_000_000).await;
    assert_eq!(test.entries("tsa.unit.put").await.len(), 1);
    test.set_accuracy(2_000_000).await;
    assert_eq!(test.entries("tsa.unit.put").await.len(), 2);
}

#[tokio::test]
async fn tokens_are_compared_with_the_log() {
    let test = TestTsa::new().await;
    test.stamp().await.unwrap();
    test.stamp().await.unwrap();
    assert!(test.wrong_records().await.is_empty());
    test.sql("UPDATE tsa_token SET gen_time = gen_time + 1")
        .await;
    let wrong = test.wrong_records().await;
    assert_eq!(wrong.len(), 2, "{wrong:?}");
    assert!(wrong[0].contains("is not the one that was logged"));
    test.sql("DELETE FROM tsa_token").await;
    let wrong = test.wrong_records().await;
    assert!(wrong[0].contains("is no longer on record"), "{wrong:?}");
}
