//! The signed heads, compared with the recomputed tree.

use std::collections::VecDeque;

use platform_store::{Row, Snapshot, StoreError, params};

use crate::{
    checkpoint::{Checkpoint, VerifierKey},
    merkle::{Frontier, Hash},
    report::Report,
};

/// How many checkpoints are read together.
const PAGE: i64 = 1024;

/// The heads that the tree must have had, by size: those that are stored, and one
/// that was kept elsewhere.
#[derive(Debug)]
pub(super) struct Heads<'v> {
    verifier: &'v VerifierKey,
    given: Option<Head>,
    page: VecDeque<Head>,
    /// The size of the last one read; `None` after the last.
    last: Option<i64>,
}

#[derive(Debug)]
struct Head {
    name: String,
    size: u64,
    root: Hash,
}

impl<'v> Heads<'v> {
    pub(super) fn new(verifier: &'v VerifierKey, given: Option<&Checkpoint>) -> Self {
        Self {
            verifier,
            given: given.map(|given| Head {
                name: "the given checkpoint".to_owned(),
                size: given.size,
                root: given.root,
            }),
            page: VecDeque::new(),
            last: Some(i64::MIN),
        }
    }

    /// Compares all heads of the frontier's size.
    pub(super) async fn compare(
        &mut self,
        frontier: &Frontier,
        snapshot: &mut Snapshot,
        report: &mut Report,
    ) -> Result<(), StoreError> {
        if let Some(given) = self.given.take_if(|given| given.size <= frontier.size()) {
            given.compare(frontier, report);
        }
        loop {
            if self.page.is_empty() {
                self.read(snapshot, report).await?;
            }
            let Some(head) = self.page.pop_front_if(|head| head.size <= frontier.size()) else {
                return Ok(());
            };
            head.compare(frontier, report);
        }
    }

    /// After the last entry: heads of larger trees are findings.
    pub(super) async fn end(
        mut self,
        frontier: &Frontier,
        snapshot: &mut Snapshot,
        report: &mut Report,
    ) -> Result<(), StoreError> {
        self.compare(frontier, snapshot, report).await?;
        let given = self.given.take();
        given
            .into_iter()
            .for_each(|head| head.rolled_back(frontier, report));
        while !self.page.is_empty() {
            let beyond = self.page.drain(..);
            beyond.for_each(|head| head.rolled_back(frontier, report));
            self.read(snapshot, report).await?;
        }
        Ok(())
    }

    async fn read(
        &mut self,
        snapshot: &mut Snapshot,
        report: &mut Report,
    ) -> Result<(), StoreError> {
        while self.page.is_empty()
            && let Some(last) = self.last
        {
            let rows = snapshot
                .fetch_all(
                    "SELECT tree_size, root, note FROM audit_checkpoint
                     WHERE tree_size > $1 ORDER BY tree_size LIMIT $2",
                    params![last, PAGE],
                )
                .await?;
            self.last = rows.last().map(|row| row.get("tree_size")).transpose()?;
            for row in &rows {
                self.page.extend(self.open(row, report)?);
            }
        }
        Ok(())
    }

    fn open(&self, row: &Row, report: &mut Report) -> Result<Option<Head>, StoreError> {
        let size: i64 = row.get("tree_size")?;
        let name = format!("the checkpoint at {size}");
        match Checkpoint::open(&row.get::<String>("note")?, self.verifier) {
            Ok(head)
                if head.size == size.unsigned_abs()
                    && head.root[..] == row.get::<Vec<u8>>("root")? =>
            {
                return Ok(Some(Head {
                    name,
                    size: head.size,
                    root: head.root,
                }));
            }
            Ok(_) => report.find(format!("{name} is not the one that was signed")),
            Err(error) => report.find(format!("{name}: {error}")),
        }
        Ok(None)
    }
}

impl Head {
    fn compare(self, frontier: &Frontier, report: &mut Report) {
        report.checkpoints += 1;
        if self.size == frontier.size() && self.root != frontier.root() {
            report.find(format!(
                "{} says that the first {} entries have another root: one of them was changed, removed or reordered",
                self.name, self.size
            ));
        }
    }

    fn rolled_back(self, frontier: &Frontier, report: &mut Report) {
        report.find(format!(
            "{} has {} entries, the log only {}: it was rolled back",
            self.name,
            self.size,
            frontier.size()
        ));
    }
}
