//! Which entry has which leaf: the batches, compared with the streams.

use std::collections::BTreeMap;

use platform_store::{Snapshot, StoreError, params};

use crate::{report::Report, stream};

/// How many entries are read together, about.
const PAGE: i64 = 4096;

/// How far the batches have been followed.
#[derive(Debug, Default)]
pub(crate) struct Placement {
    /// The leaf after the last batch.
    next: i64,
    /// The leaf after the last entry that was read.
    next_read: i64,
    /// For each stream, the number that its next batch begins with.
    streams: BTreeMap<i64, i64>,
}

/// Batches that are read together.
#[derive(Debug)]
pub(crate) struct PageRange {
    /// Where the first of them begins.
    pub(crate) first_batch: i64,
    /// Where the last of them begins.
    pub(crate) last_batch: i64,
    /// The leaf after its last entry.
    pub(crate) end: i64,
}

impl Placement {
    /// Follows further batches, with about a page of entries.
    pub(crate) async fn next_page(
        &mut self,
        snapshot: &mut Snapshot,
        report: &mut Report,
    ) -> Result<Option<PageRange>, StoreError> {
        let batches = snapshot
            .fetch_all(
                "SELECT leaf_index, entry_id, entries FROM audit_batch
                 WHERE leaf_index >= $1 ORDER BY leaf_index LIMIT $2",
                params![self.next, PAGE],
            )
            .await?;
        let mut page: Option<PageRange> = None;
        let mut gathered: i64 = 0;
        for batch in batches {
            let index: i64 = batch.get("leaf_index")?;
            let entries: i64 = batch.get("entries")?;
            self.follow(index, batch.get("entry_id")?, entries, report);
            page = Some(PageRange {
                first_batch: page.map_or(index, |page| page.first_batch),
                last_batch: index,
                end: self.next,
            });
            gathered = entries.saturating_add(gathered);
            if gathered >= PAGE {
                break;
            }
        }
        Ok(page)
    }

    /// A batch begins where the last one ended, and where its stream was left.
    fn follow(&mut self, index: i64, entry_id: i64, entries: i64, report: &mut Report) {
        if index > self.next {
            report.find(format!(
                "entries {} to {} are missing, and which writer wrote them",
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
                "the entries from {index} on do not follow each other in their stream: \
                 some have no leaf, or two"
            ));
        }
        *expected = entry_id.saturating_add(entries);
        // Whatever was put there by hand, the next page is a later one.
        self.next = index.saturating_add(entries.max(1));
    }

    /// An entry was read at `index`.
    pub(crate) fn read(&mut self, index: i64, report: &mut Report) {
        if index > self.next_read {
            self.report_missing(index, report);
        } else if index < self.next_read {
            report.find(format!("leaf {index} has two entries"));
        }
        self.next_read = index.saturating_add(1);
    }

    /// All entries of the page were read.
    pub(crate) fn end_page(&mut self, report: &mut Report) {
        if self.next_read < self.next {
            self.report_missing(self.next, report);
            self.next_read = self.next;
        }
    }

    fn report_missing(&self, until: i64, report: &mut Report) {
        report.find(format!(
            "entries {} to {} are missing",
            self.next_read,
            until - 1
        ));
    }

    /// Each stream must have been followed to where its row says.
    pub(crate) async fn check_streams(
        &self,
        snapshot: &mut Snapshot,
        report: &mut Report,
    ) -> Result<(), StoreError> {
        let sql = "SELECT id, next_id FROM audit_stream ORDER BY id";
        let mut rows = snapshot.stream(sql, vec![]).await?;
        let mut left = self.streams.clone();
        while let Some(row) = rows.next().await? {
            let (id, next): (i64, i64) = (row.get("id")?, row.get("next_id")?);
            let followed = left
                .remove(&id)
                .unwrap_or_else(|| id.saturating_mul(stream::LENGTH));
            if next != followed {
                report.find(format!(
                    "stream {id} does not continue where the log has left it"
                ));
            }
        }
        for id in left.into_keys() {
            report.find(format!("stream {id}, which has entries, is missing"));
        }
        Ok(())
    }
}
