//! A database that another version has migrated, or that is gone for a while.

use platform_store::{Store, StoreError, params};
use testkit::Postgres;

use crate::database::{names, on_both, row};

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
