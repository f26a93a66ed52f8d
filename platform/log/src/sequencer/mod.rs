//! Gives entries their leaf in the tree, in batches, and signs the head.
//!
//! Every node runs a sequencer. A step is claimed in the database before its head is
//! signed, and a claim is completed as it was made, by whichever node: so no two
//! heads of one size are ever signed, not even if a node dies in between.

mod step;
mod tree;

use std::{
    sync::Arc,
    time::{Duration, Instant},
};

use hsm_adapters::Key;
use parking_lot::Mutex;
use platform_runtime::SharedClock;
use platform_store::{Store, StoreError};

use crate::{
    checkpoint::{CheckpointError, VerifierKey},
    stream::{self, Waiting},
};

pub use tree::{create, latest_checkpoint};

use step::Step;
use tree::{Claim, Tree};

/// How many entries of a stream are sequenced in one step.
const BATCH: usize = 2048;
/// How many of the newest streams are read each time: those that are in use.
const NEWEST: i64 = 256;
/// How often all streams are read, in case an old one is still written to.
const ALL: Duration = Duration::from_secs(600);
/// How long entries may gather before they are sequenced.
const PERIOD: Duration = Duration::from_millis(400);
/// How often to look for entries that other nodes wrote.
const IDLE: Duration = Duration::from_millis(900);
/// How long another node's claim may stay open before this node completes it.
const ABANDONED: Duration = Duration::from_secs(2);
/// How often an open claim is looked at.
const POLL: Duration = Duration::from_millis(50);

/// Why a batch was not sequenced.
#[derive(Debug, thiserror::Error)]
pub enum SequencerError {
    /// The database.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The log's key.
    #[error(transparent)]
    Checkpoint(#[from] CheckpointError),
    /// The stored state of the tree contradicts itself.
    #[error("the stored state of the log is damaged: {0}")]
    Damaged(&'static str),
}

/// Orders the log. Cheap to clone.
#[derive(Clone, Debug)]
pub struct Sequencer {
    store: Store,
    key: Arc<dyn Key>,
    clock: SharedClock,
    memory: Arc<Mutex<Memory>>,
}

/// What a node remembers between steps.
#[derive(Debug, Default)]
struct Memory {
    /// When all streams were read.
    read_all: Option<Instant>,
    /// Whether this node has looked for a claim since it started.
    has_looked: bool,
    /// The open claim that was seen last: its size, since when, and whether it is
    /// this node's.
    claim: Option<(i64, Instant, bool)>,
}

/// What a step came to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum StepOutcome {
    /// Nothing waits any more, as far as this step saw.
    Done,
    /// More waits than one step takes.
    More,
    /// Another node has claimed the next step.
    ClaimedElsewhere,
}

impl Sequencer {
    /// A sequencer that signs with the log's `key`.
    pub fn new(store: Store, key: Arc<dyn Key>, clock: SharedClock) -> Self {
        Self {
            store,
            key,
            clock,
            memory: Arc::default(),
        }
    }

    /// The origin and the key's URI of this database's log, if it was begun.
    ///
    /// # Errors
    /// Any [`StoreError`].
    pub async fn identity(store: &Store) -> Result<Option<(String, String)>, StoreError> {
        tree::identity(store).await
    }

    /// The public key under which `origin`'s checkpoints verify.
    ///
    /// # Errors
    /// If the log's key is not Ed25519.
    pub fn verifier(&self, origin: &str) -> Result<VerifierKey, CheckpointError> {
        VerifierKey::of(origin, self.key.as_ref())
    }

    /// Sequences until the process ends: soon after entries were written here, and
    /// every second for those of other nodes.
    pub async fn run(self) {
        loop {
            if let Err(error) = self.catch_up().await {
                tracing::error!(%error, "audit entries wait to be sequenced");
            }
            tokio::select! {
                () = self.store.entry_committed().notified() => tokio::time::sleep(PERIOD).await,
                () = tokio::time::sleep(IDLE) => {}
            }
        }
    }

