//! The store's promises, on both databases.
#![allow(clippy::unwrap_used, reason = "a test fails where it cannot go on")]

use std::sync::Arc;

use platform_store::{AppendBatch, Parent, Store, StoreError, Table, params};
use testkit::Postgres;
use tokio::task::JoinSet;

static JOBS: Table = Table {
    name: "job",
    columns: &["name", "holder", "lease_until", "last_run"],
    parent: None,
};

/// Runs `story` on a fresh SQLite file and on a fresh PostgreSQL database.
async fn on_both<F: AsyncFn(Store)>(story: F) {
    let folder = tempfile::tempdir().unwrap();
    let sqlite = format!("sqlite:{}", folder.path().join("x.db").display());
    let postgres = tokio::task::spawn_blocking(|| Postgres::shared().database())
        .await
        .unwrap();
    for url in [sqlite, postgres] {
        story(Store::open(&url, migrations::schema()).await.unwrap()).await;
    }
}

fn row(name: &str) -> AppendBatch {
    let mut rows = AppendBatch::default();
    rows.row(&JOBS, params![name, "h", 1_i64, 2_i64]);
    rows
}

async fn names(store: &Store) -> Vec<String> {
    let rows = store
        .fetch_all("SELECT name FROM job ORDER BY name", vec![])
        .await
        .unwrap();
    rows.iter().map(|row| row.get("name").unwrap()).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn many_appends_at_once_are_all_there() {
    on_both(async |store| {
        let mut writes = JoinSet::new();
        for n in 0..500 {
            let store = store.clone();
            writes.spawn(async move { store.append(row(&format!("j{n:03}"))).await });
        }
        while let Some(write) = writes.join_next().await {
            write.unwrap().unwrap();
        }
        assert_eq!(names(&store).await.len(), 500);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_duplicate_spoils_only_itself() {
    on_both(async |store| {
        store.append(row("taken")).await.unwrap();
        let writes = ["a", "taken", "b", "c"].map(|name| {
            let store = store.clone();
            tokio::spawn(async move { store.append(row(name)).await })
        });
        let mut outcomes = Vec::new();
        for write in writes {
            outcomes.push(write.await.unwrap());
        }
        assert!(
            matches!(outcomes[1], Err(StoreError::Conflict(_))),
            "{outcomes:?}"
        );
        assert_eq!(outcomes.iter().filter(|outcome| outcome.is_ok()).count(), 3);
        assert_eq!(names(&store).await, ["a", "b", "c", "taken"]);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_refused_unit_of_work_leaves_nothing() {
    on_both(async |store| {
        let refused: Result<(), StoreError> = store
            .transact(async move |tx| {
                tx.execute(
                    "INSERT INTO job (name, holder, lease_until, last_run) VALUES ($1, $2, 0, 0)",
                    params!["half", "done"],
                )
                .await?;
                tx.append(&JOBS, params!["rest", "h", 0_i64, 0_i64]);
                Err(StoreError::Unexpected("refused".to_owned()))
            })
            .await;
        assert!(refused.is_err());
        assert!(names(&store).await.is_empty());
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn of_many_who_redeem_one_row_one_wins() {
    on_both(async |store| {
        store.append(row("code")).await.unwrap();
        let store = Arc::new(store);
        let mut tries = JoinSet::new();
        for _ in 0..64 {
            let store = Arc::clone(&store);
            tries.spawn(async move {
                store
                    .transact(async move |tx| {
                        tx.execute(
                            "UPDATE job SET last_run = 99 WHERE name = $1 AND last_run <> 99",
                            params!["code"],
                        )
                        .await
                    })
                    .await
            });
        }
        let mut winners = 0;
        while let Some(attempt) = tries.join_next().await {
            let changed: u64 = attempt.unwrap().unwrap();
            winners += changed;
        }
        assert_eq!(winners, 1);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_newer_database_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let url = format!("sqlite:{}", folder.path().join("x.db").display());
    let store = Store::open(&url, migrations::schema()).await.unwrap();
    store
        .transact(async move |tx| {
            tx.execute(
                    "INSERT INTO _sqlx_migrations (version, description, installed_on, success, checksum, execution_time)
                     VALUES (9999, 'future', 0, 1, $1, 0)",
                    params![vec![1_u8]],
                )
                .await})
        .await
        .unwrap();
    store.close().await;
    let refused = Store::open(&url, migrations::schema()).await.unwrap_err();
    assert!(matches!(refused, StoreError::Schema(_)), "{refused}");
    assert!(refused.to_string().contains("9999"), "{refused}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_lost_server_is_unavailable_and_comes_back_without_a_restart() {
    let mut server = tokio::task::spawn_blocking(Postgres::start).await.unwrap();
    let store = Store::open(&server.database(), migrations::schema())
        .await
        .unwrap();
    store.append(row("before")).await.unwrap();
    let mut server = tokio::task::spawn_blocking(move || {
        server.stop();
        server
    })
    .await
    .unwrap();
    for _ in 0..3 {
        let lost = store.append(row("lost")).await.unwrap_err();
        assert!(lost.is_transient(), "{lost:?}");
        let unread = store.check().await.unwrap_err();
        assert!(unread.is_transient(), "{unread:?}");
    }
    let _server = tokio::task::spawn_blocking(move || {
        server.resume();
        server
    })
    .await
    .unwrap();
    // The first use of each dead connection may still fail.
    let mut outcome = store.append(row("after")).await;
    for _ in 0..10 {
        if outcome.is_ok() {
            break;
        }
        outcome = store.append(row("after")).await;
    }
    outcome.unwrap();
    assert!(names(&store).await.contains(&"after".to_owned()));
}

/// Rows that belong to a job, in a table that has only a few columns of its own.
static UNITS: Table = Table {
    name: "unit",
    columns: &["id", "parent_id", "name", "created_at"],
    parent: Some(Parent {
        table: "job",
        key: "name",
        column: "name",
    }),
};

fn unit(id: &str, of: &str) -> AppendBatch {
    let mut rows = AppendBatch::default();
    rows.row(&UNITS, params![id, "root", of, 0_i64]);
    rows
}

async fn units(store: &Store) -> Vec<String> {
    let sql = "SELECT id FROM unit WHERE id <> 'root' ORDER BY id";
    let rows = store.fetch_all(sql, vec![]).await.unwrap();
    rows.iter().map(|row| row.get("id").unwrap()).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_row_is_appended_only_if_its_parent_exists() {
    on_both(async |store| {
        store.append(row("parent")).await.unwrap();
        let writes = [("a", "parent"), ("b", "missing"), ("c", "parent")].map(|(id, of)| {
            let store = store.clone();
            tokio::spawn(async move { store.append(unit(id, of)).await })
        });
        let mut outcomes = Vec::new();
        for write in writes {
            outcomes.push(write.await.unwrap());
        }
        assert!(
            matches!(outcomes[1], Err(StoreError::MissingParent("unit"))),
            "{outcomes:?}"
        );
        assert!(outcomes[0].is_ok() && outcomes[2].is_ok(), "{outcomes:?}");
        assert_eq!(units(&store).await, ["a", "c"]);
        // In a unit of work as well, with what it wrote before.
        let refused: Result<(), StoreError> = store
            .transact(async |tx| {
                tx.append(&JOBS, params!["other", "h", 1_i64, 2_i64]);
                tx.append(&UNITS, params!["d", "root", "missing", 0_i64]);
                Ok(())
            })
            .await;
        assert!(matches!(refused, Err(StoreError::MissingParent("unit"))));
        assert_eq!(names(&store).await, ["parent"]);
    })
    .await;
}

/// Either the row is there before its parent is deleted, and is found by whoever
/// deletes it, or it is never there.
#[tokio::test(flavor = "multi_thread")]
async fn a_parent_that_is_deleted_takes_its_rows_along() {
    on_both(async |store| {
        for round in 0..20 {
            store.append(row("parent")).await.unwrap();
            let mut appends = JoinSet::new();
            for n in 0..8 {
                let store = store.clone();
                appends.spawn(async move {
                    store.append(unit(&format!("{round}-{n}"), "parent")).await
                });
            }
            store
                .transact(async |tx| {
                    tx.execute("DELETE FROM job WHERE name = 'parent'", vec![])
                        .await?;
                    tx.execute("DELETE FROM unit WHERE name = 'parent'", vec![])
                        .await
                })
                .await
                .unwrap();
            while let Some(append) = appends.join_next().await {
                let appended = append.unwrap();
                assert!(
                    matches!(appended, Ok(()) | Err(StoreError::MissingParent(_))),
                    "{appended:?}"
                );
            }
            assert!(units(&store).await.is_empty());
        }
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_refusal_after_a_write_and_a_panic_harm_no_neighbour() {
    on_both(async |store| {
        let mut works = JoinSet::new();
        for n in 0..60 {
            let store = store.clone();
            works.spawn(async move {
                let name = format!("w{n:02}");
                let outcome = store
                    .transact(async move |tx| {
                        tx.execute(
                            "INSERT INTO job (name, holder, lease_until, last_run)
                             VALUES ($1, 'h', 0, 0)",
                            params![&name],
                        )
                        .await?;
                        match n % 3 {
                            0 => Ok(()),
                            1 => Err(StoreError::Unexpected("refused".to_owned())),
                            _ => panic!("a fault in a unit of work"),
                        }
                    })
                    .await;
                (n, outcome)
            });
        }
        while let Some(work) = works.join_next().await {
            let (n, outcome) = work.unwrap();
            assert_eq!(outcome.is_ok(), n % 3 == 0, "{n}: {outcome:?}");
            if n % 3 == 2 {
                let error = outcome.unwrap_err();
                assert!(error.to_string().contains("panicked"), "{error}");
            }
        }
        assert_eq!(names(&store).await.len(), 20);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_a_unit_of_work_captured_is_borrowed() {
    on_both(async |store| {
        let names = vec!["a".to_owned(), "b".to_owned()];
        let written = store
            .transact(async move |tx| {
                for name in &names {
                    tx.execute(
                        "INSERT INTO job (name, holder, lease_until, last_run)
                         VALUES ($1, 'h', 0, 0)",
                        params![name],
                    )
                    .await?;
                }
                Ok::<_, StoreError>(names.len())
            })
            .await;
        assert_eq!(written.unwrap(), 2);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_query_that_writes_is_refused_as_a_read() {
    let folder = tempfile::tempdir().unwrap();
    let url = format!("sqlite:{}", folder.path().join("x.db").display());
    let store = Store::open(&url, migrations::schema()).await.unwrap();
    store.append(row("a")).await.unwrap();
    let refused = store
        .transact(async |tx| {
            tx.fetch_all("DELETE FROM job RETURNING name", vec![])
                .await?;
            Ok::<_, StoreError>(())
        })
        .await;
    assert!(matches!(refused, Err(StoreError::Unexpected(_))));
    assert_eq!(names(&store).await, ["a"]);
}

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
                store.append(self::row("j9999")).await.unwrap();
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

/// A node that runs while a newer binary migrates its database.
#[tokio::test(flavor = "multi_thread")]
async fn nothing_is_written_once_the_database_is_newer_than_the_binary() {
    on_both(async |store| {
        store
            .transact(async |tx| {
                tx.execute(
                    "INSERT INTO _sqlx_migrations
                     (version, description, success, checksum, execution_time)
                     SELECT 9999, 'future', success, checksum, 0 FROM _sqlx_migrations
                     WHERE version = 1",
                    vec![],
                )
                .await
            })
            .await
            .unwrap();
        let error = tokio::time::timeout(std::time::Duration::from_secs(5), store.outdated())
            .await
            .unwrap();
        assert!(error.to_string().contains("migration 9999"), "{error}");
        let refused = store.append(row("late")).await.unwrap_err();
        assert!(matches!(refused, StoreError::Schema(_)), "{refused}");
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
