//! Streams: each connection that writes numbers its own audit entries, so that
//! none waits for another.

use std::ops::Range;

use futures_util::future::LocalBoxFuture;
use platform_store::{EntryNumbering, Store, StoreError, Tx, params};

use crate::merkle::{self, Hash};

/// How many entries a stream may have. The views of the schema have this number too.
pub(crate) const LENGTH: i64 = 1 << 40;

/// How many runs get their place in one step: each is a statement or two.
const RUNS: usize = 256;

/// Entries that follow each other in one stream and have no place yet.
#[derive(Debug)]
pub(crate) struct Run {
    pub(crate) stream: i64,
    /// The number of the first of them.
    pub(crate) first: i64,
    pub(crate) leaves: Vec<Hash>,
    /// The latest act in them or before them (`audit_entry.written_at`).
    written_at: i64,
}

/// What waits for its place.
#[derive(Debug, Default)]
pub(crate) struct Waiting {
    /// In the order in which it was written.
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
    fn reserve<'t>(
        &'t self,
        tx: &'t mut Tx<'_>,
    ) -> LocalBoxFuture<'t, Result<Range<i64>, StoreError>> {
        Box::pin(open(tx))
    }

    fn is_taken<'t>(
        &'t self,
        tx: &'t mut Tx<'_>,
        number: i64,
    ) -> LocalBoxFuture<'t, Result<bool, StoreError>> {
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

/// What waits in the `newest` streams, about `limit` entries of each at most.
///
/// # Errors
/// Any [`StoreError`].
pub(crate) async fn waiting(
    store: &Store,
    newest: i64,
    limit: usize,
) -> Result<Waiting, StoreError> {
    // One statement sees one moment: with an entry it sees all that its writer
    // may have known of.
    let streams = store
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
    let mut waiting = Waiting::default();
    // Beyond this moment a stream that was not read whole may have more.
    let mut until = i64::MAX;
    let mut runs = Vec::new();
    for row in streams {
        let range = (row.get("next_id")?, row.get("last_id")?);
        let of_stream = read(store, row.get("id")?, range, limit).await?;
        if let Some(run) = of_stream.last()
            && of_stream.iter().map(|run| run.leaves.len()).sum::<usize>() >= limit
        {
            until = until.min(run.written_at);
            waiting.more = true;
        }
        runs.extend(of_stream);
    }
    runs.retain(|run| run.written_at <= until);
    runs.sort_by_key(|run| run.written_at);
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
    Ok(waiting)
}

/// Reads the entries of `stream` that are numbered from `next` to `last`, those
/// written together as one run.
async fn read(
    store: &Store,
    stream: i64,
    (next, last): (i64, i64),
    limit: usize,
) -> Result<Vec<Run>, StoreError> {
    let rows = store
        .fetch_all(
            "SELECT id, written_at, body FROM audit_entry WHERE id >= $1 AND id <= $2
             ORDER BY id LIMIT $3",
            params![next, last, limit as i64],
        )
        .await?;
    let mut runs: Vec<Run> = Vec::new();
    for row in &rows {
        let id: i64 = row.get("id")?;
        let (expected, before) = runs
            .last()
            .map_or((next, i64::MIN), |run| (run.next(), run.written_at));
        // Acts reach the writer in another order than they were done in; what a
        // stream holds comes in the order of the stream.
        let written_at = row.get::<i64>("written_at")?.max(before);
        if id != expected {
            // A writer leaves no gap, so a hand did. Nothing of this stream goes on
            // until someone has looked; its writer takes another one within the hour.
            tracing::error!(
                stream,
                from = expected,
                to = id,
                "audit entries are missing"
            );
            break;
        }
        let leaf = merkle::leaf(row.get::<String>("body")?.as_bytes());
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

impl Run {
    /// The number that follows its last.
    pub(crate) fn next(&self) -> i64 {
        self.first + self.leaves.len() as i64
    }
}
