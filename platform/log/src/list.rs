//! The log as people read it.

use std::collections::BTreeMap;

use platform_store::{Row, Store, StoreError, params};
use serde::Serialize;
use utoipa::ToSchema;

use crate::{Outcome, StoredEntry};

/// Entries that are looked at together.
const PAGE: i64 = 2048;

/// An entry as people read it.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct Listed {
    /// Place in the tree; none yet for the newest.
    pub index: Option<i64>,
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

/// The newest entries, newest first: those that wait for their place, then the
/// others in the order of the log. With `before`, only those before that place.
///
/// # Errors
/// Any [`StoreError`].
pub async fn list(
    store: &Store,
    action: Option<&str>,
    before: Option<i64>,
    limit: u32,
) -> Result<Vec<Listed>, StoreError> {
    let limit = limit as usize;
    let mut entries = match before {
        None => waiting(store, action, limit).await?,
        Some(_) => Vec::new(),
    };
    let before = before.unwrap_or(i64::MAX);
    let mut end = before;
    while entries.len() < limit
        && let Some(begin) = page_before(store, end).await?
    {
        let rows = store
            .fetch_all(
                "SELECT leaf_index, action, body, personal FROM audit_placed
                 WHERE batch >= $1 AND batch < $2 AND leaf_index < $3
                   AND ($4 IS NULL OR action = $4)
                 ORDER BY batch DESC, id DESC LIMIT $5",
                params![
                    begin,
                    end,
                    before,
                    action.map(str::to_owned),
                    (limit - entries.len()) as i64
                ],
            )
            .await?;
        for row in &rows {
            entries.push(listed(row, Some(row.get("leaf_index")?))?);
        }
        end = begin;
    }
    Ok(entries)
}

async fn waiting(
    store: &Store,
    action: Option<&str>,
    limit: usize,
) -> Result<Vec<Listed>, StoreError> {
    let rows = store
        .fetch_all(
            "SELECT action, body, personal FROM audit_waiting WHERE ($1 IS NULL OR action = $1)
             ORDER BY written_at DESC, id DESC LIMIT $2",
            params![action.map(str::to_owned), limit as i64],
        )
        .await?;
    rows.iter().map(|row| listed(row, None)).collect()
}

/// Where the batches begin that together have about a page of entries before `end`.
async fn page_before(store: &Store, end: i64) -> Result<Option<i64>, StoreError> {
    let batches = store
        .fetch_all(
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

fn listed(row: &Row, index: Option<i64>) -> Result<Listed, StoreError> {
    let entry = StoredEntry::of_row(row, index)?.read()?;
    Ok(Listed {
        index,
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
    })
}
