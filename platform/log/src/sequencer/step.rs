//! One step of the tree: the entries that get a leaf, and the head that they make.

use std::{collections::BTreeMap, sync::Arc};

use jiff::Timestamp;
use platform_store::{Store, StoreError, Table, Tx, params};

use super::{
    SequencerError,
    tree::{Claim, Tree},
};
use crate::{
    by_action,
    checkpoint::Checkpoint,
    merkle::{Frontier, Hash},
    stream::{self, Run},
};

/// A batch's row with fewer entries is extended, so that few rows serve many.
const LONG: i64 = 4096;

/// Which entries have the leaves from `leaf_index` on.
static AUDIT_BATCH: Table = Table {
    name: "audit_batch",
    columns: &["leaf_index", "entry_id", "entries"],
    parent: None,
};

#[derive(Debug)]
pub(super) struct Step {
    from: i64,
    size: i64,
    frontier: Frontier,
    runs: Vec<Run>,
}

impl Step {
    /// The step that appends `runs` to the tree.
    pub(super) fn new(tree: &Tree, runs: Vec<Run>) -> Result<Self, SequencerError> {
        let mut frontier = tree.frontier.clone();
        for leaf in runs.iter().flat_map(|run| &run.leaves) {
            frontier.push(leaf.hash);
        }
        let size = i64::try_from(frontier.size())
            .map_err(|_| SequencerError::Damaged("the tree is too large"))?;
        Ok(Self {
            from: tree.size,
            size,
            frontier,
            runs,
        })
    }

    /// The step that was claimed, from the entries that it names.
    pub(super) async fn of_claim(
        tree: &Tree,
        claim: &Claim,
        store: &Store,
    ) -> Result<Self, SequencerError> {
        let mut runs = Vec::new();
        for (first, entries) in decode(&claim.runs)? {
            let run = stream::read_run(store, first, entries).await?;
            runs.push(run.ok_or(SequencerError::Damaged(
                "entries that were claimed are missing",
            ))?);
        }
        let step = Self::new(tree, runs)?;
        if step.size == claim.size && step.root()[..] == claim.root {
            Ok(step)
        } else {
            Err(SequencerError::Damaged(
                "entries that were claimed have changed",
            ))
        }
    }

    pub(super) fn size(&self) -> i64 {
        self.size
    }

    fn root(&self) -> Hash {
        self.frontier.root()
    }

    /// The head to sign.
    pub(super) fn head(&self, origin: &str) -> Checkpoint {
        Checkpoint {
            origin: origin.to_owned(),
            size: self.frontier.size(),
            root: self.root(),
        }
    }

    /// Claims the step: from then on no other step can follow the tree. False if
    /// another node has claimed or committed one.
    pub(super) async fn claim(&self, store: &Store) -> Result<bool, StoreError> {
        let (from, size, root) = (self.from, self.size, self.root());
        let runs = encode(&self.runs);
        store
            .transact(async move |tx| {
                // Read first, so that a node that comes too late waits for no row.
                let sql = "SELECT 1 AS one FROM audit_tree
                           WHERE id = 1 AND size = $1 AND claim_from <> $1";
                if tx.fetch_optional(sql, params![from]).await?.is_none() {
                    return Ok(false);
                }
                let claimed = tx
                    .execute(
                        "UPDATE audit_tree
                         SET claim_from = $4, claim_size = $1, claim_root = $2, claim_runs = $3
                         WHERE id = 1 AND size = $4 AND claim_from <> $4",
                        params![size, root, &runs, from],
                    )
                    .await?;
                Ok(claimed > 0)
            })
            .await
    }

    /// Commits the step with its signed head; false if another node did.
    pub(super) async fn commit(
        self,
        store: &Store,
        note: String,
        at: Timestamp,
    ) -> Result<bool, SequencerError> {
        let step = Arc::new(self);
        store
            .transact(async move |tx| {
                let is_next = step.advance_tree(tx).await?;
                if is_next {
                    step.place_runs(tx).await?;
                    step.record_head(tx, &note, at).await?;
                }
                Ok(is_next)
            })
            .await
    }

