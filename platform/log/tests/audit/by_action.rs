//! Lists of one action: found by blocks of leaves, of which one may hold a single entry.

use futures_util::future::join_all;
use platform_log::{ActionBlocks, ListQuery, RecordCheck, RecordEntry as _, Subject};
use platform_runtime::Clock as _;

use crate::log::{Log, on_both};

/// The subjects of all entries of `action`, read in pages of `limit`.
async fn subjects(log: &Log, action: &str, limit: i64) -> Vec<String> {
    let mut query = ListQuery {
        action: Some(action.to_owned()),
        ..ListQuery::default()
    };
    let mut subjects = Vec::new();
    loop {
        let page = platform_log::list(&log.store, &query, limit).await.unwrap();
        let Some((last, _)) = page.last() else {
            return subjects;
        };
        query.after = Some(last.to_string().parse().unwrap());
        for (_, entry) in page {
            assert_eq!(entry.action, action);
            subjects.push(entry.subject);
        }
    }
}

/// `count` sign-ins, written together.
async fn sign_ins(log: &Log, count: usize) {
    let written = (0..count).map(|_| {
        let entry = log.entry(Subject::thing("app:a"));
        async { log.store.record(entry).await.unwrap() }
    });
    join_all(written).await;
}

async fn backup(log: &Log, number: usize) {
    let now = log.clock.now();
    let subject = Subject::thing(format!("backup:{number}"));
    let entry = platform_log::Entry::new("backup", &log.caller, subject, now);
    log.store.record(entry).await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_rare_action_is_found_among_many_entries() {
    on_both(async |log| {
        for number in 0..4 {
            backup(&log, number).await;
            if number % 2 == 0 {
                log.sequencer.catch_up().await.unwrap();
            }
            sign_ins(&log, 200 + 300 * number).await;
        }
        // One that waits for its leaf.
        log.sequencer.catch_up().await.unwrap();
        backup(&log, 4).await;
        let expected: Vec<_> = (0..5).rev().map(|n| format!("backup:{n}")).collect();
        for limit in [1, 2, 100] {
            assert_eq!(subjects(&log, "backup", limit).await, expected);
        }
        assert_eq!(subjects(&log, "idp.sign_in", 700).await.len(), 2600);
        assert!(subjects(&log, "nothing", 10).await.is_empty());
        let query = ListQuery {
            action: Some("backup".to_owned()),
            before: Some(250),
            ..ListQuery::default()
        };
        let earlier = platform_log::list(&log.store, &query, 10).await.unwrap();
        assert_eq!(earlier.len(), 2, "of the first 250 leaves");
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn verify_finds_actions_that_are_not_listed() {
    on_both(async |log| {
        backup(&log, 0).await;
        log.write(5).await;
        let checks: [Box<dyn RecordCheck>; 1] = [Box::new(ActionBlocks::default())];
        let findings = async || {
            let mut progress = |_| {};
            platform_log::verify(&log.store, &log.verifier, None, &checks, &mut progress)
                .await
                .unwrap()
                .records
        };
        assert!(findings().await.is_empty());
        log.edit("UPDATE audit_action SET action = 'rest' WHERE action = 'backup'")
            .await;
        let found = findings().await.join("; ");
        assert!(
            found.contains("not listed under their action: backup in leaves 0 to 255"),
            "{found}"
        );
        assert!(found.contains("no entry has: rest"), "{found}");
    })
    .await;
}
