//! Gives entries their place in the tree, in batches, and signs the head.

use std::{
    sync::Arc,
    time::{Duration, Instant},
};

use hsm_adapters::Key;
use jiff::Timestamp;
use parking_lot::Mutex;
use platform_runtime::SharedClock;
use platform_store::{Store, StoreError, Tx, params};

use crate::{
    checkpoint::{Checkpoint, CheckpointError, VerifierKey},
    merkle::Frontier,
    stream::{self, Run, Waiting},
};

/// How many entries of a stream get their place in one transaction.
const BATCH: usize = 2048;
/// A batch's row with fewer entries is lengthened, so that few rows serve many.
const LONG: i64 = 4096;
/// How many of the newest streams are looked at each time: those that are in use.
const NEWEST: i64 = 256;
/// How often all streams are looked at, should an old one still be written to.
const ALL: Duration = Duration::from_secs(600);
/// How long entries may gather before they are sequenced.
const PERIOD: Duration = Duration::from_millis(400);
/// How often to look for entries that other nodes wrote.
const IDLE: Duration = Duration::from_millis(900);

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

/// The tree as it is stored.
struct Tree {
    origin: String,
    size: i64,
    frontier: Frontier,
}

/// Entries on their way into the tree, and the head that they make.
struct Step {
    from: i64,
    size: i64,
    frontier: Frontier,
    runs: Vec<Run>,
    note: String,
    at: Timestamp,
}

/// The one who orders the log. Every node runs one; the row of the tree's state,
/// updated only from the state that was read, keeps them apart.
#[derive(Clone, Debug)]
pub struct Sequencer {
    store: Store,
    key: Arc<dyn Key>,
    clock: SharedClock,
    /// When all streams were looked at.
    looked_at_all: Arc<Mutex<Option<Instant>>>,
}

/// Begins a log; does nothing where there is one already.
///
/// # Errors
/// Any [`StoreError`].
pub async fn create(store: &Store, origin: &str, key_uri: &str) -> Result<(), StoreError> {
    let (origin, key_uri) = (origin.to_owned(), key_uri.to_owned());
    store
        .transact(async move |tx| {
            let values = params![&origin, &key_uri, Vec::new()];
            tx.execute(
                "INSERT INTO audit_tree (id, origin, key_uri, size, frontier)
                     VALUES (1, $1, $2, 0, $3) ON CONFLICT (id) DO NOTHING",
                values,
            )
            .await
            .map(|_| ())
        })
        .await
}

/// The newest signed checkpoint, if one was made yet.
///
/// # Errors
/// Any [`StoreError`].
pub async fn latest_checkpoint(store: &Store) -> Result<Option<String>, StoreError> {
    store
        .fetch_optional(
            "SELECT note FROM audit_checkpoint ORDER BY tree_size DESC LIMIT 1",
            vec![],
        )
        .await?
        .map(|row| row.get("note"))
        .transpose()
}

impl Sequencer {
    /// A sequencer that signs with the log's `key`.
    pub fn new(store: Store, key: Arc<dyn Key>, clock: SharedClock) -> Self {
        Self {
            store,
            key,
            clock,
            looked_at_all: Arc::default(),
        }
    }

    /// The origin and the key's URI of this database's log, if it was begun.
    ///
    /// # Errors
    /// Any [`StoreError`].
    pub async fn identity(store: &Store) -> Result<Option<(String, String)>, StoreError> {
        store
            .fetch_optional(
                "SELECT origin, key_uri FROM audit_tree WHERE id = 1",
                vec![],
            )
            .await?
            .map(|row| Ok((row.get("origin")?, row.get("key_uri")?)))
            .transpose()
    }

    /// The public key under which `origin`'s checkpoints verify.
    ///
    /// # Errors
    /// Where the log's key is not Ed25519.
    pub fn verifier(&self, origin: &str) -> Result<VerifierKey, CheckpointError> {
        VerifierKey::of(origin, self.key.as_ref())
    }

    /// Sequences for ever: at once when entries were written here, every second else.
    pub async fn run(self) {
        loop {
            tokio::select! {
                () = self.store.entry_committed().notified() => tokio::time::sleep(PERIOD).await,
                () = tokio::time::sleep(IDLE) => {}
            }
            if let Err(error) = self.catch_up().await {
                tracing::error!(%error, "audit entries wait for their place in the log");
            }
        }
    }

    /// Gives every waiting entry its place and signs the new head.
    ///
    /// # Errors
    /// Where the database or the log's key does not serve; entries wait meanwhile.
    pub async fn catch_up(&self) -> Result<(), SequencerError> {
        while self.step().await? {}
        Ok(())
    }

    /// One step of the tree; true where there may be more to do.
    async fn step(&self) -> Result<bool, SequencerError> {
        let Some(tree) = self.tree().await? else {
            return Ok(false);
        };
        let all = self.is_all_due();
        let newest = if all { i64::MAX } else { NEWEST };
        // What is committed never changes, so it is read and hashed before the
        // writer's turn.
        let Waiting { runs, more } = stream::waiting(&self.store, newest, BATCH).await?;
        if all && !more {
            *self.looked_at_all.lock() = Some(Instant::now());
        }
        if runs.is_empty() {
            return Ok(false);
        }
        let mut frontier = tree.frontier;
        for leaf in runs.iter().flat_map(|run| &run.leaves) {
            frontier.push(*leaf);
        }
        let size = i64::try_from(frontier.size())
            .map_err(|_| SequencerError::Damaged("the tree is too large"))?;
        let head = Checkpoint {
            origin: tree.origin,
            size: frontier.size(),
            root: frontier.root(),
        };
        let step = Arc::new(Step {
            from: tree.size,
            size,
            frontier,
            runs,
            note: head.sign(self.key.as_ref()).await?,
            at: self.clock.now(),
        });
        let taken = self
            .store
            .transact(async move |tx| {
                let step = Arc::clone(&step);
                take(tx, &step).await
            })
            .await?;
        // Another node was quicker: it has done what there was to do.
        Ok(taken && more)
    }

