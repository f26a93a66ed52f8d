//! `idp_revoked`: access tokens that are void before their end.

use jiff::Timestamp;
use platform::{Store, StoreError, params, store::Tx};

/// Voids a token, or a family of them, until `expires_at`.
pub(crate) async fn insert(
    tx: &mut Tx<'_>,
    id: &str,
    expires_at: Timestamp,
) -> Result<(), StoreError> {
    tx.execute(
        "INSERT INTO idp_revoked (id, expires_at) VALUES ($1, $2)
         ON CONFLICT (id) DO UPDATE SET expires_at = excluded.expires_at
         WHERE idp_revoked.expires_at < excluded.expires_at",
        params![id, expires_at],
    )
    .await
    .map(|_| ())
}

/// Whether the token or its family is void.
pub(crate) async fn is_revoked(
    store: &Store,
    jti: &str,
    family: Option<&str>,
) -> Result<bool, StoreError> {
    Ok(store
        .fetch_optional(
            "SELECT id FROM idp_revoked WHERE id = $1 OR id = $2 LIMIT 1",
            params![jti, family.unwrap_or(jti)],
        )
        .await?
        .is_some())
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