    /// Closes the claim too: the schema refuses a new size without that, so that a node
    /// of 0.1.0, which knows no claims, cannot move the tree.
    async fn advance_tree(&self, tx: &mut Tx<'_>) -> Result<bool, StoreError> {
        let moved = tx
            .execute(
                "UPDATE audit_tree SET size = $1, frontier = $2, claim_from = -1
                 WHERE id = 1 AND size = $3
                   AND claim_from = $3 AND claim_size = $1 AND claim_root = $4",
                params![self.size, self.frontier.encode(), self.from, self.root()],
            )
            .await?;
        Ok(moved > 0)
    }

    /// Records which entries have the new leaves, and how far each stream is sequenced.
    ///
    /// A step has a run for each commit when writers take turns, so this costs a
    /// statement for each stream and one for all runs, not one for each run.
    async fn place_runs(&self, tx: &mut Tx<'_>) -> Result<(), SequencerError> {
        self.advance_streams(tx).await?;
        let mut index = self.from;
        for (position, run) in self.runs.iter().enumerate() {
            // Neighbouring runs are of different streams: only the first can follow the
            // last batch in its stream.
            if position > 0 || !extend_last_batch(tx, index, run).await? {
                tx.append(
                    &AUDIT_BATCH,
                    vec![index.into(), run.first.into(), run.entries().into()],
                );
            }
            index += run.entries();
        }
        let leaves = self.runs.iter().flat_map(|run| &run.leaves);
        by_action::record(tx, self.from, leaves.map(|leaf| &*leaf.action)).await?;
        Ok(())
    }

    async fn advance_streams(&self, tx: &mut Tx<'_>) -> Result<(), SequencerError> {
        let mut streams: BTreeMap<i64, (i64, i64)> = BTreeMap::new();
        for run in &self.runs {
            let (_, next) = streams.entry(run.stream).or_insert((run.first, run.first));
            *next = run.next();
        }
        for (stream, (first, next)) in streams {
            let moved = tx
                .execute(
                    "UPDATE audit_stream SET next_id = $1 WHERE id = $2 AND next_id <= $3",
                    params![next, stream, first],
                )
                .await?;
            if moved == 0 {
                return Err(SequencerError::Damaged("a stream is ahead of the tree"));
            }
        }
        Ok(())
    }

    /// Stores the signed head, and thins out older ones to the last of each minute.
    async fn record_head(
        &self,
        tx: &mut Tx<'_>,
        note: &str,
        at: Timestamp,
    ) -> Result<(), StoreError> {
        const MINUTE: i64 = 60_000_000;
        let at = at.as_microsecond();
        tx.execute(
            "INSERT INTO audit_checkpoint (tree_size, root, at, note) VALUES ($1, $2, $3, $4)
             ON CONFLICT (tree_size) DO NOTHING",
            params![self.size, self.root(), at, note],
        )
        .await?;
        tx.execute(
            "DELETE FROM audit_checkpoint WHERE tree_size < $1 AND at >= $2",
            params![self.size, at - at.rem_euclid(MINUTE)],
        )
        .await
        .map(|_| ())
    }
}

/// Adds `run`, whose leaves begin at `index`, to the last batch; false if it does not
/// follow that batch in its stream, or the batch is long enough.
async fn extend_last_batch(tx: &mut Tx<'_>, index: i64, run: &Run) -> Result<bool, StoreError> {
    let extended = tx
        .execute(
            "UPDATE audit_batch SET entries = entries + $1
             WHERE leaf_index = (SELECT MAX(leaf_index) FROM audit_batch)
               AND entry_id + entries = $2 AND leaf_index + entries = $3 AND entries < $4",
            params![run.entries(), run.first, index, LONG],
        )
        .await?;
    Ok(extended > 0)
}

/// The number of each run's first entry and of its entries, 8 bytes each.
fn encode(runs: &[Run]) -> Vec<u8> {
    runs.iter()
        .flat_map(|run| [run.first, run.entries()])
        .flat_map(i64::to_be_bytes)
        .collect()
}

fn decode(runs: &[u8]) -> Result<Vec<(i64, i64)>, SequencerError> {
    let (numbers, rest) = runs.as_chunks::<8>();
    let numbers: Vec<i64> = numbers.iter().copied().map(i64::from_be_bytes).collect();
    let (pairs, odd) = numbers.as_chunks::<2>();
    if rest.is_empty() && odd.is_empty() {
        Ok(pairs
            .iter()
            .map(|[first, entries]| (*first, *entries))
            .collect())
    } else {
        Err(SequencerError::Damaged("a claim cannot be read"))
    }
}
