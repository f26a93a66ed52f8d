//! `idp_password_link`.

use jiff::Timestamp;
use platform::{Store, StoreError, params, store::Tx};

pub(crate) async fn insert(
    tx: &mut Tx<'_>,
    token_hash: [u8; 32],
    user_id: &str,
    expires_at: Timestamp,
) -> Result<(), StoreError> {
    tx.execute(
        "INSERT INTO idp_password_link (token_hash, user_id, expires_at) VALUES ($1, $2, $3)",
        params![token_hash, user_id, expires_at],
    )
    .await
    .map(|_| ())
}

/// Whose link it is, while it is good.
pub(crate) async fn find(
    store: &Store,
    token_hash: [u8; 32],
    now: Timestamp,
) -> Result<Option<String>, StoreError> {
    store
        .fetch_optional(
            "SELECT user_id FROM idp_password_link WHERE token_hash = $1 AND used_at IS NULL AND expires_at > $2",
            params![token_hash, now],
        )
        .await?
        .map(|row| row.get("user_id"))
        .transpose()
}

/// Uses a link up; whose it was, or none where it is not good any more.
pub(crate) async fn take(
    tx: &mut Tx<'_>,
    token_hash: [u8; 32],
    now: Timestamp,
) -> Result<Option<String>, StoreError> {
    tx.fetch_optional(
        "UPDATE idp_password_link SET used_at = $2
         WHERE token_hash = $1 AND used_at IS NULL AND expires_at > $2 RETURNING user_id",
        params![token_hash, now],
    )
    .await?
    .map(|row| row.get("user_id"))
    .transpose()
}

pub(crate) async fn delete_of_user(tx: &mut Tx<'_>, user_id: &str) -> Result<(), StoreError> {
    tx.execute(
        "DELETE FROM idp_password_link WHERE user_id = $1",
        params![user_id],
    )
    .await
    .map(|_| ())
}

pub(crate) async fn delete_expired(
    tx: &mut Tx<'_>,
    before: Timestamp,
    most: i64,
) -> Result<u64, StoreError> {
    tx.execute(
        "DELETE FROM idp_password_link WHERE token_hash IN
             (SELECT token_hash FROM idp_password_link WHERE expires_at <= $1 LIMIT $2)",
        params![before, most],
    )
    .await
}
