//! Whole records as of one moment, for comparing them with the log. Nothing in them is trusted.

use jiff::Timestamp;
use pki::SerialNumber;
use platform_store::{Row, Snapshot, StoreError};

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

/// Passes every certificate's record to `each`.
pub(crate) async fn recorded_certificates(
    snapshot: &mut Snapshot,
    mut each: impl FnMut(RecordedCertificate) -> Result<(), StoreError> + Send,
) -> Result<(), StoreError> {
    let mut rows = snapshot
        .stream(
            "SELECT COALESCE(a.name, c.authority_id) AS authority, c.serial, c.profile,
             c.profile_version, c.subject, c.requester, c.issued_at, c.not_after, c.der
             FROM ca_certificate c LEFT JOIN ca_authority a ON a.id = c.authority_id",
            vec![],
        )
        .await?;
    while let Some(row) = rows.next().await? {
        each(RecordedCertificate {
            authority: row.get("authority")?,
            serial: serial_text(&row)?,
            profile: row.get("profile")?,
            profile_version: row.get("profile_version")?,
            subject: row.get("subject")?,
            requester: row.get("requester")?,
            issued_at: row.time("issued_at")?,
            not_after: row.time("not_after")?,
            der: row.get("der")?,
        })?;
    }
    Ok(())
}

/// A revocation's whole record.
pub(crate) struct RecordedRevocation {
    pub(crate) authority: String,
    pub(crate) serial: String,
    pub(crate) reason: String,
    pub(crate) revoked_at: Timestamp,
    pub(crate) not_after: Timestamp,
    pub(crate) issued_at: Timestamp,
    /// When the certificate was issued and when it ends, by its own record.
    pub(crate) certificate_life: Option<(Timestamp, Timestamp)>,
}

/// Passes every revocation's record to `each`.
pub(crate) async fn recorded_revocations(
    snapshot: &mut Snapshot,
    mut each: impl FnMut(RecordedRevocation) -> Result<(), StoreError> + Send,
) -> Result<(), StoreError> {
    let mut rows = snapshot
        .stream(
            "SELECT COALESCE(a.name, r.authority_id) AS authority, r.serial, r.reason,
             r.revoked_at, r.not_after, r.issued_at, c.issued_at AS certificate_begin,
             c.not_after AS certificate_end
             FROM ca_revocation r LEFT JOIN ca_authority a ON a.id = r.authority_id
             LEFT JOIN ca_certificate c
             ON c.authority_id = r.authority_id AND c.serial = r.serial",
            vec![],
        )
        .await?;
    while let Some(row) = rows.next().await? {
        let code: i64 = row.get("reason")?;
        each(RecordedRevocation {
            authority: row.get("authority")?,
            serial: serial_text(&row)?,
            reason: reason(code)
                .map_or_else(|_| code.to_string(), |reason| reason.name().to_owned()),
            revoked_at: row.time("revoked_at")?,
            not_after: row.time("not_after")?,
            issued_at: row.time("issued_at")?,
            certificate_life: row
                .optional_time("certificate_begin")?
                .zip(row.optional_time("certificate_end")?),
        })?;
    }
    Ok(())
}

/// An authority with one of its certificates.
pub(crate) struct RecordedAuthority {
    pub(crate) name: String,
    pub(crate) issuer: String,
    pub(crate) key_uri: String,
    pub(crate) der: Vec<u8>,
}

/// Passes every authority to `each`, with each of its certificates.
pub(crate) async fn recorded_authorities(
    snapshot: &mut Snapshot,
    mut each: impl FnMut(RecordedAuthority) -> Result<(), StoreError> + Send,
) -> Result<(), StoreError> {
    let mut rows = snapshot
        .stream(
            "SELECT a.name, COALESCE(i.name, l.issuer_id) AS issuer, l.key_uri, c.der
             FROM ca_authority a JOIN ca_authority_certificate l ON l.authority_id = a.id
             JOIN ca_certificate c ON c.authority_id = l.issuer_id AND c.serial = l.serial
             LEFT JOIN ca_authority i ON i.id = l.issuer_id
             UNION ALL
             SELECT m.authority_id, m.issuer_id, m.key_uri, m.der FROM ca_migrated_certificate m",
            vec![],
        )
        .await?;
    while let Some(row) = rows.next().await? {
        each(RecordedAuthority {
            name: row.get("name")?,
            issuer: row.get("issuer")?,
            key_uri: row.get("key_uri")?,
            der: row.get("der")?,
        })?;
    }
    Ok(())
}

/// A serial number as text, whatever the column contains.
fn serial_text(row: &Row) -> Result<String, StoreError> {
    let bytes: Vec<u8> = row.get("serial")?;
    Ok(SerialNumber::from_bytes(&bytes)
        .map_or_else(|_| hex::encode(&bytes), |serial| serial.to_string()))
}
