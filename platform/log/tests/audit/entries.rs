//! Entries are written in order, and read page by page.

use platform_log::{AuditSink as _, Entry, ListQuery, RecordEntry as _, Subject};
use platform_runtime::Clock as _;
use platform_store::{Backend, StoreError, params};

use crate::log::on_both;

/// Acts that reach the writer later than others which were done after them.
#[tokio::test(flavor = "multi_thread")]
async fn entries_keep_the_order_of_their_stream_whatever_their_time_is() {
    on_both(async |log| {
        let now = log.clock.now();
        for second in [5, 3, 4, 1] {
            let at = now + jiff::SignedDuration::from_secs(second);
            let subject = Subject::thing(format!("thing:{second}"));
            let entry = Entry::new("idp.sign_in", &log.caller, subject, at);
            // By the one lane for units of work.
            log.store
                .transact(async move |tx| {
                    tx.audit(entry.clone());
                    Ok::<_, StoreError>(())
                })
                .await
                .unwrap();
        }
        log.sequencer.catch_up().await.unwrap();
        let listed = log.list(10).await;
        let subjects: Vec<&str> = listed.iter().map(|entry| entry.subject.as_str()).collect();
        assert_eq!(subjects, ["thing:1", "thing:4", "thing:3", "thing:5"]);
        assert!(listed.iter().all(|entry| entry.index.is_some()));
        let report = log.verify(None).await;
        assert!(report.holds(), "{report:?}");
    })
    .await;
}

/// What one has seen done before acting comes first, whichever connections wrote it.
#[tokio::test(flavor = "multi_thread")]
async fn an_act_that_followed_another_comes_after_it() {
    on_both(async |log| {
        log.write(40).await;
        let listed = log.list(40).await;
        let subjects: Vec<&str> = listed
            .iter()
            .rev()
            .map(|entry| entry.subject.as_str())
            .collect();
        let expected: Vec<String> = (0..40).map(|n| format!("user:{n}")).collect();
        assert_eq!(subjects, expected);
    })
    .await;
}

/// If a row inserted by hand has a writer's next number, the writer takes another stream.
#[tokio::test(flavor = "multi_thread")]
async fn a_number_that_is_taken_stops_nobody() {
    on_both(async |log| {
        log.write(6).await;
        log.edit(
            "INSERT INTO audit_entry (id, written_at, action, body)
             SELECT MAX(id) + 1, 0, 'forged', '{}' FROM audit_entry GROUP BY id / 1099511627776",
        )
        .await;
        // Every lane meets it.
        let head = log.write(6).await;
        assert!(head.size >= 12);
        assert!(!log.verify(None).await.holds());
    })
    .await;
}

/// Page by page, with any size of pages, the list is the same, whatever of it waits.
#[tokio::test(flavor = "multi_thread")]
async fn a_list_is_the_same_page_by_page() {
    on_both(async |log| {
        log.write(7).await;
        for n in 7..12 {
            let entry = log.entry(Subject::thing(format!("thing:{n}")));
            log.store.record(entry).await.unwrap();
        }
        let all = log.list(100).await;
        assert_eq!(all.len(), 12);
        for limit in 1..6 {
            let mut query = ListQuery::default();
            let mut read = Vec::new();
            loop {
                let page = platform_log::list(&log.store, &query, limit).await.unwrap();
                let Some((last, _)) = page.last() else { break };
                query.after = Some(last.to_string().parse().unwrap());
                read.extend(page.into_iter().map(|(_, entry)| entry.subject));
            }
            assert!(
                read.iter().eq(all.iter().map(|entry| &entry.subject)),
                "{read:?}"
            );
        }
        let query = ListQuery {
            before: Some(3),
            ..ListQuery::default()
        };
        let earlier = platform_log::list(&log.store, &query, 10).await.unwrap();
        assert_eq!(earlier.len(), 3);
        assert_eq!(
            platform_log::newest(&log.store)
                .await
                .unwrap()
                .unwrap()
                .subject,
            "thing:11"
        );
    })
    .await;
}

/// Entries of 0.1.0 stay readable: an actor is a text there, and there are no units.
#[tokio::test(flavor = "multi_thread")]
async fn entries_of_version_1_are_read_beside_those_of_version_2() {
    on_both(async |log| {
        log.write(2).await;
        log.edit(
            "UPDATE audit_entry SET body = '{\"v\":1,\"at\":1,\"action\":\"idp.sign_in\",\"actor\":\"client:c1\",\"subject\":\"token:1\",\"outcome\":\"success\",\"request\":\"r\",\"details\":{\"sha256\":\"00\"}}', personal = NULL
             WHERE id = (SELECT MIN(id) FROM audit_entry)",
        )
        .await;
        let entries = log.list(10).await;
        let old = entries.iter().find(|entry| entry.request == "r").unwrap();
        assert_eq!(old.actor.to_string(), "client:c1");
        assert_eq!(old.actor.id.as_deref(), Some("c1"));
        assert_eq!((old.unit.as_str(), old.text("sha256")), ("root", Some("00")));
        let new = entries.iter().find(|entry| entry.request != "r").unwrap();
        assert_eq!(new.actor.to_string(), "local:root");
    })
    .await;
}

/// A node of 0.1.0 that still runs beside a migrated PostgreSQL: it names its connections so.
#[tokio::test(flavor = "multi_thread")]
async fn an_entry_of_0_1_0_is_not_written_any_more() {
    on_both(async |log| {
        if log.store.backend() == Backend::Sqlite {
            return;
        }
        log.write(1).await;
        let write_as = async |name: &'static str| {
            let written: Result<(), StoreError> = log
                .store
                .transact(async move |tx| {
                    let sql = "SELECT set_config('application_name', $1, true)";
                    tx.fetch_optional(sql, params![name]).await?;
                    tx.execute(
                        "INSERT INTO audit_entry (id, written_at, action, body)
                         SELECT 7, written_at, action, body FROM audit_entry",
                        vec![],
                    )
                    .await
                    .map(|_| ())
                })
                .await;
            written.map_err(|error| error.to_string())
        };
        let error = write_as("xinshu").await.unwrap_err();
        assert!(error.contains("migrated by a newer xinshu"), "{error}");
        write_as("xinshu-write").await.unwrap();
    })
    .await;
}
