//! `idp_device`: browsers that users have signed in with.

use jiff::Timestamp;
use platform_store::{Store, StoreError, Tx, params};

/// The browsers of one user that are remembered: the latest.
const REMEMBERED: i64 = 20;

/// Everyone who has signed in with the browser that has this cookie.
pub(crate) async fn users_of(store: &Store, token_key: &[u8]) -> Result<Vec<String>, StoreError> {
    store
        .fetch_all(
            "SELECT user_id FROM idp_device WHERE token_key = $1",
            params![token_key],
        )
        .await?
        .iter()
        .map(|row| row.get("user_id"))
        .collect()
}

/// Remembers that a user signed in with a browser.
pub(crate) async fn remember(
    tx: &mut Tx<'_>,
    token_key: &[u8],
    user_id: &str,
    now: Timestamp,
) -> Result<(), StoreError> {
    tx.execute(
        "INSERT INTO idp_device (token_key, user_id, last_used_at) VALUES ($1, $2, $3)
         ON CONFLICT (token_key, user_id) DO UPDATE SET last_used_at = excluded.last_used_at",
        params![token_key, user_id, now],
    )
    .await?;
    tx.execute(
        "DELETE FROM idp_device WHERE user_id = $1 AND token_key NOT IN
             (SELECT token_key FROM idp_device WHERE user_id = $1
              ORDER BY last_used_at DESC, token_key LIMIT $2)",
        params![user_id, REMEMBERED],
    )
    .await
    .map(|_| ())
}

/// Forgets all browsers of a user.
pub(crate) async fn delete_of_user(tx: &mut Tx<'_>, user_id: &str) -> Result<(), StoreError> {
    tx.execute(
        "DELETE FROM idp_device WHERE user_id = $1",
        params![user_id],
    )
    .await
    .map(|_| ())
}

pub(crate) async fn delete_before(
    tx: &mut Tx<'_>,
    before: Timestamp,
    most: i64,
) -> Result<u64, StoreError> {
    tx.execute(
        "DELETE FROM idp_device WHERE (token_key, user_id) IN
             (SELECT token_key, user_id FROM idp_device WHERE last_used_at < $1 LIMIT $2)",
        params![before, most],
    )
    .await
}
