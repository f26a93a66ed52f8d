//! The store's promises, on both databases.
#![allow(clippy::unwrap_used, reason = "a test fails where it cannot go on")]

use std::sync::Arc;

use platform_store::{AppendBatch, Store, StoreError, Table, params};
use testkit::Postgres;
use tokio::task::JoinSet;

static JOBS: Table = Table {
    name: "job",
    columns: &["name", "holder", "lease_until", "last_run"],
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
            .transact(|tx| {
                Box::pin(async move {
                    tx.execute(
                        "INSERT INTO job (name, holder, lease_until, last_run) VALUES ($1, $2, 0, 0)",
                        params!["half", "done"],
                    )
                    .await?;
                    tx.append(&JOBS, params!["rest", "h", 0_i64, 0_i64]);
                    Err(StoreError::Unexpected("refused".to_owned()))
                })
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
                    .transact(|tx| {
                        Box::pin(async move {
                            tx.execute(
                                "UPDATE job SET last_run = 99 WHERE name = $1 AND last_run <> 99",
                                params!["code"],
                            )
                            .await
                        })
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
        .transact(|tx| {
            Box::pin(async move {
                tx.execute(
                    "INSERT INTO _sqlx_migrations (version, description, installed_on, success, checksum, execution_time)
                     VALUES (9999, 'future', 0, 1, $1, 0)",
                    params![vec![1_u8]],
                )
                .await
            })
        })
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
