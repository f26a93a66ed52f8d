//! Keys that were revoked here because their private half is no longer private.

use pki::{Certificate, Digest, PublicKey, RevocationReason};
use platform_store::{Store, StoreError, Tx, params};

use super::{CertificateKey, serial};

/// Whether a revocation for `reason` says that the private key is known to others.
pub(crate) fn is_compromise(reason: RevocationReason) -> bool {
    matches!(
        reason,
        RevocationReason::KeyCompromise | RevocationReason::CaCompromise
    )
}

/// Whether any key is recorded as compromised.
pub(crate) async fn has_compromised_keys(store: &Store) -> Result<bool, StoreError> {
    let sql = "SELECT 1 AS one FROM ca_compromised_key LIMIT 1";
    Ok(store.fetch_optional(sql, vec![]).await?.is_some())
}

/// Whether a certificate with this key was revoked for its compromise.
pub(crate) async fn is_compromised(store: &Store, key: &PublicKey) -> Result<bool, StoreError> {
    let sql = "SELECT 1 AS one FROM ca_compromised_key WHERE key_digest = $1 LIMIT 1";
    let found = store.fetch_optional(sql, params![digest_of(key)]).await?;
    Ok(found.is_some())
}

/// Records that the key of a certificate is compromised.
pub(crate) async fn insert_compromised_key(
    tx: &mut Tx<'_>,
    key: &CertificateKey,
) -> Result<(), StoreError> {
    let sql = "SELECT der FROM ca_certificate WHERE serial = $1 AND authority_id = $2";
    let row = tx
        .fetch_optional(sql, params![key.serial.as_bytes(), &key.authority_id])
        .await?;
    match row {
        Some(row) => {
            let der: Vec<u8> = row.get("der")?;
            insert(tx, &key.authority_id, key.serial.as_bytes(), &der).await
        }
        None => Ok(()),
    }
}

/// Records the keys of certificates that were revoked before this table existed: SQL cannot read
/// keys. Returns how many there were, at most a hundred at a time.
pub(crate) async fn record_earlier_compromises(tx: &mut Tx<'_>) -> Result<usize, StoreError> {
    let rows = tx
        .fetch_all(
            "SELECT r.authority_id, r.serial, c.der FROM ca_revocation r
             JOIN ca_certificate c ON c.serial = r.serial AND c.authority_id = r.authority_id
             WHERE r.reason IN (1, 2) AND NOT EXISTS (
                 SELECT 1 FROM ca_compromised_key AS k
                 WHERE k.authority_id = r.authority_id AND k.serial = r.serial)
             LIMIT 100",
            vec![],
        )
        .await?;
    for row in &rows {
        let authority_id: String = row.get("authority_id")?;
        let der: Vec<u8> = row.get("der")?;
        insert(tx, &authority_id, serial(row)?.as_bytes(), &der).await?;
    }
    Ok(rows.len())
}

async fn insert(
    tx: &mut Tx<'_>,
    authority_id: &str,
    serial: &[u8],
    der: &[u8],
) -> Result<(), StoreError> {
    let certificate =
        Certificate::from_der(der).map_err(|error| StoreError::Unexpected(error.to_string()))?;
    tx.execute(
        "INSERT INTO ca_compromised_key (authority_id, serial, key_digest) VALUES ($1, $2, $3)
         ON CONFLICT (authority_id, serial) DO NOTHING",
        params![authority_id, serial, digest_of(certificate.public_key())],
    )
    .await?;
    Ok(())
}

fn digest_of(key: &PublicKey) -> Vec<u8> {
    Digest::Sha256.hash(key.der())
}
