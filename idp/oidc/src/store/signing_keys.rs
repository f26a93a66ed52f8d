//! `idp_signing_key`.

use crypto::SignatureAlgorithm;
use jiff::Timestamp;
use platform_store::{Row, Store, StoreError, Tx, params};

use super::unexpected;
use crate::model::{KeyState, SigningKeyInfo};

/// A row, with the public key if it was recorded (keys of 0.1.0 have none).
#[derive(Clone, Debug)]
pub(crate) struct StoredKey {
    pub(crate) info: SigningKeyInfo,
    /// DER SubjectPublicKeyInfo.
    pub(crate) public_key: Option<Vec<u8>>,
}

const ALL: &str = "SELECT uri, algorithm, state, public_key, created_at, activates_at, retired_at
     FROM idp_signing_key ORDER BY created_at, uri";

/// Every key that was ever registered, the oldest first.
pub(crate) async fn all(store: &Store) -> Result<Vec<StoredKey>, StoreError> {
    let rows = store.fetch_all(ALL, vec![]).await?;
    rows.iter().map(read).collect()
}

/// The same, inside a transaction.
pub(crate) async fn all_in(tx: &mut Tx<'_>) -> Result<Vec<StoredKey>, StoreError> {
    let rows = tx.fetch_all(ALL, vec![]).await?;
    rows.iter().map(read).collect()
}

/// Adds a key; false if its URI is registered, or another of its algorithm is active and
/// this one would be too.
pub(crate) async fn insert(
    tx: &mut Tx<'_>,
    uri: &str,
    algorithm: SignatureAlgorithm,
    state: KeyState,
    now: Timestamp,
    activates_at: Timestamp,
) -> Result<bool, StoreError> {
    tx.execute(
        "INSERT INTO idp_signing_key (uri, algorithm, state, created_at, activates_at)
         VALUES ($1, $2, $3, $4, $5) ON CONFLICT DO NOTHING",
        params![uri, name(algorithm), state.name(), now, activates_at],
    )
    .await
    .map(|added| added > 0)
}

/// Moves a key from one state to another; false if it was not in the first.
pub(crate) async fn set_state(
    tx: &mut Tx<'_>,
    uri: &str,
    from: KeyState,
    to: KeyState,
) -> Result<bool, StoreError> {
    tx.execute(
        "UPDATE idp_signing_key SET state = $3 WHERE uri = $1 AND state = $2",
        params![uri, from.name(), to.name()],
    )
    .await
    .map(|changed| changed > 0)
}

/// Records the public key of a key that was generated.
pub(crate) async fn set_public_key(
    tx: &mut Tx<'_>,
    uri: &str,
    public_key: &[u8],
) -> Result<(), StoreError> {
    tx.execute(
        "UPDATE idp_signing_key SET public_key = $2 WHERE uri = $1",
        params![uri, public_key],
    )
    .await
    .map(|_| ())
}

/// Records when a key became active, or was retired.
pub(crate) async fn set_times(
    tx: &mut Tx<'_>,
    uri: &str,
    activates_at: Timestamp,
    retired_at: Option<Timestamp>,
) -> Result<(), StoreError> {
    tx.execute(
        "UPDATE idp_signing_key SET activates_at = $2, retired_at = $3 WHERE uri = $1",
        params![uri, activates_at, retired_at],
    )
    .await
    .map(|_| ())
}

fn name(algorithm: SignatureAlgorithm) -> &'static str {
    algorithm.jose().unwrap_or_default()
}

fn read(row: &Row) -> Result<StoredKey, StoreError> {
    let algorithm: String = row.get("algorithm")?;
    let state: String = row.get("state")?;
    Ok(StoredKey {
        info: SigningKeyInfo {
            uri: row.get("uri")?,
            algorithm: SignatureAlgorithm::from_jose(&algorithm)
                .ok_or_else(|| unexpected("algorithm", &algorithm))?,
            state: KeyState::from_name(&state).ok_or_else(|| unexpected("state", &state))?,
            created_at: row.time("created_at")?,
            activates_at: row.time("activates_at")?,
            retired_at: row.optional_time("retired_at")?,
        },
        public_key: row.get("public_key")?,
    })
}
