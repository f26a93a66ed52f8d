//! Revocation lists and what they contain.

use std::sync::Arc;

use jiff::Timestamp;
use pki::Revocation;
use platform_store::{Row, Store, StoreError, Tx, params};

use super::{reason, serial};

/// How many CRLs stay on record: the newest is served, older ones show what was said before.
const KEPT_CRLS: i64 = 10;

/// A CRL that was signed.
pub(crate) struct NewCrl {
    pub(crate) authority_id: Arc<str>,
    pub(crate) crl_number: i64,
    pub(crate) this_update: Timestamp,
    pub(crate) next_update: Timestamp,
    /// It lists every revocation up to this epoch.
    pub(crate) epoch: i64,
    pub(crate) der: Vec<u8>,
}

/// The next CRL number, which is never given again.
pub(crate) async fn next_crl_number(
    tx: &mut Tx<'_>,
    authority_id: &str,
) -> Result<i64, StoreError> {
    tx.execute_returning_optional(
        "INSERT INTO ca_crl_number (authority_id, crl_number) VALUES ($1, 1)
         ON CONFLICT (authority_id) DO UPDATE SET crl_number = ca_crl_number.crl_number + 1
         RETURNING crl_number",
        params![authority_id],
    )
    .await?
    .ok_or_else(|| StoreError::Unexpected("no CRL number".to_owned()))?
    .get("crl_number")
}

/// Every revocation that a CRL must still list: those of certificates that have not expired
/// before `since`.
pub(crate) async fn revocations(
    store: &Store,
    authority_id: &str,
    since: Timestamp,
) -> Result<Vec<Revocation>, StoreError> {
    let rows = store
        .fetch_all(
            "SELECT serial, reason, revoked_at FROM ca_revocation
             WHERE authority_id = $1 AND not_after >= $2 ORDER BY revoked_at, serial",
            params![authority_id, since],
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

/// Publishes a CRL: from the commit on it is the one that is served.
pub(crate) async fn insert_crl(tx: &mut Tx<'_>, crl: &NewCrl) -> Result<(), StoreError> {
    let id = crl.authority_id.as_ref();
    tx.execute(
        "INSERT INTO ca_crl (authority_id, crl_number, this_update, next_update, der)
         VALUES ($1, $2, $3, $4, $5)",
        params![
            id,
            crl.crl_number,
            crl.this_update,
            crl.next_update,
            &crl.der
        ],
    )
    .await?;
    tx.execute(
        "DELETE FROM ca_crl WHERE authority_id = $1 AND crl_number < $2",
        params![id, crl.crl_number - KEPT_CRLS],
    )
    .await?;
    tx.execute(
        "UPDATE ca_revocation_epoch SET published = $2
         WHERE authority_id = $1 AND published < $2",
        params![id, crl.epoch],
    )
    .await?;
    Ok(())
}

/// The thisUpdate of the newest CRL.
pub(crate) async fn latest_this_update(
    store: &Store,
    authority_id: &str,
) -> Result<Option<Timestamp>, StoreError> {
    let sql = "SELECT this_update FROM ca_crl
               WHERE authority_id = $1 ORDER BY crl_number DESC LIMIT 1";
    let row = store.fetch_optional(sql, params![authority_id]).await?;
    row.map(|row| row.time("this_update")).transpose()
}

/// Which CRL it is.
pub(crate) struct CrlVersion {
    pub(crate) crl_number: i64,
    pub(crate) this_update: Timestamp,
}

/// Which CRL is the newest.
pub(crate) async fn newest_crl_version(
    store: &Store,
    authority_id: &str,
) -> Result<Option<CrlVersion>, StoreError> {
    let sql = "SELECT crl_number, this_update FROM ca_crl
               WHERE authority_id = $1 ORDER BY crl_number DESC LIMIT 1";
    let row = store.fetch_optional(sql, params![authority_id]).await?;
    row.map(|row| version(&row)).transpose()
}

/// The newest CRL in DER.
pub(crate) async fn newest_crl(
    store: &Store,
    authority_id: &str,
) -> Result<Option<(CrlVersion, Vec<u8>)>, StoreError> {
    let sql = "SELECT crl_number, this_update, der FROM ca_crl
               WHERE authority_id = $1 ORDER BY crl_number DESC LIMIT 1";
    let row = store.fetch_optional(sql, params![authority_id]).await?;
    row.map(|row| Ok((version(&row)?, row.get("der")?)))
        .transpose()
}

fn version(row: &Row) -> Result<CrlVersion, StoreError> {
    Ok(CrlVersion {
        crl_number: row.get("crl_number")?,
        this_update: row.time("this_update")?,
    })
}
