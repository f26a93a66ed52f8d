//! `idp_password_link`.

use jiff::Timestamp;
use platform_store::{Store, StoreError, Tx, params};

pub(crate) async fn insert(
    tx: &mut Tx<'_>,
    token_key: Vec<u8>,
    user_id: &str,
    expires_at: Timestamp,
) -> Result<(), StoreError> {
    tx.execute(
        "INSERT INTO idp_password_link (token_key, user_id, expires_at) VALUES ($1, $2, $3)",
        params![token_key, user_id, expires_at],
    )
    .await
    .map(|_| ())
}

/// The user whom a link is for, unless it was used or has expired.
pub(crate) async fn find(
    store: &Store,
    token_key: Vec<u8>,
    now: Timestamp,
) -> Result<Option<String>, StoreError> {
    store
        .fetch_optional(
            "SELECT user_id FROM idp_password_link WHERE token_key = $1 AND used_at IS NULL AND expires_at > $2",
            params![token_key, now],
        )
        .await?
        .map(|row| row.get("user_id"))
        .transpose()
}

/// Uses a link; the user whom it is for, or `None` if it was used or has expired.
pub(crate) async fn take(
    tx: &mut Tx<'_>,
    token_key: &[u8],
    now: Timestamp,
) -> Result<Option<String>, StoreError> {
    tx.execute_returning_optional(
        "UPDATE idp_password_link SET used_at = $2
         WHERE token_key = $1 AND used_at IS NULL AND expires_at > $2 RETURNING user_id",
        params![token_key, now],
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
        "DELETE FROM idp_password_link WHERE token_key IN
             (SELECT token_key FROM idp_password_link WHERE expires_at <= $1 LIMIT $2)",
        params![before, most],
    )
    .await
}
