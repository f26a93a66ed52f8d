//! SQL of the certificates of this system's own services.

use pki::SerialNumber;
use platform::{Store, StoreError, params, store::Tx};

/// The reason code of a compromised key (RFC 5280 §5.3.1).
const KEY_COMPROMISE: i64 = 1;
/// Of so many, one is valid now.
const NEWEST: i64 = 8;

/// A service's certificate and where its key is.
#[derive(Clone, Debug)]
pub(crate) struct ServiceRow {
    pub(crate) key_uri: String,
    pub(crate) issuer: String,
    pub(crate) certificate: Vec<u8>,
}

/// The names of all services that ever had a certificate.
pub(crate) async fn service_names(store: &Store) -> Result<Vec<String>, StoreError> {
    let rows = store
        .fetch_all("SELECT DISTINCT name FROM ca_service ORDER BY name", vec![])
        .await?;
    rows.iter().map(|row| row.get("name")).collect()
}

/// The newest certificates of a service, those that end last first, without what was
/// revoked and without what is for a key that was compromised.
pub(crate) async fn services(store: &Store, name: &str) -> Result<Vec<ServiceRow>, StoreError> {
    let rows = store
        .fetch_all(
            "SELECT key_uri, issuer, certificate FROM ca_service AS s
             WHERE name = $1
             AND NOT EXISTS (SELECT 1 FROM ca_revocation AS r WHERE r.serial = s.serial)
             AND NOT EXISTS (SELECT 1 FROM ca_service AS other
                 JOIN ca_revocation AS r ON r.serial = other.serial
                 WHERE other.name = s.name AND other.key_uri = s.key_uri AND r.reason = $2)
             ORDER BY not_after DESC, serial DESC LIMIT $3",
            params![name, KEY_COMPROMISE, NEWEST],
        )
        .await?;
    rows.iter()
        .map(|row| {
            Ok(ServiceRow {
                key_uri: row.get("key_uri")?,
                issuer: row.get("issuer")?,
                certificate: row.get("certificate")?,
            })
        })
        .collect()
}

/// Whether a service ever had a certificate, revoked or not.
pub(crate) async fn was_served(store: &Store, name: &str) -> Result<bool, StoreError> {
    let sql = "SELECT serial FROM ca_service WHERE name = $1 LIMIT 1";
    Ok(store.fetch_optional(sql, params![name]).await?.is_some())
}

/// Keeps the certificate of a service.
pub(crate) async fn insert_service(
    tx: &mut Tx<'_>,
    name: &str,
    row: &ServiceRow,
    serial: &SerialNumber,
    not_after: jiff::Timestamp,
) -> Result<(), StoreError> {
    tx.execute(
        "INSERT INTO ca_service (serial, name, key_uri, issuer, certificate, not_after)
         VALUES ($1, $2, $3, $4, $5, $6)",
        params![
            serial.as_bytes(),
            name,
            &row.key_uri,
            &row.issuer,
            &row.certificate,
            not_after
        ],
    )
    .await
    .map(|_| ())
}
