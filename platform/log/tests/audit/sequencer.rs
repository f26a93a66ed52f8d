//! Sequencers claim each step, sign one head of each size, and build on no other.

use std::sync::atomic::Ordering;

use platform_log::{RecordEntry as _, Subject};
use platform_store::{StoreError, params};

use crate::{log::on_both, noting_key::NotingKey};

/// Two nodes sequence one log: no index twice, none left out.
#[tokio::test(flavor = "multi_thread")]
async fn two_sequencers_share_one_log() {
    on_both(async |log| {
        let rival = log.sequencer.clone();
        let racing = tokio::spawn(async move {
            for _ in 0..50 {
                // A lost race is not an error.
                rival.catch_up().await.unwrap();
            }
        });
        for _ in 0..20 {
            log.write(5).await;
        }
        racing.await.unwrap();
        let report = log.verify(None).await;
        assert!(report.holds(), "{report:?}");
        assert_eq!(report.size, 100);
    })
    .await;
}

/// Two nodes, each with its own handle of the log's key, never sign different heads of
/// one size: the step is claimed before it is signed.
#[tokio::test(flavor = "multi_thread")]
async fn no_two_heads_of_one_size_are_signed() {
    on_both(async |log| {
        let key = NotingKey::new(&log);
        let nodes = [key.node(&log), key.node(&log)].map(|node| {
            tokio::spawn(async move {
                for _ in 0..30 {
                    node.catch_up().await.unwrap();
                    tokio::time::sleep(std::time::Duration::from_millis(1)).await;
                }
            })
        });
        for n in 0..150 {
            let entry = log.entry(Subject::thing(format!("thing:{n}")));
            log.store.record(entry).await.unwrap();
        }
        for node in nodes {
            node.await.unwrap();
        }
        log.sequencer.catch_up().await.unwrap();
        let roots = key.roots();
        assert!(roots.len() > 1, "{roots:?}");
        assert!(roots.values().all(|roots| roots.len() == 1), "{roots:?}");
        let report = log.verify(None).await;
        assert!(report.holds() && report.size == 150, "{report:?}");
    })
    .await;
}

/// If a node dies after its claim, another completes that same step, whatever was written
/// meanwhile, and then sequences the rest.
#[tokio::test(flavor = "multi_thread")]
async fn a_claim_is_completed_as_it_was_made() {
    on_both(async |log| {
        log.write(3).await;
        let key = NotingKey::new(&log);
        key.fails.store(true, Ordering::SeqCst);
        let record = async |n: usize| {
            let entry = log.entry(Subject::thing(format!("thing:{n}")));
            log.store.record(entry).await.unwrap();
        };
        record(1).await;
        key.node(&log).catch_up().await.unwrap_err();
        record(2).await;
        key.fails.store(false, Ordering::SeqCst);
        let other = key.node(&log);
        other.catch_up().await.unwrap();
        let roots = key.roots();
        let sizes: Vec<&str> = roots.keys().map(String::as_str).collect();
        assert_eq!(sizes, ["4", "5"]);
        assert!(roots.values().all(|roots| roots.len() == 1), "{roots:?}");
        assert!(log.verify(None).await.holds());
    })
    .await;
}

/// How a node of 0.1.0 that still runs commits its steps: it knows no claims.
#[tokio::test(flavor = "multi_thread")]
async fn a_step_without_a_claim_is_refused() {
    on_both(async |log| {
        let unclaimed = async |size: i64| {
            let refused = log
                .store
                .transact(async move |tx| {
                    let sql = "UPDATE audit_tree SET size = $1, frontier = frontier WHERE id = 1";
                    tx.execute(sql, params![size]).await
                })
                .await;
            let error: StoreError = refused.unwrap_err();
            assert!(
                error.to_string().contains("migrated by a newer xinshu"),
                "{error}"
            );
        };
        log.write(3).await;
        unclaimed(4).await;
        // A node that dies after its claim of the fourth leaf.
        let key = NotingKey::new(&log);
        key.fails.store(true, Ordering::SeqCst);
        let entry = log.entry(Subject::thing("thing"));
        log.store.record(entry).await.unwrap();
        let node = key.node(&log);
        node.catch_up().await.unwrap_err();
        // Of the very size that was claimed, and of another.
        unclaimed(4).await;
        unclaimed(5).await;
        key.fails.store(false, Ordering::SeqCst);
        node.catch_up().await.unwrap();
        let report = log.verify(None).await;
        assert!(report.holds() && report.size == 4, "{report:?}");
    })
    .await;
}

/// What was claimed and may have been signed is not signed again in another form.
#[tokio::test(flavor = "multi_thread")]
async fn entries_that_change_after_the_claim_are_not_signed() {
    on_both(async |log| {
        let key = NotingKey::new(&log);
        key.fails.store(true, Ordering::SeqCst);
        let entry = log.entry(Subject::thing("thing"));
        log.store.record(entry).await.unwrap();
        let node = key.node(&log);
        node.catch_up().await.unwrap_err();
        key.fails.store(false, Ordering::SeqCst);
        log.edit("UPDATE audit_entry SET body = replace(body, 'success', 'refused')")
            .await;
        let refused = node.catch_up().await.unwrap_err();
        assert!(refused.to_string().contains("have changed"), "{refused}");
    })
    .await;
}

/// Nobody gets a changed state signed by taking the head away.
#[tokio::test(flavor = "multi_thread")]
async fn a_head_that_is_gone_is_not_signed_again() {
    on_both(async |log| {
        log.write(3).await;
        log.edit("DELETE FROM audit_checkpoint").await;
        let refused = log.sequencer.catch_up().await.unwrap_err();
        assert!(
            refused.to_string().contains("head is not there"),
            "{refused}"
        );
    })
    .await;
}

/// Nor by putting another head in its place.
#[tokio::test(flavor = "multi_thread")]
async fn a_head_that_is_another_trees_is_not_built_upon() {
    on_both(async |log| {
        assert_eq!(log.write(3).await.size, 3);
        // Or the earlier checkpoint would be thinned out.
        log.pass();
        assert_eq!(log.write(1).await.size, 4);
        for (edit, told) in [
            (
                "UPDATE audit_checkpoint SET note =
                 (SELECT note FROM audit_checkpoint WHERE tree_size = 3) WHERE tree_size = 4",
                "another tree's",
            ),
            (
                "UPDATE audit_checkpoint SET note = REPLACE(note, '\u{2014}', '-')",
                "not signed by the log's key",
            ),
        ] {
            log.edit(edit).await;
            let entry = log.entry(Subject::thing("thing"));
            log.store.record(entry).await.unwrap();
            let refused = log.sequencer.catch_up().await.unwrap_err();
            assert!(refused.to_string().contains(told), "{refused}");
        }
    })
    .await;
}
