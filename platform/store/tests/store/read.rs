//! Reads: streams, snapshots, searches, and their ends.

use std::time::Duration;

use futures_util::future::join_all;
use platform_store::{AppendBatch, Store, StoreError, params};

use crate::database::{JOBS, names, on_both, row};

#[tokio::test(flavor = "multi_thread")]
async fn a_stream_returns_every_row_in_order_as_of_its_beginning() {
    on_both(async |store| {
        let mut rows = AppendBatch::default();
        for n in 0..2000 {
            rows.row(&JOBS, params![format!("j{n:04}"), "h", 1_i64, 2_i64]);
        }
        store.append(rows).await.unwrap();
        let sql = "SELECT name FROM job WHERE last_run = $1 ORDER BY name";
        let mut stream = store.stream(sql, params![2_i64]).await.unwrap();
        let mut read = 0;
        while let Some(row) = stream.next().await.unwrap() {
            if read == 0 {
                store.append(crate::database::row("j9999")).await.unwrap();
            }
            assert_eq!(row.get::<String>("name").unwrap(), format!("j{read:04}"));
            read += 1;
        }
        assert_eq!(read, 2000);
        // One that is not read to its end, and one that fails.
        let mut unread = store.stream(sql, params![2_i64]).await.unwrap();
        unread.next().await.unwrap();
        drop(unread);
        let mut wrong = store.stream("SELECT x FROM job", vec![]).await.unwrap();
        assert!(wrong.next().await.is_err());
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_snapshot_sees_one_moment() {
    on_both(async |store| {
        store.append(row("before")).await.unwrap();
        let mut snapshot = store.snapshot().await.unwrap();
        store.append(row("after")).await.unwrap();
        for _ in 0..2 {
            let rows = snapshot.fetch_all("SELECT name FROM job", vec![]).await;
            assert_eq!(rows.unwrap().len(), 1);
        }
        assert_eq!(names(&store).await, ["after", "before"]);
    })
    .await;
}

/// Counts as long as it is let.
const ENDLESS: &str = "WITH RECURSIVE n (i) AS (SELECT CAST(1 AS BIGINT) UNION ALL
     SELECT i + 1 FROM n WHERE i < 1000000000000) SELECT COUNT(*) AS n FROM n";

#[tokio::test(flavor = "multi_thread")]
async fn searches_end_in_time_and_take_no_reader_from_others() {
    on_both(async |store| {
        let searches: Vec<_> = (0..12)
            .map(|_| {
                let store = store.clone();
                tokio::spawn(async move { store.search(ENDLESS, vec![]).await })
            })
            .collect();
        for _ in 0..50 {
            store.check().await.unwrap();
        }
        assert!(
            searches.iter().any(|search| !search.is_finished()),
            "the reads did not wait for the searches"
        );
        for search in join_all(searches).await {
            let error = search.unwrap().unwrap_err();
            assert!(matches!(error, StoreError::Unavailable(_)), "{error}");
        }
        // They have really ended: there is a free searcher, now or very soon.
        while store.search("SELECT 1", vec![]).await.is_err() {}
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_read_ends_with_its_caller() {
    on_both(async |store| {
        for _ in 0..32 {
            let read = store.fetch_all(ENDLESS, vec![]);
            // Dropped after it was begun.
            assert!(tokio::time::timeout(Duration::ZERO, read).await.is_err());
            let stream = store.stream(ENDLESS, vec![]).await.unwrap();
            drop(stream);
        }
        store.check().await.unwrap();
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_log_of_sqlite_shrinks_after_a_long_read() {
    const LIMIT: u64 = 64 << 20;
    let folder = tempfile::tempdir().unwrap();
    let url = format!("sqlite:{}", folder.path().join("x.db").display());
    let store = Store::open(&url, migrations::schema()).await.unwrap();
    let log = folder.path().join("x.db-wal");
    let size = || std::fs::metadata(&log).unwrap().len();
    let snapshot = store.snapshot().await.unwrap();
    let mut number = 0;
    while size() <= LIMIT {
        number += 1;
        let mut rows = AppendBatch::default();
        let long = format!("{number}{}", "x".repeat(4 << 20));
        rows.row(&JOBS, params![long, "h", 1_i64, 2_i64]);
        store.append(rows).await.unwrap();
    }
    drop(snapshot);
    while size() > LIMIT {
        number += 1;
        store.append(row(&number.to_string())).await.unwrap();
        assert!(number < 10_000, "{} bytes", size());
    }
}
