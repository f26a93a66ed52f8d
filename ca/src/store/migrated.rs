//! Certificates of authorities that Xinshu 0.1.0 kept beside all others.

use pki::Certificate;
use platform_store::{Store, StoreError, Tx, params};

/// Records the certificates of authorities that a migration found outside `ca_certificate`: SQL
/// cannot read their serial numbers. Does nothing if there are none, or another node was faster.
pub(crate) async fn record_migrated_certificates(store: &Store) -> Result<(), StoreError> {
    let pending = store
        .fetch_optional(
            "SELECT 1 AS one FROM ca_migrated_certificate LIMIT 1",
            vec![],
        )
        .await?;
    if pending.is_none() {
        return Ok(());
    }
    store
        .transact(async |tx: &mut Tx<'_>| record_all(tx).await)
        .await
}

async fn record_all(tx: &mut Tx<'_>) -> Result<(), StoreError> {
    let rows = tx
        .fetch_all(
            "SELECT authority_id, issuer_id, key_uri, der, created_at
             FROM ca_migrated_certificate",
            vec![],
        )
        .await?;
    for row in &rows {
        let der: Vec<u8> = row.get("der")?;
        let certificate = Certificate::from_der(&der)
            .map_err(|error| StoreError::Unexpected(error.to_string()))?;
        let authority_id: String = row.get("authority_id")?;
        let issuer_id: String = row.get("issuer_id")?;
        let profile = if authority_id == issuer_id {
            "root"
        } else {
            "issuing"
        };
        let serial = certificate.serial().as_bytes();
        tx.execute(
            "INSERT INTO ca_certificate (authority_id, serial, profile, profile_version,
             subject, requester, issued_at, not_after, der)
             VALUES ($1, $2, $3, 1, $4, $5, $6, $7, $8)
             ON CONFLICT (authority_id, serial) DO NOTHING",
            params![
                &issuer_id,
                serial,
                profile,
                certificate.subject().to_string(),
                super::MIGRATED,
                row.time("created_at")?,
                certificate.validity().not_after,
                certificate.der()
            ],
        )
        .await?;
        tx.execute(
            "INSERT INTO ca_authority_certificate (issuer_id, serial, authority_id, key_uri)
             VALUES ($1, $2, $3, $4) ON CONFLICT (issuer_id, serial) DO NOTHING",
            params![
                &issuer_id,
                serial,
                &authority_id,
                row.get::<String>("key_uri")?
            ],
        )
        .await?;
    }
    tx.execute("DELETE FROM ca_migrated_certificate", vec![])
        .await?;
    Ok(())
}
