//! Gives entries their place in the tree, in batches, and signs the head.

use std::{sync::Arc, time::Duration};

use hsm_adapters::Key;
use jiff::Timestamp;

use super::{
    checkpoint::{Checkpoint, CheckpointError, VerifierKey},
    merkle::{self, Frontier},
};
use crate::{SharedClock, Store, StoreError, params, store::Tx};

/// How many entries get their place in one transaction.
const BATCH: i64 = 2048;
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

/// The tree after a batch.
struct Head {
    origin: String,
    frontier: Frontier,
    /// How many entries the batch had.
    sequenced: u64,
}

/// The one who orders the log. Every node runs one; the row of the tree's state,
/// updated only from the state that was read, keeps them apart.
#[derive(Clone, Debug)]
pub struct Sequencer {
    store: Store,
    key: Arc<dyn Key>,
    clock: SharedClock,
}

/// Begins a log; does nothing where there is one already.
///
/// # Errors
/// Any [`StoreError`].
pub async fn create(store: &Store, origin: &str, key_uri: &str) -> Result<(), StoreError> {
    let (origin, key_uri) = (origin.to_owned(), key_uri.to_owned());
    store
        .transact(move |tx| {
            let values = params![&origin, &key_uri, Vec::new()];
            Box::pin(async move {
                tx.execute(
                    "INSERT INTO audit_tree (id, origin, key_uri, size, frontier)
                     VALUES (1, $1, $2, 0, $3) ON CONFLICT (id) DO NOTHING",
                    values,
                )
                .await
                .map(|_| ())
            })
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
        Self { store, key, clock }
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
                () = self.store.audited().notified() => tokio::time::sleep(PERIOD).await,
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
        let idle = self
            .store
            .fetch_optional(
                "SELECT 1 AS idle FROM audit_tree WHERE id = 1
                 AND (size = 0 OR EXISTS (SELECT 1 FROM audit_checkpoint WHERE tree_size = audit_tree.size))
                 AND NOT EXISTS (SELECT 1 FROM audit_entry WHERE leaf_index IS NULL)",
                vec![],
            )
            .await?;
        if idle.is_some() {
            return Ok(());
        }
        loop {
            let head = self.store.transact(|tx| Box::pin(sequence(tx))).await?;
            let Some(head) = head else { return Ok(()) };
            let full = head.sequenced == BATCH.unsigned_abs();
            self.publish(&head).await?;
            if !full {
                return Ok(());
            }
        }
    }

    /// Signs the head unless it was signed already.
    async fn publish(&self, head: &Head) -> Result<(), SequencerError> {
        let size = i64::try_from(head.frontier.size())
            .map_err(|_| SequencerError::Damaged("the tree is too large"))?;
        let signed = self
            .store
            .fetch_optional(
                "SELECT 1 FROM audit_checkpoint WHERE tree_size = $1",
                params![size],
            )
            .await?;
        if signed.is_some() || size == 0 {
            return Ok(());
        }
        let root = head.frontier.root();
        let checkpoint = Checkpoint {
            origin: head.origin.clone(),
            size: head.frontier.size(),
            root,
        };
        let note = checkpoint.sign(self.key.as_ref()).await?;
        let now = self.clock.now();
        self.store
            .transact(move |tx| Box::pin(record(tx, size, root, now, note.clone())))
            .await
            .map_err(SequencerError::Store)
    }
}

/// Gives one batch of waiting entries the next indexes, in the order they came.
async fn sequence(tx: &mut Tx<'_>) -> Result<Option<Head>, SequencerError> {
    let Some(state) = tx
        .fetch_optional(
            "SELECT origin, size, frontier FROM audit_tree WHERE id = 1",
            vec![],
        )
        .await?
    else {
        return Ok(None);
    };
    let size: i64 = state.get("size")?;
    let mut frontier = Frontier::decode(size.unsigned_abs(), &state.get::<Vec<u8>>("frontier")?)
        .ok_or(SequencerError::Damaged("size and frontier do not fit"))?;
    let waiting = tx
        .fetch_optional(
            "SELECT 1 AS one FROM audit_entry WHERE leaf_index IS NULL LIMIT 1",
            vec![],
        )
        .await?;
    let origin: String = state.get("origin")?;
    if waiting.is_none() {
        return Ok(Some(Head {
            origin,
            frontier,
            sequenced: 0,
        }));
    }
    // The first write claims the state that was read: of two nodes that read the
    // same state, the later finds it changed and sequences nothing this time.
    let claimed = tx
        .execute(
            "UPDATE audit_tree SET size = $1 WHERE id = 1 AND size = $1",
            params![size],
        )
        .await?;
    if claimed == 0 {
        return Ok(None);
    }
    let mut leaves = tx
        .fetch_all(
            "UPDATE audit_entry SET leaf_index = $1 + waiting.place
             FROM (SELECT id, row_number() OVER (ORDER BY id) - 1 AS place
                   FROM audit_entry WHERE leaf_index IS NULL ORDER BY id LIMIT $2) AS waiting
             WHERE audit_entry.id = waiting.id
             RETURNING leaf_index, body",
            params![size, BATCH],
        )
        .await?
        .iter()
        .map(|row| Ok((row.get("leaf_index")?, row.get("body")?)))
        .collect::<Result<Vec<(i64, String)>, StoreError>>()?;
    leaves.sort_unstable_by_key(|(index, _)| *index);
    for (_, body) in &leaves {
        frontier.push(merkle::leaf(body.as_bytes()));
    }
    let new_size = i64::try_from(frontier.size())
        .map_err(|_| SequencerError::Damaged("the tree is too large"))?;
    tx.execute(
        "UPDATE audit_tree SET size = $1, frontier = $2 WHERE id = 1",
        params![new_size, frontier.encode()],
    )
    .await?;
    Ok(Some(Head {
        origin,
        frontier,
        sequenced: leaves.len() as u64,
    }))
}

/// Stores a signed head, and thins out older ones to the last of each minute.
async fn record(
    tx: &mut Tx<'_>,
    size: i64,
    root: merkle::Hash,
    now: Timestamp,
    note: String,
) -> Result<(), StoreError> {
    const MINUTE: i64 = 60_000_000;
    let at = now.as_microsecond();
    tx.execute(
        "INSERT INTO audit_checkpoint (tree_size, root, at, note) VALUES ($1, $2, $3, $4)
         ON CONFLICT (tree_size) DO NOTHING",
        params![size, root, at, note],
    )
    .await?;
    tx.execute(
        "DELETE FROM audit_checkpoint WHERE tree_size < $1 AND at >= $2",
        params![size, at - at.rem_euclid(MINUTE)],
    )
    .await
    .map(|_| ())
}
