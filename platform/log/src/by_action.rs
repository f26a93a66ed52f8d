//! The log by action: which blocks of leaves have an entry of it.
//!
//! An index of the entries themselves would cost every act; this costs a row for each
//! action of a block, written with the step that gives the entries their leaves.

use std::collections::BTreeSet;

use async_trait::async_trait;
use parking_lot::Mutex;
use platform_store::{Row, Snapshot, Store, StoreError, Table, Tx, params};

use crate::{Comparison, Fact, FactSink, RecordCheck, RecordedEntry};

/// How many leaves a block has. Migration 14 uses this number too.
const BLOCK: i64 = 256;

static AUDIT_ACTION: Table = Table {
    name: "audit_action",
    columns: &["action", "block"],
    parent: None,
};

/// The newest block up to `$2` with an entry of the action `$1`.
const NEWEST_BLOCK: &str =
    "SELECT MAX(block) AS block FROM audit_action WHERE action = $1 AND block <= $2";

/// The entries of the action `$3` whose leaves are `$1` to `$2`, the last first. Joined
/// with nothing, the action offers SQLite no index to build for this one query.
const ENTRIES: &str =
    "SELECT b.leaf_index + (e.id - b.entry_id) AS leaf_index, e.action, e.body, e.personal
     FROM audit_batch b JOIN audit_entry e
       ON e.id >= b.entry_id + CASE WHEN $1 > b.leaf_index THEN $1 - b.leaf_index ELSE 0 END
      AND e.id < b.entry_id +
          CASE WHEN $2 - b.leaf_index < b.entries THEN $2 - b.leaf_index ELSE b.entries END
     WHERE b.leaf_index >= (SELECT MAX(leaf_index) FROM audit_batch WHERE leaf_index <= $1)
       AND b.leaf_index < $2 AND e.action || '' = $3
     ORDER BY b.leaf_index DESC, e.id DESC LIMIT $4";

/// Records the actions of entries that get the leaves from `from` on.
pub(crate) async fn record(
    tx: &mut Tx<'_>,
    from: i64,
    actions: impl Iterator<Item = &str>,
) -> Result<(), StoreError> {
    let found: BTreeSet<(i64, &str)> = (from..)
        .zip(actions)
        .map(|(leaf, action)| (leaf / BLOCK, action))
        .collect();
    for (block, action) in found {
        if block * BLOCK < from {
            // An earlier step began this block.
            tx.execute(
                "INSERT INTO audit_action (action, block) VALUES ($1, $2)
                 ON CONFLICT (action, block) DO NOTHING",
                params![action, block],
            )
            .await?;
        } else {
            tx.append(&AUDIT_ACTION, params![action, block]);
        }
    }
    Ok(())
}

/// Up to `limit` entries of `action` with leaves below `before`, the last first.
pub(crate) async fn list(
    store: &Store,
    action: &str,
    before: i64,
    limit: i64,
) -> Result<Vec<Row>, StoreError> {
    let mut entries: Vec<Row> = Vec::new();
    let mut newest = before.saturating_sub(1).div_euclid(BLOCK);
    while (entries.len() as i64) < limit {
        let found = store.search(NEWEST_BLOCK, params![action, newest]).await?;
        let block = found.first().map(|row| row.get::<Option<i64>>("block"));
        let Some(block) = block.transpose()?.flatten() else {
            break;
        };
        let end = before.min((block + 1) * BLOCK);
        let left = limit - entries.len() as i64;
        let of_block = params![block * BLOCK, end, action, left];
        entries.append(&mut store.search(ENTRIES, of_block).await?);
        newest = block - 1;
    }
    Ok(entries)
}

/// Compares the blocks of each action with the entries.
#[derive(Debug, Default)]
pub struct ActionBlocks {
    /// The block of the last entry, and the actions that were seen in it.
    seen: Mutex<(i64, BTreeSet<String>)>,
}

const COLLECTION: &str = "actions of a block";

#[async_trait]
impl RecordCheck for ActionBlocks {
    fn facts_of(&self, entry: &RecordedEntry) -> Vec<Fact> {
        let Some(index) = entry.index.and_then(|index| i64::try_from(index).ok()) else {
            return Vec::new();
        };
        let block = index / BLOCK;
        let mut seen = self.seen.lock();
        if seen.0 != block {
            *seen = (block, BTreeSet::new());
        }
        if seen.1.contains(&entry.action) {
            return Vec::new();
        }
        seen.1.insert(entry.action.clone());
        vec![Fact::new(
            COLLECTION,
            key(&entry.action, block),
            String::new(),
        )]
    }

    async fn read_rows(
        &self,
        snapshot: &mut Snapshot,
        facts: &mut FactSink<'_>,
    ) -> Result<(), StoreError> {
        // Rows are read first: a verification begins.
        *self.seen.lock() = (0, BTreeSet::new());
        let mut rows = snapshot
            .stream("SELECT action, block FROM audit_action", vec![])
            .await?;
        while let Some(row) = rows.next().await? {
            let key = key(&row.get::<String>("action")?, row.get("block")?);
            facts.add(Fact::new(COLLECTION, key, String::new()))?;
        }
        Ok(())
    }

    fn compare(&self, record: &Comparison<'_>) -> Option<String> {
        let Comparison { key, .. } = record;
        match (record.logged, record.stored) {
            (Some(_), None) => Some(format!("entries are not listed under their action: {key}")),
            (None, Some(_)) => Some(format!("an action is listed that no entry has: {key}")),
            _ => None,
        }
    }
}

fn key(action: &str, block: i64) -> String {
    format!(
        "{action} in leaves {} to {}",
        block * BLOCK,
        (block + 1) * BLOCK - 1
    )
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test fails where it cannot go on")]

    use platform_store::Value;

    use super::*;

    /// SQLite's plan says so; PostgreSQL's depends on how many rows there are.
    #[tokio::test(flavor = "multi_thread")]
    async fn every_query_uses_an_index() {
        let folder = tempfile::tempdir().unwrap();
        let url = format!("sqlite:{}", folder.path().join("x.db").display());
        let store = Store::open(&url, migrations::schema()).await.unwrap();
        for (sql, params) in [
            (NEWEST_BLOCK, params!["a", 1_i64]),
            (ENTRIES, params![1_i64, 2_i64, "a", 1_i64]),
        ] {
            let explained = format!("EXPLAIN QUERY PLAN {sql}").leak();
            let plan = store
                .fetch_all(explained, params as Vec<Value>)
                .await
                .unwrap();
            let plan: Vec<String> = plan.iter().map(|row| row.get("detail").unwrap()).collect();
            assert!(plan.iter().any(|step| step.contains("SEARCH")), "{plan:?}");
            let slow = |step: &String| step.starts_with("SCAN") || step.contains("AUTOMATIC");
            assert!(!plan.iter().any(slow), "{plan:?}");
        }
    }
}