    /// Sequences every waiting entry and signs the new head.
    ///
    /// # Errors
    /// If the database or the log's key is unavailable; entries wait meanwhile.
    pub async fn catch_up(&self) -> Result<(), SequencerError> {
        loop {
            match self.step().await? {
                StepOutcome::Done => return Ok(()),
                StepOutcome::More => {}
                StepOutcome::ClaimedElsewhere => tokio::time::sleep(POLL).await,
            }
        }
    }

    /// One step: claim, sign, commit.
    async fn step(&self) -> Result<StepOutcome, SequencerError> {
        let Some(tree) = Tree::read(&self.store, self.key.as_ref()).await? else {
            return Ok(StepOutcome::Done);
        };
        let (step, more) = match &tree.claim {
            Some(claim) if !self.may_complete(claim) => return Ok(StepOutcome::ClaimedElsewhere),
            Some(claim) => (Step::of_claim(&tree, claim, &self.store).await?, true),
            None => {
                self.memory.lock().has_looked = true;
                match self.claim_next(&tree).await? {
                    Ok(claimed) => claimed,
                    Err(outcome) => return Ok(outcome),
                }
            }
        };
        let note = step.head(&tree.origin).sign(self.key.as_ref()).await?;
        let committed = step.commit(&self.store, note, self.clock.now()).await?;
        self.memory.lock().claim = None;
        // If another node has completed the claim, there may be more too.
        Ok(if more || !committed {
            StepOutcome::More
        } else {
            StepOutcome::Done
        })
    }

    /// Claims a step of what waits, and says whether more waits; or what there is
    /// instead of a step.
    async fn claim_next(
        &self,
        tree: &Tree,
    ) -> Result<Result<(Step, bool), StepOutcome>, SequencerError> {
        let all = self.must_read_all();
        let newest = if all { i64::MAX } else { NEWEST };
        // What is committed never changes, so it is read and hashed before the claim.
        let Waiting { runs, more } = stream::waiting(&self.store, newest, BATCH).await?;
        if all && !more {
            self.memory.lock().read_all = Some(self.clock.monotonic());
        }
        if runs.is_empty() {
            return Ok(Err(StepOutcome::Done));
        }
        let step = Step::new(tree, runs)?;
        if !step.claim(&self.store).await? {
            return Ok(Err(StepOutcome::ClaimedElsewhere));
        }
        self.memory.lock().claim = Some((step.size(), self.clock.monotonic(), true));
        Ok(Ok((step, more)))
    }

    fn may_complete(&self, claim: &Claim) -> bool {
        let now = self.clock.monotonic();
        self.memory.lock().may_complete(claim.size, now)
    }

    fn must_read_all(&self) -> bool {
        let now = self.clock.monotonic();
        let read_all = self.memory.lock().read_all;
        read_all.is_none_or(|at| now.saturating_duration_since(at) >= ALL)
    }
}

impl Memory {
    /// True for this node's own claim, for one that was seen open for so long that its
    /// node must have died, and for one that is open when this node starts: most likely
    /// it died itself, and would never complete its claim if it died again and again.
    /// If another node is about to complete it, both sign the same head.
    fn may_complete(&mut self, size: i64, now: Instant) -> bool {
        if !std::mem::replace(&mut self.has_looked, true) {
            return true;
        }
        match self.claim {
            Some((seen, since, own)) if seen == size => {
                own || now.saturating_duration_since(since) >= ABANDONED
            }
            _ => {
                self.claim = Some((size, now, false));
                false
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_claim_is_completed_at_the_start_or_once_it_was_abandoned() {
        let start = Instant::now();
        let mut memory = Memory::default();
        assert!(memory.may_complete(10, start), "open at the start");
        assert!(!memory.may_complete(20, start), "another node's");
        assert!(!memory.may_complete(20, start + ABANDONED / 2));
        assert!(!memory.may_complete(30, start + ABANDONED), "a new one");
        assert!(memory.may_complete(30, start + ABANDONED * 2));
        memory.claim = Some((40, start, true));
        assert!(memory.may_complete(40, start), "its own");
    }
}
