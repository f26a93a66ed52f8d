//! The stored state of the tree, compared with the recomputed one.

use platform_store::{Row, Snapshot, StoreError, params};

use crate::{merkle::Frontier, report::Report, stream};

/// What is stored beside the entries.
struct State {
    size: i64,
    frontier: Option<Frontier>,
    /// Heads that are stored for this size.
    heads: i64,
    /// Entries that the batches place.
    placed: i64,
    /// Entries that wait to be sequenced.
    waiting: i64,
    /// Numbers that the streams have assigned to entries that wait.
    numbered: i64,
    /// Rows of entries.
    total: i64,
}

/// Checks that the stored state is the recomputed one and signed, and that no entry is
/// left over.
pub(super) async fn check(
    snapshot: &mut Snapshot,
    frontier: &Frontier,
    report: &mut Report,
) -> Result<(), StoreError> {
    match State::read(snapshot).await? {
        Some(state) => {
            report.waiting = state.waiting.unsigned_abs();
            state.check_counts(report);
            state.check_frontier(frontier, report);
        }
        None => report.find("the log's state is missing".to_owned()),
    }
    Ok(())
}

impl State {
    async fn read(snapshot: &mut Snapshot) -> Result<Option<Self>, StoreError> {
        let sql = "SELECT size, frontier FROM audit_tree WHERE id = 1";
        let Some(tree) = snapshot.fetch_optional(sql, vec![]).await? else {
            return Ok(None);
        };
        let size: i64 = tree.get("size")?;
        let heads = "SELECT COUNT(*) AS n FROM audit_checkpoint WHERE tree_size = $1";
        Ok(Some(Self {
            size,
            frontier: Frontier::decode(size.unsigned_abs(), &tree.get::<Vec<u8>>("frontier")?),
            heads: number(snapshot.fetch_optional(heads, params![size]).await?)?,
            placed: count(
                snapshot,
                "SELECT CAST(COALESCE(SUM(entries), 0) AS BIGINT) AS n FROM audit_batch",
            )
            .await?,
            waiting: count(snapshot, "SELECT COUNT(*) AS n FROM audit_waiting").await?,
            numbered: number(
                snapshot
                    .fetch_optional(
                        "SELECT CAST(COALESCE(SUM(last_id - next_id + 1), 0) AS BIGINT) AS n FROM
                             (SELECT next_id, (SELECT MAX(e.id) FROM audit_entry e
                                  WHERE e.id >= s.next_id AND e.id < (s.id + 1) * $1) AS last_id
                              FROM audit_stream s) AS streams
                         WHERE last_id IS NOT NULL",
                        params![stream::LENGTH],
                    )
                    .await?,
            )?,
            total: count(snapshot, "SELECT COUNT(*) AS n FROM audit_entry").await?,
        }))
    }

    fn check_counts(&self, report: &mut Report) {
        let Self {
            size,
            heads,
            placed,
            waiting,
            numbered,
            total,
            ..
        } = *self;
        if size > 0 && heads == 0 {
            report.find(format!("the log's head at {size} is not signed"));
        }
        if waiting != numbered {
            report.find(format!(
                "of {numbered} entries that wait to be sequenced {} are missing",
                numbered - waiting
            ));
        }
        if placed < size {
            report.find(format!(
                "the log's stored state has {size} entries, its batches only {placed}: its end was cut off"
            ));
        } else if placed > size {
            report.find(format!(
                "the log's batches have {placed} entries, its stored state only {size}"
            ));
        }
        if total > placed + waiting {
            report.find(format!(
                "{} entries have numbers that no writer used",
                total - placed - waiting
            ));
        }
    }

    fn check_frontier(&self, recomputed: &Frontier, report: &mut Report) {
        let finding = match &self.frontier {
            None => "the log's stored state is damaged",
            Some(stored) if stored.size() < recomputed.size() => {
                "the log's stored state is behind its entries"
            }
            Some(stored) if stored.size() == recomputed.size() && stored != recomputed => {
                "the log's stored state has another root"
            }
            Some(_) => return,
        };
        report.find(finding.to_owned());
    }
}

async fn count(snapshot: &mut Snapshot, sql: &'static str) -> Result<i64, StoreError> {
    number(snapshot.fetch_optional(sql, vec![]).await?)
}

fn number(row: Option<Row>) -> Result<i64, StoreError> {
    row.map_or(Ok(0), |row| row.get("n"))
}
