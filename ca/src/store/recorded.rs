//! Whole records, for comparing them with the log. Nothing in them is trusted.

use jiff::Timestamp;
use pki::SerialNumber;
use platform_store::{Row, Store, StoreError, params};

use super::reason;

/// A certificate's whole record.
pub(crate) struct RecordedCertificate {
    pub(crate) authority: String,
    pub(crate) serial: String,
    pub(crate) profile: String,
    pub(crate) profile_version: i64,
    pub(crate) subject: String,
    pub(crate) requester: String,
    pub(crate) issued_at: Timestamp,
    pub(crate) not_after: Timestamp,
    pub(crate) der: Vec<u8>,
}

/// Reads every certificate's record, `page` at a time.
pub(crate) async fn recorded_certificates(
    store: &Store,
    page: i64,
    mut each: impl FnMut(RecordedCertificate),
) -> Result<(), StoreError> {
    let (mut authority, mut serial) = (String::new(), Vec::new());
    loop {
        let rows = store
            .fetch_all(
                "SELECT c.authority_id, COALESCE(a.name, c.authority_id) AS authority, c.serial,
                 c.profile, c.profile_version, c.subject, c.requester, c.issued_at, c.not_after,
                 c.der
                 FROM ca_certificate c LEFT JOIN ca_authority a ON a.id = c.authority_id
                 WHERE (c.authority_id, c.serial) > ($1, $2)
                 ORDER BY c.authority_id, c.serial LIMIT $3",
                params![&authority, &serial, page],
            )
            .await?;
        for row in &rows {
            authority = row.get("authority_id")?;
            serial = row.get("serial")?;
            each(RecordedCertificate {
                authority: row.get("authority")?,
                serial: serial_text(row)?,
                profile: row.get("profile")?,
                profile_version: row.get("profile_version")?,
                subject: row.get("subject")?,
                requester: row.get("requester")?,
                issued_at: row.time("issued_at")?,
                not_after: row.time("not_after")?,
                der: row.get("der")?,
            });
        }
        if rows.is_empty() {
            return Ok(());
        }
    }
}

/// A revocation's whole record.
pub(crate) struct RecordedRevocation {
    pub(crate) authority: String,
    pub(crate) serial: String,
    pub(crate) reason: String,
    pub(crate) revoked_at: Timestamp,
    pub(crate) not_after: Timestamp,
}

/// Every revocation's record.
pub(crate) async fn recorded_revocations(
    store: &Store,
) -> Result<Vec<RecordedRevocation>, StoreError> {
    let rows = store
        .fetch_all(
            "SELECT COALESCE(a.name, r.authority_id) AS authority, r.serial, r.reason,
             r.revoked_at, r.not_after
             FROM ca_revocation r LEFT JOIN ca_authority a ON a.id = r.authority_id",
            vec![],
        )
        .await?;
    rows.iter()
        .map(|row| {
            let code: i64 = row.get("reason")?;
            Ok(RecordedRevocation {
                authority: row.get("authority")?,
                serial: serial_text(row)?,
                reason: reason(code)
                    .map_or_else(|_| code.to_string(), |reason| reason.name().to_owned()),
                revoked_at: row.time("revoked_at")?,
                not_after: row.time("not_after")?,
            })
        })
        .collect()
}

/// An authority with one of its certificates.
pub(crate) struct RecordedAuthority {
    pub(crate) name: String,
    pub(crate) issuer: String,
    pub(crate) key_uri: String,
    pub(crate) der: Vec<u8>,
}

/// Every authority with each of its certificates.
pub(crate) async fn recorded_authorities(
    store: &Store,
) -> Result<Vec<RecordedAuthority>, StoreError> {
    let rows = store
        .fetch_all(
            "SELECT a.name, COALESCE(i.name, l.issuer_id) AS issuer, l.key_uri, c.der
             FROM ca_authority a JOIN ca_authority_certificate l ON l.authority_id = a.id
             JOIN ca_certificate c ON c.authority_id = l.issuer_id AND c.serial = l.serial
             LEFT JOIN ca_authority i ON i.id = l.issuer_id
             UNION ALL
             SELECT m.authority_id, m.issuer_id, m.key_uri, m.der FROM ca_migrated_certificate m",
            vec![],
        )
        .await?;
    rows.iter()
        .map(|row| {
            Ok(RecordedAuthority {
                name: row.get("name")?,
                issuer: row.get("issuer")?,
                key_uri: row.get("key_uri")?,
                der: row.get("der")?,
            })
        })
        .collect()
}

/// A serial number as text, whatever the column contains.
fn serial_text(row: &Row) -> Result<String, StoreError> {
    let bytes: Vec<u8> = row.get("serial")?;
    Ok(SerialNumber::from_bytes(&bytes)
        .map_or_else(|_| hex::encode(&bytes), |serial| serial.to_string()))
}

pub(crate) async fn has_certificate(store: &Store, serial: &str) -> Result<bool, StoreError> {
    let sql = "SELECT serial FROM ca_certificate WHERE serial = $1 LIMIT 1";
    let row = store.fetch_optional(sql, params![bytes_of(serial)]).await?;
    Ok(row.is_some())
}

pub(crate) async fn has_revocation(store: &Store, serial: &str) -> Result<bool, StoreError> {
    let sql = "SELECT serial FROM ca_revocation WHERE serial = $1 LIMIT 1";
    let row = store.fetch_optional(sql, params![bytes_of(serial)]).await?;
    Ok(row.is_some())
}

/// The bytes of a hexadecimal serial number; none for text that is not one.
fn bytes_of(serial: &str) -> Vec<u8> {
    serial
        .parse::<SerialNumber>()
        .map(|serial| serial.as_bytes().to_vec())
        .unwrap_or_default()
}
