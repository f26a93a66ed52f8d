//! Whole records, for comparing them with the log.

use jiff::Timestamp;
use pki::SerialNumber;
use platform::{Store, StoreError, params, store::Row};

use super::reason;

/// A certificate's whole record, for comparing it with the log.
pub(crate) struct RecordedCertificate {
    pub(crate) serial: String,
    pub(crate) issuer: String,
    pub(crate) profile: String,
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
    let mut last: Vec<u8> = Vec::new();
    loop {
        let rows = store
            .fetch_all(
                "SELECT serial, issuer, profile, subject, requester, issued_at, not_after, der
                 FROM ca_certificate WHERE serial > $1 ORDER BY serial LIMIT $2",
                params![&last, page],
            )
            .await?;
        for row in &rows {
            last = row.get("serial")?;
            each(RecordedCertificate {
                serial: serial_text(row)?,
                issuer: row.get("issuer")?,
                profile: row.get("profile")?,
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
    pub(crate) serial: String,
    pub(crate) issuer: String,
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
            "SELECT serial, issuer, reason, revoked_at, not_after FROM ca_revocation",
            vec![],
        )
        .await?;
    rows.iter()
        .map(|row| {
            let code: i64 = row.get("reason")?;
            Ok(RecordedRevocation {
                serial: serial_text(row)?,
                issuer: row.get("issuer")?,
                reason: reason(code)
                    .map_or_else(|_| code.to_string(), |reason| reason.name().to_owned()),
                revoked_at: row.time("revoked_at")?,
                not_after: row.time("not_after")?,
            })
        })
        .collect()
}

/// A serial number as text, whatever a hand has put there.
fn serial_text(row: &Row) -> Result<String, StoreError> {
    let bytes: Vec<u8> = row.get("serial")?;
    Ok(SerialNumber::from_bytes(&bytes)
        .map_or_else(|_| hex::encode(&bytes), |serial| serial.to_string()))
}

pub(crate) async fn has_certificate(store: &Store, serial: &str) -> Result<bool, StoreError> {
    let sql = "SELECT serial FROM ca_certificate WHERE serial = $1";
    Ok(store
        .fetch_optional(sql, params![bytes_of(serial)])
        .await?
        .is_some())
}

pub(crate) async fn has_revocation(store: &Store, serial: &str) -> Result<bool, StoreError> {
    let sql = "SELECT serial FROM ca_revocation WHERE serial = $1";
    Ok(store
        .fetch_optional(sql, params![bytes_of(serial)])
        .await?
        .is_some())
}

/// The bytes of a hexadecimal serial number; none for text that is not one.
fn bytes_of(serial: &str) -> Vec<u8> {
    serial
        .parse::<SerialNumber>()
        .map(|serial| serial.as_bytes().to_vec())
        .unwrap_or_default()
}
