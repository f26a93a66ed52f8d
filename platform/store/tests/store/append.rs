//! Rows that are appended: together, and only with their parents.

use platform_store::{AppendBatch, Parent, Store, StoreError, Table, params};
use tokio::task::JoinSet;

use crate::database::{JOBS, names, on_both, row};

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