    async fn tree(&self) -> Result<Option<Tree>, SequencerError> {
        let row = self
            .store
            .fetch_optional(
                "SELECT origin, size, frontier, (SELECT note FROM audit_checkpoint
                    WHERE tree_size = audit_tree.size) AS note
                 FROM audit_tree WHERE id = 1",
                vec![],
            )
            .await?;
        let Some(row) = row else { return Ok(None) };
        let size: i64 = row.get("size")?;
        let frontier = Frontier::decode(size.unsigned_abs(), &row.get::<Vec<u8>>("frontier")?)
            .ok_or(SequencerError::Damaged("size and frontier do not fit"))?;
        let tree = Tree {
            origin: row.get("origin")?,
            size,
            frontier,
        };
        if size > 0 {
            self.check(&tree, row.get("note")?)?;
        }
        Ok(Some(tree))
    }

    /// State and head are committed together. Whoever took the head away, or put
    /// another in its place, may have changed the state too: it is not signed again.
    fn check(&self, tree: &Tree, note: Option<String>) -> Result<(), SequencerError> {
        let note = note.ok_or(SequencerError::Damaged("its head is not there"))?;
        let verifier = VerifierKey::of(&tree.origin, self.key.as_ref())?;
        let head = Checkpoint::open(&note, &verifier)
            .map_err(|_| SequencerError::Damaged("its head is not signed by the log's key"))?;
        if head.size == tree.frontier.size() && head.root == tree.frontier.root() {
            Ok(())
        } else {
            Err(SequencerError::Damaged("its head is another tree's"))
        }
    }

    /// True where all streams should be looked at again.
    fn is_all_due(&self) -> bool {
        self.looked_at_all
            .lock()
            .is_none_or(|at| at.elapsed() >= ALL)
    }
}

/// Takes one step, unless another node has taken one since the tree was read.
async fn take(tx: &mut Tx<'_>, step: &Step) -> Result<bool, SequencerError> {
    // Read first, so that who comes too late waits for no row.
    let sql = "SELECT size FROM audit_tree WHERE id = 1";
    let size = tx.fetch_optional(sql, vec![]).await?;
    if size.map(|row| row.get::<i64>("size")).transpose()? != Some(step.from) {
        return Ok(false);
    }
    let claimed = tx
        .execute(
            "UPDATE audit_tree SET size = $1, frontier = $2 WHERE id = 1 AND size = $3",
            params![step.size, step.frontier.encode(), step.from],
        )
        .await?;
    if claimed == 0 {
        return Ok(false);
    }
    let mut index = step.from;
    for run in &step.runs {
        let entries = run.leaves.len() as i64;
        let moved = tx
            .execute(
                "UPDATE audit_stream SET next_id = $1 WHERE id = $2 AND next_id <= $3",
                params![run.next(), run.stream, run.first],
            )
            .await?;
        if moved == 0 {
            return Err(SequencerError::Damaged("a stream is ahead of the tree"));
        }
        place(tx, index, run.first, entries).await?;
        index += entries;
    }
    record(tx, step).await?;
    Ok(true)
}

/// Records which entries have the places from `index` on: by the last batch, where
/// they follow it in their stream too, or by a new one.
async fn place(tx: &mut Tx<'_>, index: i64, first: i64, entries: i64) -> Result<(), StoreError> {
    let lengthened = tx
        .execute(
            "UPDATE audit_batch SET entries = entries + $1
             WHERE leaf_index = (SELECT MAX(leaf_index) FROM audit_batch)
               AND entry_id + entries = $2 AND leaf_index + entries = $3 AND entries < $4",
            params![entries, first, index, LONG],
        )
        .await?;
    if lengthened == 0 {
        tx.execute(
            "INSERT INTO audit_batch (leaf_index, entry_id, entries) VALUES ($1, $2, $3)",
            params![index, first, entries],
        )
        .await?;
    }
    Ok(())
}

/// Stores the signed head, and thins out older ones to the last of each minute.
async fn record(tx: &mut Tx<'_>, step: &Step) -> Result<(), StoreError> {
    const MINUTE: i64 = 60_000_000;
    let at = step.at.as_microsecond();
    tx.execute(
        "INSERT INTO audit_checkpoint (tree_size, root, at, note) VALUES ($1, $2, $3, $4)
         ON CONFLICT (tree_size) DO NOTHING",
        params![step.size, step.frontier.root(), at, &step.note],
    )
    .await?;
    tx.execute(
        "DELETE FROM audit_checkpoint WHERE tree_size < $1 AND at >= $2",
        params![step.size, at - at.rem_euclid(MINUTE)],
    )
    .await
    .map(|_| ())
}
