//! Which access tokens are valid: `idp_revoked`, and the grants that they came from.

use jiff::Timestamp;
use platform_store::{Store, StoreError, Tx, params};

/// Revokes one access token until it expires.
pub(crate) async fn insert(
    tx: &mut Tx<'_>,
    jti: &str,
    expires_at: Timestamp,
) -> Result<(), StoreError> {
    tx.execute(
        "INSERT INTO idp_revoked (id, expires_at) VALUES ($1, $2) ON CONFLICT (id) DO NOTHING",
        params![jti, expires_at],
    )
    .await
    .map(|_| ())
}

/// Whether a token is valid: not revoked itself, and its grant, if it came from one,
/// exists and is not revoked.
pub(crate) async fn is_valid(
    store: &Store,
    jti: &str,
    grant_id: Option<&str>,
) -> Result<bool, StoreError> {
    match grant_id {
        None => Ok(store
            .fetch_optional("SELECT id FROM idp_revoked WHERE id = $1", params![jti])
            .await?
            .is_none()),
        Some(grant_id) => Ok(store
            .fetch_optional(
                "SELECT id FROM idp_grant WHERE id = $1 AND revoked_at IS NULL
                     AND NOT EXISTS (SELECT 1 FROM idp_revoked WHERE idp_revoked.id = $2)",
                params![grant_id, jti],
            )
            .await?
            .is_some()),
    }
}

pub(crate) async fn delete_expired(
    tx: &mut Tx<'_>,
    now: Timestamp,
    most: i64,
) -> Result<u64, StoreError> {
    tx.execute(
        "DELETE FROM idp_revoked WHERE id IN
             (SELECT id FROM idp_revoked WHERE expires_at <= $1 LIMIT $2)",
        params![now, most],
    )
    .await
}
