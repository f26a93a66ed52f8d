//! Two fresh databases, and a table to write to.

use platform_store::{AppendBatch, Store, Table, params};
use testkit::Postgres;

pub(crate) static JOBS: Table = Table {
    name: "job",
    columns: &["name", "holder", "lease_until", "last_run"],
    parent: None,
};

/// Runs `story` on a fresh SQLite file and on a fresh PostgreSQL database.
pub(crate) async fn on_both<F: AsyncFn(Store)>(story: F) {
    let folder = tempfile::tempdir().unwrap();
    let sqlite = format!("sqlite:{}", folder.path().join("x.db").display());
    let postgres = tokio::task::spawn_blocking(|| Postgres::shared().database())
        .await
        .unwrap();
    for url in [sqlite, postgres] {
        story(Store::open(&url, migrations::schema()).await.unwrap()).await;
    }
}

pub(crate) fn row(name: &str) -> AppendBatch {
    let mut rows = AppendBatch::default();
    rows.row(&JOBS, params![name, "h", 1_i64, 2_i64]);
    rows
}

pub(crate) async fn names(store: &Store) -> Vec<String> {
    let rows = store
        .fetch_all("SELECT name FROM job ORDER BY name", vec![])
        .await
        .unwrap();
    rows.iter().map(|row| row.get("name").unwrap()).collect()
}
