//! The one reader of entries: in the order of the log, in bounded memory.

use std::collections::VecDeque;

use platform_store::{Row, Snapshot, StoreError, params};

use crate::{
    RecordedEntry,
    body::{Body, Personal},
    merkle::{self, Hash},
    placement::Placement,
    report::Report,
};

/// Entries of a snapshot: those with a leaf in the tree by their index, then those
/// that wait to be sequenced in the order in which they were written.
#[derive(Debug)]
pub struct Entries {
    placement: Placement,
    page: VecDeque<StoredEntry>,
    /// What was read last of the entries that wait; `None` while leaves are read.
    waiting: Option<(i64, i64)>,
}

/// An entry as it is stored.
#[derive(Debug)]
pub struct StoredEntry {
    /// Its leaf in the tree; `None` while it waits.
    pub index: Option<i64>,
    /// The action that it is listed under.
    pub(crate) action: String,
    body: String,
    personal: Option<String>,
}

/// How many waiting entries are read together.
const PAGE: i64 = 4096;

impl Entries {
    /// A reader at the beginning of the log.
    pub fn new() -> Self {
        Self {
            placement: Placement::default(),
            page: VecDeque::new(),
            waiting: None,
        }
    }

    /// The next entry; `None` after the last. What is missing or out of place is
    /// reported.
    ///
    /// # Errors
    /// Any [`StoreError`].
    pub async fn next(
        &mut self,
        snapshot: &mut Snapshot,
        report: &mut Report,
    ) -> Result<Option<StoredEntry>, StoreError> {
        while self.page.is_empty() {
            let goes_on = match self.waiting {
                None => self.read_leaves(snapshot, report).await?,
                Some(last) => self.read_waiting(snapshot, last).await?,
            };
            if !goes_on {
                return Ok(None);
            }
        }
        let entry = self.page.pop_front();
        if let Some(index) = entry.as_ref().and_then(|entry| entry.index) {
            self.placement.read(index, report);
        }
        Ok(entry)
    }

    async fn read_leaves(
        &mut self,
        snapshot: &mut Snapshot,
        report: &mut Report,
    ) -> Result<bool, StoreError> {
        self.placement.end_page(report);
        let Some(range) = self.placement.next_page(snapshot, report).await? else {
            self.placement.check_streams(snapshot, report).await?;
            self.waiting = Some((i64::MIN, i64::MIN));
            return Ok(true);
        };
        let mut rows = snapshot
            .stream(
                "SELECT leaf_index, action, body, personal FROM audit_placed
                 WHERE batch >= $1 AND batch <= $2 AND leaf_index < $3 ORDER BY batch, id",
                params![range.first_batch, range.last_batch, range.end],
            )
            .await?;
        while let Some(row) = rows.next().await? {
            let index = row.get("leaf_index")?;
            self.page.push_back(StoredEntry::of_row(&row, Some(index))?);
        }
        Ok(true)
    }

    async fn read_waiting(
        &mut self,
        snapshot: &mut Snapshot,
        (written_at, id): (i64, i64),
    ) -> Result<bool, StoreError> {
        let rows = snapshot
            .fetch_all(
                "SELECT id, written_at, action, body, personal FROM audit_waiting
                 WHERE written_at > $1 OR written_at = $1 AND id > $2
                 ORDER BY written_at, id LIMIT $3",
                params![written_at, id, PAGE],
            )
            .await?;
        for row in &rows {
            self.waiting = Some((row.get("written_at")?, row.get("id")?));
            self.page.push_back(StoredEntry::of_row(row, None)?);
        }
        Ok(!rows.is_empty())
    }
}

impl Default for Entries {
    fn default() -> Self {
        Self::new()
    }
}

impl StoredEntry {
    /// The entry of a row with `action`, `body` and `personal`.
    pub(crate) fn of_row(row: &Row, index: Option<i64>) -> Result<Self, StoreError> {
        Ok(Self {
            index,
            action: row.get("action")?,
            body: row.get("body")?,
            personal: row.get("personal")?,
        })
    }

    /// The hash of its leaf.
    pub fn leaf(&self) -> Hash {
        merkle::leaf(self.body.as_bytes())
    }

    pub(crate) fn body(&self) -> Result<Body, serde_json::Error> {
        Body::parse(&self.body)
    }

    /// The names beside it.
    pub(crate) fn personal(&self) -> Result<Option<Personal>, serde_json::Error> {
        let personal = self.personal.as_deref();
        personal.map(serde_json::from_str).transpose()
    }

    /// What it says.
    ///
    /// # Errors
    /// [`StoreError::Unexpected`] if it is no entry.
    pub fn read(&self) -> Result<RecordedEntry, StoreError> {
        let unreadable = |error: serde_json::Error| StoreError::Unexpected(error.to_string());
        let personal = self.personal().map_err(unreadable)?;
        let index = self.index.map(i64::unsigned_abs);
        self.body()
            .map_err(unreadable)?
            .reveal(personal.unwrap_or_default(), index)
    }
}
