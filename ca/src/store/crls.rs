//! SQL of the revocation lists and of what stands in them.

use jiff::Timestamp;
use pki::Revocation;
use platform::{Store, StoreError, params, store::Tx};

use super::{reason, serial};

/// The next CRL number, given out once.
pub(crate) async fn next_crl_number(tx: &mut Tx<'_>, issuer: &str) -> Result<i64, StoreError> {
    tx.execute_returning_optional(
        "INSERT INTO ca_crl_number (issuer, crl_number) VALUES ($1, 1)
         ON CONFLICT (issuer) DO UPDATE SET crl_number = ca_crl_number.crl_number + 1
         RETURNING crl_number",
        params![issuer],
    )
    .await?
    .ok_or_else(|| StoreError::Unexpected("no CRL number".to_owned()))?
    .get("crl_number")
}

/// Every revocation that a CRL must still carry: those of certificates not expired before `since`.
pub(crate) async fn revocations(
    store: &Store,
    issuer: &str,
    since: Timestamp,
) -> Result<Vec<Revocation>, StoreError> {
    let rows = store
        .fetch_all(
            "SELECT serial, reason, revoked_at FROM ca_revocation
             WHERE issuer = $1 AND not_after >= $2 ORDER BY revoked_at, serial",
            params![issuer, since],
        )
        .await?;
    rows.iter()
        .map(|row| {
            Ok(Revocation {
                serial: serial(row)?,
                revocation_date: row.time("revoked_at")?,
                reason: reason(row.get("reason")?)?,
                invalidity_date: None,
            })
        })
        .collect()
}

pub(crate) async fn insert_crl(
    tx: &mut Tx<'_>,
    issuer: &str,
    crl_number: i64,
    this_update: Timestamp,
    next_update: Timestamp,
    der: &[u8],
) -> Result<(), StoreError> {
    tx.execute(
        "INSERT INTO ca_crl (issuer, crl_number, this_update, next_update, der) VALUES ($1, $2, $3, $4, $5)",
        params![issuer, crl_number, this_update, next_update, der],
    )
    .await?;
    // Only the newest is served; a few older ones stay for those who ask what was said.
    tx.execute(
        "DELETE FROM ca_crl WHERE issuer = $1 AND crl_number < $2",
        params![issuer, crl_number - 10],
    )
    .await
    .map(|_| ())
}

/// The thisUpdate of the newest CRL.
pub(crate) async fn latest_crl(
    store: &Store,
    issuer: &str,
) -> Result<Option<Timestamp>, StoreError> {
    store
        .fetch_optional(
            "SELECT this_update FROM ca_crl WHERE issuer = $1 ORDER BY crl_number DESC LIMIT 1",
            params![issuer],
        )
        .await?
        .map(|row| row.time("this_update"))
        .transpose()
}

/// The newest CRL's number, nextUpdate and bytes.
pub(crate) async fn newest_crl(
    store: &Store,
    issuer: &str,
) -> Result<Option<(i64, Timestamp, Vec<u8>)>, StoreError> {
    store
        .fetch_optional(
            "SELECT crl_number, next_update, der FROM ca_crl
             WHERE issuer = $1 ORDER BY crl_number DESC LIMIT 1",
            params![issuer],
        )
        .await?
        .map(|row| {
            Ok((
                row.get("crl_number")?,
                row.time("next_update")?,
                row.get("der")?,
            ))
        })
        .transpose()
}
