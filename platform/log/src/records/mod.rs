//! The tables of services, compared with what the entries say: the log proves itself,
//! and the log proves the tables.
//!
//! Both sides are reduced to facts, which are distributed over temporary files by
//! their key; then each file is compared in memory. So any number of records and
//! entries needs a bounded amount of memory.

mod partition;
mod principal;

use async_trait::async_trait;
use platform_store::{Snapshot, StoreError};

use crate::{
    RecordedEntry,
    report::{Progress, Report, STEP},
};

use partition::Partitions;
pub use principal::PrincipalFacts;

/// What one service knows about its tables and about the entries that account for
/// them. Each service implements it; `src` passes all of them to [`crate::verify`].
#[async_trait]
pub trait RecordCheck: Send + Sync {
    /// The facts that an entry states about records: what their columns are from then
    /// on, or that they were removed. The last fact of a key counts.
    fn facts_of(&self, entry: &RecordedEntry) -> Vec<Fact>;

    /// Adds the facts that the tables state, one for each row that the log accounts for.
    ///
    /// # Errors
    /// Any [`StoreError`].
    async fn read_rows(
        &self,
        snapshot: &mut Snapshot,
        facts: &mut FactSink<'_>,
    ) -> Result<(), StoreError>;

    /// The sentence that says what is wrong with a record, or `None` if both sides
    /// agree. Called for each key that either side has.
    fn compare(&self, record: &Comparison<'_>) -> Option<String>;
}

/// One fact about a record.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fact {
    /// Which kind of record, or which aspect of it: `certificate`, `user.permissions`.
    pub collection: &'static str,
    /// The record's key as text.
    pub key: String,
    /// What its columns are, as text that [`RecordCheck::compare`] understands; `None`
    /// if the record was removed.
    pub value: Option<String>,
}

/// What both sides say about one record.
#[derive(Clone, Copy, Debug)]
pub struct Comparison<'r> {
    /// Which kind of record.
    pub collection: &'r str,
    /// The record's key.
    pub key: &'r str,
    /// What the log says; `None` if it says nothing, or that the record was removed.
    pub logged: Option<&'r str>,
    /// What the table says; `None` if it has no such row.
    pub stored: Option<&'r str>,
}

/// Takes the facts that the rows of one service state.
#[derive(Debug)]
pub struct FactSink<'p> {
    check: usize,
    collections: &'p mut Collections,
    partitions: &'p mut Partitions,
    progress: ProgressOfRows<'p>,
}

struct ProgressOfRows<'p> {
    read: &'p mut u64,
    report: &'p mut (dyn FnMut(Progress) + Send),
}

/// The checks of all services, with the facts of both sides.
pub(crate) struct Records<'c> {
    checks: &'c [Box<dyn RecordCheck>],
    collections: Collections,
    logged: Partitions,
    stored: Partitions,
}

/// Which check a fact belongs to; the files hold its index.
#[derive(Debug, Default)]
struct Collections(Vec<(usize, &'static str)>);

impl Fact {
    /// The record `key` has these columns.
    pub fn new(collection: &'static str, key: impl Into<String>, value: impl Into<String>) -> Self {
        Self {
            collection,
            key: key.into(),
            value: Some(value.into()),
        }
    }

    /// The record `key` was removed.
    pub fn removed(collection: &'static str, key: impl Into<String>) -> Self {
        Self {
            collection,
            key: key.into(),
            value: None,
        }
    }
}

impl FactSink<'_> {
    /// Adds the fact that a row states.
    ///
    /// # Errors
    /// If the disk has no room for it.
    #[allow(
        clippy::needless_pass_by_value,
        reason = "callers make a fact to give it away"
    )]
    pub fn add(&mut self, fact: Fact) -> Result<(), StoreError> {
        let collection = self.collections.index(self.check, fact.collection);
        self.partitions.add(collection, &fact)?;
        self.progress.count();
        Ok(())
    }
}

impl ProgressOfRows<'_> {
    fn count(&mut self) {
        *self.read += 1;
        if self.read.is_multiple_of(STEP) {
            (self.report)(Progress::Rows(*self.read));
        }
    }
}

impl std::fmt::Debug for ProgressOfRows<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "ProgressOfRows({})", self.read)
    }
}

impl Collections {
    fn index(&mut self, check: usize, name: &'static str) -> u32 {
        let known = self.0.iter().position(|known| *known == (check, name));
        let index = known.unwrap_or_else(|| {
            self.0.push((check, name));
            self.0.len() - 1
        });
        index as u32
    }
}

impl<'c> Records<'c> {
    pub(crate) fn new(checks: &'c [Box<dyn RecordCheck>]) -> Self {
        Self {
            checks,
            collections: Collections::default(),
            logged: Partitions::new(0),
            stored: Partitions::new(0),
        }
    }

    pub(crate) async fn read_rows(
        &mut self,
        snapshot: &mut Snapshot,
        progress: &mut (dyn FnMut(Progress) + Send),
    ) -> Result<(), StoreError> {
        let mut read = 0;
        for (index, check) in self.checks.iter().enumerate() {
            let mut facts = FactSink {
                check: index,
                collections: &mut self.collections,
                partitions: &mut self.stored,
                progress: ProgressOfRows {
                    read: &mut read,
                    report: &mut *progress,
                },
            };
            check.read_rows(snapshot, &mut facts).await?;
        }
        Ok(())
    }

    pub(crate) fn add_entry(&mut self, entry: &RecordedEntry) -> Result<(), StoreError> {
        for (index, check) in self.checks.iter().enumerate() {
            for fact in check.facts_of(entry) {
                let collection = self.collections.index(index, fact.collection);
                self.logged.add(collection, &fact)?;
            }
        }
        Ok(())
    }

    pub(crate) fn compare(self, report: &mut Report) -> Result<(), StoreError> {
        let Self {
            checks,
            collections,
            logged,
            stored,
        } = self;
        partition::compare(logged, stored, &mut |collection, key, logged, stored| {
            let Some((check, collection)) = collections.0.get(collection as usize) else {
                return;
            };
            let finding = checks[*check].compare(&Comparison {
                collection,
                key,
                logged,
                stored,
            });
            if let Some(finding) = finding {
                report.find_record(finding);
            }
        })
    }
}
