//! The log as people read it: the newest entries first, page by page.

use std::{collections::BTreeMap, fmt, str::FromStr};

use platform_store::{Row, Store, StoreError, params};
use serde::Serialize;
use utoipa::ToSchema;

use crate::{Outcome, RecordedEntry, StoredEntry, by_action};

/// How many entries are looked at together.
const PAGE: i64 = 2048;

/// An entry as people read it.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct ListedEntry {
    /// Its leaf in the tree; none yet for the newest.
    pub index: Option<u64>,
    /// When it was done, RFC 3339.
    pub at: String,
    /// What was done.
    pub action: String,
    /// By whom: type and name, or type and id.
    pub actor: String,
    /// The actor's stable id.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub actor_id: Option<String>,
    /// To what.
    pub subject: String,
    /// The organizational unit that owns the subject.
    pub unit: String,
    /// How it ended.
    pub outcome: Outcome,
    /// Why it did not succeed.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub cause: Option<String>,
    /// The request's id, as in the logs.
    pub request: String,
    /// Where the request came from.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub address: Option<String>,
    /// Further facts.
    #[schema(value_type = Object)]
    pub details: BTreeMap<String, serde_json::Value>,
}

/// Which entries to list.
#[derive(Clone, Debug, Default)]
pub struct ListQuery {
    /// Only those of this action.
    pub action: Option<String>,
    /// Only those before this leaf.
    pub before: Option<u64>,
    /// Only those after this one in the list.
    pub after: Option<Cursor>,
}

/// Where an entry is in the list. An entry that waits is sequenced within a second and
/// may then be listed a second time, but none is left out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Cursor {
    /// An entry that waits to be sequenced, by when it was written and by its number.
    Waiting(i64, i64),
    /// An entry with this leaf.
    Leaf(i64),
}

/// Up to `limit` entries that `query` asks for, each with its cursor: those that wait to
/// be sequenced, then the others from the last leaf to the first.
///
/// # Errors
/// Any [`StoreError`].
pub async fn list(
    store: &Store,
    query: &ListQuery,
    limit: i64,
) -> Result<Vec<(Cursor, RecordedEntry)>, StoreError> {
    let before = query
        .before
        .map(|before| i64::try_from(before).unwrap_or(i64::MAX));
    let (mut entries, before) = match (query.after, before) {
        (Some(Cursor::Leaf(leaf)), before) => (Vec::new(), before.unwrap_or(leaf).min(leaf)),
        (_, Some(before)) => (Vec::new(), before),
        (Some(Cursor::Waiting(at, id)), None) => {
            (waiting(store, query, (at, id), limit).await?, i64::MAX)
        }
        (None, None) => {
            let newest = (i64::MAX, i64::MAX);
            (waiting(store, query, newest, limit).await?, i64::MAX)
        }
    };
    if let Some(action) = &query.action {
        let left = limit - entries.len() as i64;
        for row in by_action::list(store, action, before, left).await? {
            let index = row.get("leaf_index")?;
            entries.push((Cursor::Leaf(index), read(&row, Some(index))?));
        }
        return Ok(entries);
    }
    let mut end = before;
    while (entries.len() as i64) < limit
        && let Some(begin) = page_before(store, end).await?
    {
        let left = limit - entries.len() as i64;
        let rows = store
            .search(
                "SELECT leaf_index, action, body, personal FROM audit_placed
                 WHERE batch >= $1 AND batch < $2 AND leaf_index < $3
                 ORDER BY batch DESC, id DESC LIMIT $4",
                params![begin, end, before, left],
            )
            .await?;
        for row in &rows {
            let index = row.get("leaf_index")?;
            entries.push((Cursor::Leaf(index), read(row, Some(index))?));
        }
        end = begin;
    }
    Ok(entries)
}

/// The newest entry: the last one that was written, if there is one.
///
/// # Errors
/// Any [`StoreError`].
pub async fn newest(store: &Store) -> Result<Option<RecordedEntry>, StoreError> {
    let newest = list(store, &ListQuery::default(), 1).await?;
    Ok(newest.into_iter().next().map(|(_, entry)| entry))
}

async fn waiting(
    store: &Store,
    query: &ListQuery,
    (written_at, id): (i64, i64),
    limit: i64,
) -> Result<Vec<(Cursor, RecordedEntry)>, StoreError> {
    let rows = store
        .search(
            "SELECT id, written_at, action, body, personal FROM audit_waiting
             WHERE ($1 IS NULL OR action = $1)
               AND (written_at < $2 OR written_at = $2 AND id < $3)
             ORDER BY written_at DESC, id DESC LIMIT $4",
            params![query.action.clone(), written_at, id, limit],
        )
        .await?;
    rows.iter()
        .map(|row| {
            let cursor = Cursor::Waiting(row.get("written_at")?, row.get("id")?);
            Ok((cursor, read(row, None)?))
        })
        .collect()
}

/// Where the batches begin that together have about a page of entries before `end`.
async fn page_before(store: &Store, end: i64) -> Result<Option<i64>, StoreError> {
    let batches = store
        .search(
            "SELECT leaf_index, entries FROM audit_batch WHERE leaf_index < $1
             ORDER BY leaf_index DESC LIMIT $2",
            params![end, PAGE],
        )
        .await?;
    let mut begin = None;
    let mut entries: i64 = 0;
    for batch in batches {
        begin = Some(batch.get("leaf_index")?);
        entries = batch.get::<i64>("entries")?.saturating_add(entries);
        if entries >= PAGE {
            break;
        }
    }
    Ok(begin)
}

fn read(row: &Row, index: Option<i64>) -> Result<RecordedEntry, StoreError> {
    StoredEntry::of_row(row, index)?.read()
}

impl From<RecordedEntry> for ListedEntry {
    fn from(entry: RecordedEntry) -> Self {
        Self {
            index: entry.index,
            at: entry.at.to_string(),
            action: entry.action,
            actor: entry.actor.to_string(),
            actor_id: entry.actor.id,
            subject: entry.subject,
            unit: entry.unit,
            outcome: entry.outcome,
            cause: entry.cause,
            request: entry.request,
            address: entry.address,
            details: entry.details,
        }
    }
}

impl fmt::Display for Cursor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Leaf(index) => write!(f, "{index}"),
            Self::Waiting(written_at, id) => write!(f, "{written_at}/{id}"),
        }
    }
}

/// A text that is no cursor.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("not the cursor of a list of entries")]
pub struct InvalidCursor;

impl FromStr for Cursor {
    type Err = InvalidCursor;

    fn from_str(text: &str) -> Result<Self, InvalidCursor> {
        let number = |text: &str| text.parse::<i64>().map_err(|_| InvalidCursor);
        match text.split_once('/') {
            Some((written_at, id)) => Ok(Self::Waiting(number(written_at)?, number(id)?)),
            None => Ok(Self::Leaf(number(text)?)),
        }
    }
}
