//! `audit verify` finds every edit of the entries and of the tree.

use platform_log::{RecordEntry as _, Subject};
use platform_store::params;

use crate::log::on_both;

#[tokio::test(flavor = "multi_thread")]
async fn an_untouched_log_holds_and_grows() {
    on_both(async |log| {
        let first = log.write(5).await;
        let second = log.write(8).await;
        assert_eq!((first.size, second.size), (5, 13));
        let report = log.verify(Some(&first)).await;
        assert!(report.holds(), "{report:?}");
        assert_eq!((report.size, report.waiting), (13, 0));
        assert_eq!(report.root, hex::encode(second.root));
    })
    .await;
}

/// Every kind of edit that somebody with the database's password could make.
#[tokio::test(flavor = "multi_thread")]
async fn every_edit_is_caught() {
    let edits = [
        "UPDATE audit_entry SET body = replace(body, 'success', 'refused') WHERE id = (SELECT id FROM audit_placed WHERE leaf_index = 3)",
        "UPDATE audit_entry SET action = 'idp.sign_out' WHERE id = (SELECT id FROM audit_placed WHERE leaf_index = 3)",
        "UPDATE audit_entry SET personal = replace(personal, 'user:3', 'user:4') WHERE id = (SELECT id FROM audit_placed WHERE leaf_index = 3)",
        "DELETE FROM audit_entry WHERE id = (SELECT id FROM audit_placed WHERE leaf_index = 3)",
        "DELETE FROM audit_entry WHERE id = (SELECT id FROM audit_placed WHERE leaf_index = 9)",
        "UPDATE audit_entry SET id = id + 1000 WHERE id = (SELECT id FROM audit_placed WHERE leaf_index = 3)",
        "UPDATE audit_entry SET id = id + 5 * 1099511627776 WHERE id = (SELECT id FROM audit_placed WHERE leaf_index = 3)",
        "INSERT INTO audit_entry (id, written_at, action, body) SELECT id + 1000000, written_at, action, body FROM audit_entry WHERE id = (SELECT id FROM audit_placed WHERE leaf_index = 3)",
        "INSERT INTO audit_entry (id, written_at, action, body) SELECT 7, written_at, action, body FROM audit_entry WHERE id = (SELECT id FROM audit_placed WHERE leaf_index = 3)",
        "UPDATE audit_batch SET entries = entries - 1",
        "UPDATE audit_batch SET entry_id = entry_id + 1000000",
        "DELETE FROM audit_batch",
        "UPDATE audit_stream SET next_id = next_id - 1",
        "DELETE FROM audit_stream",
        "UPDATE audit_checkpoint SET root = (SELECT frontier FROM audit_tree) WHERE tree_size = 10",
        // As if the step was claimed, which the schema asks for.
        "UPDATE audit_tree SET claim_from = size, claim_size = 1; \
         UPDATE audit_tree SET frontier = (SELECT root FROM audit_checkpoint), size = 1, claim_from = -1",
        "DELETE FROM audit_tree",
        "DELETE FROM audit_checkpoint",
    ];
    for edit in edits {
        on_both(async |log| {
            log.write(10).await;
            log.edit(edit).await;
            let report = log.verify(None).await;
            assert!(!report.holds(), "not caught: {edit}");
        })
        .await;
    }
}

/// The end cut off, its checkpoint with it, and the stored state left as it was.
#[tokio::test(flavor = "multi_thread")]
async fn a_log_cut_short_contradicts_its_own_state() {
    on_both(async |log| {
        log.write(4).await;
        // Or the earlier checkpoint would be thinned out.
        log.pass();
        log.write(4).await;
        log.cut(4).await;
        let report = log.verify(None).await;
        let findings = report.findings.join("; ");
        assert!(findings.contains("cut off"), "{report:?}");
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn swapped_entries_are_caught() {
    on_both(async |log| {
        log.write(10).await;
        for edit in [
            "UPDATE audit_entry SET id = 1 WHERE id = (SELECT id FROM audit_placed WHERE leaf_index = 3)",
            "UPDATE audit_entry SET id = (SELECT b.entry_id + 3 - b.leaf_index FROM audit_batch b WHERE b.leaf_index <= 3 ORDER BY b.leaf_index DESC LIMIT 1) WHERE id = (SELECT id FROM audit_placed WHERE leaf_index = 4)",
            "UPDATE audit_entry SET id = (SELECT b.entry_id + 4 - b.leaf_index FROM audit_batch b WHERE b.leaf_index <= 4 ORDER BY b.leaf_index DESC LIMIT 1) WHERE id = 1",
        ] {
            log.edit(edit).await;
        }
        let report = log.verify(None).await;
        assert!(report.findings[0].contains("reordered"), "{report:?}");
    })
    .await;
}

/// An attacker who cuts the log's end off, head included, is caught by a checkpoint kept elsewhere.
#[tokio::test(flavor = "multi_thread")]
async fn a_rollback_below_a_given_checkpoint_is_caught() {
    on_both(async |log| {
        let state = "SELECT size, frontier FROM audit_tree";
        log.write(4).await;
        let before = log
            .store
            .fetch_optional(state, vec![])
            .await
            .unwrap()
            .unwrap();
        let frontier: Vec<u8> = before.get("frontier").unwrap();
        // Or the earlier checkpoint would be thinned out.
        log.pass();
        let kept = log.write(4).await;
        log.cut(4).await;
        // As if the step was claimed, which the schema asks for.
        log.edit("UPDATE audit_tree SET claim_from = size, claim_size = 4")
            .await;
        log.store
            .transact(async move |tx| {
                let sql = "UPDATE audit_tree SET size = 4, frontier = $1, claim_from = -1";
                tx.execute(sql, params![frontier.clone()]).await
            })
            .await
            .unwrap();
        assert!(log.verify(None).await.holds());
        let report = log.verify(Some(&kept)).await;
        assert!(report.findings[0].contains("rolled back"), "{report:?}");
    })
    .await;
}

/// Names can be erased (the right to be forgotten) and the tree still holds.
#[tokio::test(flavor = "multi_thread")]
async fn erased_names_do_not_break_the_tree() {
    on_both(async |log| {
        log.write(3).await;
        let before = log.list(10).await;
        assert_eq!(before[0].subject, "user:2");
        log.edit("UPDATE audit_entry SET personal = NULL").await;
        assert!(log.verify(None).await.holds());
        let after = log.list(10).await;
        assert!(after[0].subject.starts_with('~'), "{after:?}");
    })
    .await;
}

/// What was removed before it had its place is never passed over in silence.
#[tokio::test(flavor = "multi_thread")]
async fn an_entry_removed_while_it_waits_is_missed() {
    on_both(async |log| {
        log.write(1).await;
        for n in 0..6 {
            let subject = Subject::thing(format!("thing:{n}"));
            let entry = log.entry(subject);
            log.store.record(entry).await.unwrap();
        }
        let first = "DELETE FROM audit_entry WHERE id = (SELECT MIN(id) FROM audit_waiting)";
        log.edit(first).await;
        log.sequencer.catch_up().await.unwrap();
        let report = log.verify(None).await;
        assert!(!report.holds() && report.waiting > 0, "{report:?}");
    })
    .await;
}
