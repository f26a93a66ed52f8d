//! The stored state of the tree.

use hsm_adapters::Key;
use platform_store::{Row, Store, StoreError, params};

use super::SequencerError;
use crate::{
    checkpoint::{Checkpoint, VerifierKey},
    merkle::Frontier,
};

/// The tree as it is stored, with the head that is signed for it.
#[derive(Debug)]
pub(super) struct Tree {
    pub(super) origin: String,
    pub(super) size: i64,
    pub(super) frontier: Frontier,
    /// The step that was claimed after it.
    pub(super) claim: Option<Claim>,
}

/// A step that may have been signed, and must be committed as it was claimed.
#[derive(Debug)]
pub(super) struct Claim {
    pub(super) size: i64,
    pub(super) root: Vec<u8>,
    pub(super) runs: Vec<u8>,
}

/// Begins a log; does nothing if there is one already.
///
/// # Errors
/// Any [`StoreError`].
pub async fn create(store: &Store, origin: &str, key_uri: &str) -> Result<(), StoreError> {
    let (origin, key_uri) = (origin.to_owned(), key_uri.to_owned());
    store
        .transact(async move |tx| {
            tx.execute(
                "INSERT INTO audit_tree (id, origin, key_uri, size, frontier)
                 VALUES (1, $1, $2, 0, $3) ON CONFLICT (id) DO NOTHING",
                params![&origin, &key_uri, Vec::new()],
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

pub(super) async fn identity(store: &Store) -> Result<Option<(String, String)>, StoreError> {
    let sql = "SELECT origin, key_uri FROM audit_tree WHERE id = 1";
    let row = store.fetch_optional(sql, vec![]).await?;
    row.map(|row| Ok((row.get("origin")?, row.get("key_uri")?)))
        .transpose()
}

impl Tree {
    /// Reads the tree and checks its signed head.
    pub(super) async fn read(store: &Store, key: &dyn Key) -> Result<Option<Self>, SequencerError> {
        let row = store
            .fetch_optional(
                "SELECT origin, size, frontier, claim_from, claim_size, claim_root, claim_runs,
                     (SELECT note FROM audit_checkpoint WHERE tree_size = audit_tree.size) AS note
                 FROM audit_tree WHERE id = 1",
                vec![],
            )
            .await?;
        let Some(row) = row else { return Ok(None) };
        let size: i64 = row.get("size")?;
        let frontier = Frontier::decode(size.unsigned_abs(), &row.get::<Vec<u8>>("frontier")?)
            .ok_or(SequencerError::Damaged("size and frontier do not fit"))?;
        let tree = Self {
            origin: row.get("origin")?,
            size,
            frontier,
            claim: Claim::of_row(&row, size)?,
        };
        if size > 0 {
            tree.check_head(key, row.get("note")?)?;
        }
        Ok(Some(tree))
    }

    /// State and head are committed together. If the head was removed or replaced, the
    /// state may have been changed too: it is not signed again.
    fn check_head(&self, key: &dyn Key, note: Option<String>) -> Result<(), SequencerError> {
        let note = note.ok_or(SequencerError::Damaged("its head is not there"))?;
        let verifier = VerifierKey::of(&self.origin, key)?;
        let head = Checkpoint::open(&note, &verifier)
            .map_err(|_| SequencerError::Damaged("its head is not signed by the log's key"))?;
        if head.size == self.frontier.size() && head.root == self.frontier.root() {
            Ok(())
        } else {
            Err(SequencerError::Damaged("its head is another tree's"))
        }
    }
}

impl Claim {
    /// The claim after a tree of `size`; older ones were completed.
    fn of_row(row: &Row, size: i64) -> Result<Option<Self>, StoreError> {
        if row.get::<i64>("claim_from")? != size {
            return Ok(None);
        }
        Ok(Some(Self {
            size: row.get("claim_size")?,
            root: row.get::<Option<_>>("claim_root")?.unwrap_or_default(),
            runs: row.get::<Option<_>>("claim_runs")?.unwrap_or_default(),
        }))
    }
}
