//! Streams: each connection that writes numbers its own audit entries, so that
//! none waits for another.

use std::{collections::BTreeSet, ops::Range, sync::Arc};

use futures_util::future::BoxFuture;
use platform_store::{EntryNumbering, Row, Store, StoreError, Tx, params};

use crate::merkle::{self, Hash};

/// How many entries a stream may have. The views of the schema use this number too.
pub(crate) const LENGTH: i64 = 1 << 40;

/// How many runs are sequenced in one step.
const RUNS: usize = 256;

/// Entries that follow each other in one stream and have no leaf yet.
#[derive(Debug)]
pub(crate) struct Run {
    pub(crate) stream: i64,
    /// The number of the first of them.
    pub(crate) first: i64,
    pub(crate) leaves: Vec<Leaf>,
    /// The latest act in them or before them (`audit_entry.written_at`).
    written_at: i64,
}

/// What the tree needs of an entry.
#[derive(Debug)]
pub(crate) struct Leaf {
    pub(crate) hash: Hash,
    pub(crate) action: Arc<str>,
}

/// The names of actions, of which there are few, each allocated once.
#[derive(Default)]
struct Actions(BTreeSet<Arc<str>>);

impl Actions {
    fn leaf(&mut self, row: &Row) -> Result<Leaf, StoreError> {
        let action: String = row.get("action")?;
        let action = match self.0.get(action.as_str()) {
            Some(known) => Arc::clone(known),
            None => {
                let action: Arc<str> = action.into();
                self.0.insert(Arc::clone(&action));
                action
            }
        };
        let hash = merkle::leaf(row.get::<String>("body")?.as_bytes());
        Ok(Leaf { hash, action })
    }
}

/// What waits to be sequenced.
#[derive(Debug, Default)]
pub(crate) struct Waiting {
    /// In the order of the log to be.
    pub(crate) runs: Vec<Run>,
    /// More waits than was read.
    pub(crate) more: bool,
}

/// The numbering of `audit_entry`, for [`platform_store::Schema`].
pub static ENTRY_NUMBERING: Streams = Streams;

/// Each connection that writes has a stream of entries to itself.
#[derive(Debug)]
pub struct Streams;

impl EntryNumbering for Streams {
    fn reserve<'t>(&'t self, tx: &'t mut Tx<'_>) -> BoxFuture<'t, Result<Range<i64>, StoreError>> {
        Box::pin(open(tx))
    }

    fn is_taken<'t>(
        &'t self,
        tx: &'t mut Tx<'_>,
        number: i64,
    ) -> BoxFuture<'t, Result<bool, StoreError>> {
        Box::pin(is_taken(tx, number))
    }
}

async fn open(tx: &mut Tx<'_>) -> Result<Range<i64>, StoreError> {
    let opened = tx
        .execute_returning_optional(
            "INSERT INTO audit_stream (id, next_id)
             SELECT newest.id + 1, (newest.id + 1) * $1
             FROM (SELECT COALESCE(MAX(id), 0) AS id FROM audit_stream) AS newest
             RETURNING next_id",
            params![LENGTH],
        )
        .await?
        .ok_or_else(|| StoreError::Unexpected("no stream was opened".to_owned()))?;
    let first: i64 = opened.get("next_id")?;
    let past = first
        .checked_add(LENGTH)
        .ok_or_else(|| StoreError::Unexpected("there are no more streams".to_owned()))?;
    Ok(first..past)
}

async fn is_taken(tx: &mut Tx<'_>, id: i64) -> Result<bool, StoreError> {
    let sql = "SELECT id FROM audit_entry WHERE id = $1";
    Ok(tx.fetch_optional(sql, params![id]).await?.is_some())
}

/// What waits in the `newest` streams, about `limit` entries of each at most, in the
/// order in which it is to be sequenced.
///
/// Within a stream that is the order of its numbers; between streams that of
/// `written_at`, which is at least the time of every act in its commit. So whoever saw
/// an entry committed before acting has a later `written_at` and comes after it.
/// A stream that was not read to its end may have more after its last run: runs that
/// were written later than that wait for the next step.
///
/// # Errors
/// Any [`StoreError`].
pub(crate) async fn waiting(
    store: &Store,
    newest: i64,
    limit: usize,
) -> Result<Waiting, StoreError> {
    let mut complete_until = i64::MAX;
    let mut runs = Vec::new();
    for Unread { stream, next, last } in unread(store, newest).await? {
        let of_stream = read(store, stream, (next, last), limit).await?;
        let read: usize = of_stream.iter().map(|run| run.leaves.len()).sum();
        if let Some(run) = of_stream.last().filter(|_| read >= limit) {
            complete_until = complete_until.min(run.written_at);
        }
        runs.extend(of_stream);
    }
    runs.retain(|run| run.written_at <= complete_until);
    runs.sort_by_key(|run| run.written_at);
    let mut waiting = join(runs);
    waiting.more |= complete_until < i64::MAX;
    Ok(waiting)
}

