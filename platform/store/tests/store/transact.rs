//! Units of work: all of one or nothing, whatever its neighbours do.

use std::sync::Arc;

use platform_store::{Store, StoreError, params};
use tokio::task::JoinSet;

use crate::database::{JOBS, names, on_both, row};

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
