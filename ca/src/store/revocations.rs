//! Revocations, and how many there are: the revocation epoch of each authority.

use jiff::Timestamp;
use pki::RevocationReason;
use platform_store::{Store, StoreError, Tx, params};

use super::{CertificateKey, reason};

/// Records a revocation; false if the certificate was revoked before.
pub(crate) async fn insert_revocation(
    tx: &mut Tx<'_>,
    key: &CertificateKey,
    why: RevocationReason,
    now: Timestamp,
) -> Result<bool, StoreError> {
    tx.execute(
        "INSERT INTO ca_revocation
         (authority_id, serial, reason, revoked_at, not_after, issued_at)
         VALUES ($1, $2, $3, $4, $5, $6) ON CONFLICT (authority_id, serial) DO NOTHING",
        params![
            &key.authority_id,
            key.serial.as_bytes(),
            i64::from(why.code()),
            now,
            key.not_after,
            key.issued_at
        ],
    )
    .await
    .map(|changed| changed == 1)
}

/// When and why a certificate was revoked.
pub(crate) struct Revoked {
    pub(crate) at: Timestamp,
    pub(crate) reason: RevocationReason,
}

/// The revocation of a certificate, if it is revoked.
pub(crate) async fn revocation(
    tx: &mut Tx<'_>,
    key: &CertificateKey,
) -> Result<Option<Revoked>, StoreError> {
    let sql = "SELECT reason, revoked_at FROM ca_revocation
               WHERE authority_id = $1 AND serial = $2";
    let row = tx
        .fetch_optional(sql, params![&key.authority_id, key.serial.as_bytes()])
        .await?;
    row.map(|row| {
        Ok(Revoked {
            at: row.time("revoked_at")?,
            reason: reason(row.get("reason")?)?,
        })
    })
    .transpose()
}

/// Changes the reason of a revocation if it is still `from`. The revocation time does not change.
pub(crate) async fn update_reason(
    tx: &mut Tx<'_>,
    key: &CertificateKey,
    from: RevocationReason,
    to: RevocationReason,
) -> Result<bool, StoreError> {
    tx.execute(
        "UPDATE ca_revocation SET reason = $4
         WHERE authority_id = $1 AND serial = $2 AND reason = $3",
        params![
            &key.authority_id,
            key.serial.as_bytes(),
            i64::from(from.code()),
            i64::from(to.code())
        ],
    )
    .await
    .map(|changed| changed == 1)
}

/// Ends the revocation of a certificate that is on hold; false if it is not on hold.
pub(crate) async fn delete_hold(tx: &mut Tx<'_>, key: &CertificateKey) -> Result<bool, StoreError> {
    let hold = i64::from(RevocationReason::CertificateHold.code());
    tx.execute(
        "DELETE FROM ca_revocation WHERE authority_id = $1 AND serial = $2 AND reason = $3",
        params![&key.authority_id, key.serial.as_bytes(), hold],
    )
    .await
    .map(|changed| changed == 1)
}

/// How many revocations an authority has committed, and how many its newest CRL lists.
pub(crate) struct Epoch {
    pub(crate) authority_id: String,
    pub(crate) current: i64,
    pub(crate) published: i64,
}

/// The epochs of every authority.
pub(crate) async fn epochs(store: &Store) -> Result<Vec<Epoch>, StoreError> {
    let rows = store
        .fetch_all(
            "SELECT authority_id, epoch, published FROM ca_revocation_epoch",
            vec![],
        )
        .await?;
    rows.iter()
        .map(|row| {
            Ok(Epoch {
                authority_id: row.get("authority_id")?,
                current: row.get("epoch")?,
                published: row.get("published")?,
            })
        })
        .collect()
}

/// Counts a revocation and returns the new epoch.
pub(crate) async fn advance_epoch(tx: &mut Tx<'_>, authority_id: &str) -> Result<i64, StoreError> {
    tx.execute_returning_optional(
        "INSERT INTO ca_revocation_epoch (authority_id, epoch, published) VALUES ($1, 1, 0)
         ON CONFLICT (authority_id) DO UPDATE SET epoch = ca_revocation_epoch.epoch + 1
         RETURNING epoch",
        params![authority_id],
    )
    .await?
    .ok_or_else(|| StoreError::Unexpected("no revocation epoch".to_owned()))?
    .get("epoch")
}

pub(crate) async fn current_epoch(tx: &mut Tx<'_>, authority_id: &str) -> Result<i64, StoreError> {
    let sql = "SELECT epoch FROM ca_revocation_epoch WHERE authority_id = $1";
    match tx.fetch_optional(sql, params![authority_id]).await? {
        Some(row) => row.get("epoch"),
        None => Ok(0),
    }
}

/// The epoch up to which the newest CRL lists every revocation.
pub(crate) async fn published_epoch(store: &Store, authority_id: &str) -> Result<i64, StoreError> {
    let sql = "SELECT published FROM ca_revocation_epoch WHERE authority_id = $1";
    match store.fetch_optional(sql, params![authority_id]).await? {
        Some(row) => row.get("published"),
        None => Ok(0),
    }
}
