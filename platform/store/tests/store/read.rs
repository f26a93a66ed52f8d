//! Streams and snapshots.

use platform_store::{AppendBatch, params};

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
