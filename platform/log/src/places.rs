//! Which entry has which place: the batches, held against the streams.

use std::collections::BTreeMap;

use platform_store::{Store, StoreError, params};

use crate::{Report, stream};

/// Entries that are read together, about.
const PAGE: i64 = 4096;

/// How far the batches have been followed.
#[derive(Debug)]
pub(crate) struct Places {
    /// The size of the tree when the reading began: a serving node may go on.
    size: i64,
    /// The place after the last batch.
    next: i64,
    /// The place after the last entry.
    next_read: i64,
    /// For each stream, the number that its next batch begins with.
    streams: BTreeMap<i64, i64>,
}

impl Places {
    pub(crate) fn new(size: i64) -> Self {
        Self {
            size,
            next: 0,
            next_read: 0,
            streams: BTreeMap::new(),
        }
    }

    /// Follows further batches, and gives where the first and the last of them
    /// begin, and the place after the last entry.
    ///
    /// # Errors
    /// Any [`StoreError`].
    pub(crate) async fn next_page(
        &mut self,
        store: &Store,
        report: &mut Report,
    ) -> Result<Option<(i64, i64, i64)>, StoreError> {
        let batches = store
            .fetch_all(
                "SELECT leaf_index, entry_id, entries FROM audit_batch
                 WHERE leaf_index >= $1 AND leaf_index < $2 ORDER BY leaf_index LIMIT $3",
                params![self.next, self.size, PAGE],
            )
            .await?;
        let mut page = None;
        let mut gathered: i64 = 0;
        for batch in batches {
            let index: i64 = batch.get("leaf_index")?;
            // The last batch grows while it is the last.
            let entries = batch
                .get::<i64>("entries")?
                .min(self.size.saturating_sub(index));
            self.follow(index, batch.get("entry_id")?, entries, report);
            let (begin, ..) = page.unwrap_or((index, index, self.next));
            page = Some((begin, index, self.next));
            gathered = entries.saturating_add(gathered);
            if gathered >= PAGE {
                break;
            }
        }
        Ok(page)
    }

    /// A batch goes on where the last one ended, and where its stream was left.
    fn follow(&mut self, index: i64, entry_id: i64, entries: i64, report: &mut Report) {
        if index > self.next {
            report.find(format!(
                "entries {} to {} are missing, and who wrote them",
                self.next,
                index - 1
            ));
            self.next_read = index;
        }
        let stream = entry_id.div_euclid(stream::LENGTH);
        let expected = self
            .streams
            .entry(stream)
            .or_insert_with(|| stream.saturating_mul(stream::LENGTH));
        if *expected != entry_id {
            report.find(format!(
                "the entries from {index} on are not those that follow in their stream: \
                 some have no place, or two"
            ));
        }
        *expected = entry_id.saturating_add(entries);
        // Whatever a hand has put there, the next page is a later one.
        self.next = index.saturating_add(entries.max(1));
    }

    /// An entry was read at `index`.
    pub(crate) fn read(&mut self, index: i64, report: &mut Report) {
        if index > self.next_read {
            self.missing(index, report);
        } else if index < self.next_read {
            report.find(format!("place {index} is given twice"));
        }
        self.next_read = index.saturating_add(1);
    }

    /// All entries of the page were read.
    pub(crate) fn end_page(&mut self, report: &mut Report) {
        if self.next_read < self.next {
            self.missing(self.next, report);
            self.next_read = self.next;
        }
    }

    fn missing(&self, until: i64, report: &mut Report) {
        report.find(format!(
            "entries {} to {} are missing",
            self.next_read,
            until - 1
        ));
    }

    /// Each stream must have been followed to where it says that it was.
    ///
    /// # Errors
    /// Any [`StoreError`].
    pub(crate) async fn check_streams(
        &self,
        store: &Store,
        report: &mut Report,
    ) -> Result<(), StoreError> {
        // A stream may be ahead by what was sequenced meanwhile; then a batch ends there.
        let rows = store
            .fetch_all(
                "SELECT id, next_id, (SELECT COUNT(*) FROM audit_batch
                    WHERE entry_id + entries = next_id AND entry_id =
                        (SELECT MAX(entry_id) FROM audit_batch WHERE entry_id < next_id)) AS placed
                 FROM audit_stream",
                vec![],
            )
            .await?;
        let mut left = self.streams.clone();
        for row in rows {
            let (id, next): (i64, i64) = (row.get("id")?, row.get("next_id")?);
            let followed = left
                .remove(&id)
                .unwrap_or_else(|| id.saturating_mul(stream::LENGTH));
            if next < followed || (next > followed && !row.flag("placed")?) {
                report.find(format!(
                    "stream {id} does not go on where the log has left it"
                ));
            }
        }
        for id in left.into_keys() {
            report.find(format!("stream {id}, which has entries, is missing"));
        }
        Ok(())
    }
}