/// A stream with entries that wait.
struct Unread {
    stream: i64,
    next: i64,
    last: i64,
}

/// The `newest` streams that have entries to sequence. One statement sees one moment:
/// with an entry it sees all entries that its writer may have known of.
async fn unread(store: &Store, newest: i64) -> Result<Vec<Unread>, StoreError> {
    let rows = store
        .fetch_all(
            "SELECT id, next_id, last_id FROM
                 (SELECT id, next_id, (SELECT MAX(e.id) FROM audit_entry AS e
                     WHERE e.id >= s.next_id AND e.id < (s.id + 1) * $2) AS last_id
                  FROM audit_stream AS s
                  WHERE id > (SELECT MAX(id) FROM audit_stream) - $1) AS streams
             WHERE last_id IS NOT NULL ORDER BY id",
            params![newest, LENGTH],
        )
        .await?;
    rows.iter()
        .map(|row| {
            Ok(Unread {
                stream: row.get("id")?,
                next: row.get("next_id")?,
                last: row.get("last_id")?,
            })
        })
        .collect()
}

/// Joins runs that follow each other in one stream, up to the number of a step.
fn join(runs: Vec<Run>) -> Waiting {
    let mut waiting = Waiting::default();
    for mut run in runs {
        let last = waiting.runs.last_mut();
        if let Some(last) = last.filter(|last| last.stream == run.stream) {
            last.leaves.append(&mut run.leaves);
        } else if waiting.runs.len() < RUNS {
            waiting.runs.push(run);
        } else {
            waiting.more = true;
            break;
        }
    }
    waiting
}

/// The entries of `stream` that are numbered from `next` to `last`, those committed
/// together as one run.
async fn read(
    store: &Store,
    stream: i64,
    (next, last): (i64, i64),
    limit: usize,
) -> Result<Vec<Run>, StoreError> {
    let rows = store
        .fetch_all(
            "SELECT id, written_at, action, body FROM audit_entry WHERE id >= $1 AND id <= $2
             ORDER BY id LIMIT $3",
            params![next, last, limit as i64],
        )
        .await?;
    let mut runs: Vec<Run> = Vec::new();
    let mut actions = Actions::default();
    for row in &rows {
        let id: i64 = row.get("id")?;
        let (expected, before) = runs
            .last()
            .map_or((next, i64::MIN), |run| (run.next(), run.written_at));
        // Commits reach the writer in another order than the acts were done in; the
        // order of the stream is kept.
        let written_at = row.get::<i64>("written_at")?.max(before);
        if id != expected {
            // Writers number without gaps, so a missing number means that a row was
            // deleted by hand. The rest of this stream waits until somebody has looked
            // into it; its writer takes another range within the hour.
            tracing::error!(
                stream,
                from = expected,
                to = id,
                "audit entries are missing"
            );
            break;
        }
        let leaf = actions.leaf(row)?;
        match runs.last_mut() {
            Some(run) if run.written_at == written_at => run.leaves.push(leaf),
            _ => runs.push(Run {
                stream,
                first: id,
                leaves: vec![leaf],
                written_at,
            }),
        }
    }
    Ok(runs)
}

/// The run of so many `entries` from `first` on; `None` if one of them is missing.
///
/// # Errors
/// Any [`StoreError`].
pub(crate) async fn read_run(
    store: &Store,
    first: i64,
    entries: i64,
) -> Result<Option<Run>, StoreError> {
    let rows = store
        .fetch_all(
            "SELECT action, body FROM audit_entry WHERE id >= $1 AND id < $2 ORDER BY id",
            params![first, first.saturating_add(entries)],
        )
        .await?;
    let mut run = Run {
        stream: first.div_euclid(LENGTH),
        first,
        leaves: Vec::with_capacity(rows.len()),
        written_at: 0,
    };
    let mut actions = Actions::default();
    for row in &rows {
        run.leaves.push(actions.leaf(row)?);
    }
    Ok((run.entries() == entries && entries > 0).then_some(run))
}

impl Run {
    /// How many entries it has.
    pub(crate) fn entries(&self) -> i64 {
        self.leaves.len() as i64
    }

    /// The number after its last.
    pub(crate) fn next(&self) -> i64 {
        self.first + self.entries()
    }
}
