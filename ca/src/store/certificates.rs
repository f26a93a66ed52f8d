//! Issued certificates, and what was about to be signed.

use jiff::Timestamp;
use pki::{Certificate, RevocationReason, SerialNumber};
use platform_access::UnitId;
use platform_store::{AppendBatch, Row, Store, StoreError, Table, params};

use super::{reason, serial};
use crate::model::{CertificateInfo, CertificateProfile, CertificateStatus};

static INTENTS: Table = Table {
    name: "ca_intent",
    columns: &["authority_id", "serial", "tbs_digest", "at"],
    parent: None,
};

static CERTIFICATES: Table = Table {
    name: "ca_certificate",
    columns: &[
        "authority_id",
        "serial",
        "unit_id",
        "profile",
        "profile_version",
        "subject",
        "requester",
        "issued_at",
        "not_after",
        "der",
    ],
    parent: None,
};

/// An issued certificate as it is recorded.
pub(crate) struct IssuedCertificate<'a> {
    pub(crate) authority_id: &'a str,
    pub(crate) unit: &'a UnitId,
    pub(crate) profile: &'a CertificateProfile,
    pub(crate) requester: &'a str,
    pub(crate) issued_at: Timestamp,
    pub(crate) certificate: &'a Certificate,
}

/// The record of what is about to be signed.
pub(crate) fn intent(
    authority_id: &str,
    serial: &SerialNumber,
    digest: [u8; 32],
    at: Timestamp,
) -> AppendBatch {
    let mut batch = AppendBatch::default();
    let serial = serial.as_bytes();
    batch.row(&INTENTS, params![authority_id, serial, digest, at]);
    batch
}

/// Adds an issued certificate to what is about to be committed.
pub(crate) fn append_certificate(batch: &mut AppendBatch, issued: &IssuedCertificate<'_>) {
    let certificate = issued.certificate;
    batch.row(
        &CERTIFICATES,
        params![
            issued.authority_id,
            certificate.serial().as_bytes(),
            issued.unit.as_str(),
            issued.profile.name.as_str(),
            issued.profile.version,
            certificate.subject().to_string(),
            issued.requester,
            issued.issued_at,
            certificate.validity().not_after,
            certificate.der(),
        ],
    );
}

/// The status of a serial number under one authority.
pub(crate) async fn certificate_status(
    store: &Store,
    authority_id: &str,
    serial: &SerialNumber,
) -> Result<CertificateStatus, StoreError> {
    let row = store
        .fetch_optional(
            "SELECT r.reason, r.revoked_at FROM ca_certificate c
             LEFT JOIN ca_revocation r
             ON r.authority_id = c.authority_id AND r.serial = c.serial
             WHERE c.authority_id = $1 AND c.serial = $2",
            params![authority_id, serial.as_bytes()],
        )
        .await?;
    let Some(row) = row else {
        return Ok(CertificateStatus::Unknown);
    };
    match row.optional_time("revoked_at")? {
        None => Ok(CertificateStatus::Good),
        Some(at) => Ok(CertificateStatus::Revoked(at, reason(row.get("reason")?)?)),
    }
}

/// What identifies a certificate, and what its revocation records.
#[derive(Clone, Debug)]
pub(crate) struct CertificateKey {
    pub(crate) authority_id: String,
    pub(crate) authority_name: String,
    pub(crate) serial: SerialNumber,
    pub(crate) unit: UnitId,
    pub(crate) issued_at: Timestamp,
    pub(crate) not_after: Timestamp,
    /// An authority issued it to itself.
    pub(crate) is_root: bool,
}

/// The certificates with this serial number: one, unless authorities were imported.
pub(crate) async fn find_certificate_keys(
    store: &Store,
    serial: &SerialNumber,
) -> Result<Vec<CertificateKey>, StoreError> {
    let rows = store
        .fetch_all(
            "SELECT c.authority_id, c.unit_id, c.issued_at, c.not_after, a.name,
             s.authority_id AS about
             FROM ca_certificate c JOIN ca_authority a ON a.id = c.authority_id
             LEFT JOIN ca_authority_certificate s
             ON s.issuer_id = c.authority_id AND s.serial = c.serial
             WHERE c.serial = $1",
            params![serial.as_bytes()],
        )
        .await?;
    rows.iter()
        .map(|row| {
            let authority_id: String = row.get("authority_id")?;
            let about: Option<String> = row.get("about")?;
            Ok(CertificateKey {
                is_root: about.as_ref() == Some(&authority_id),
                authority_id,
                authority_name: row.get("name")?,
                serial: serial.clone(),
                unit: UnitId::from(row.get::<String>("unit_id")?),
                issued_at: row.time("issued_at")?,
                not_after: row.time("not_after")?,
            })
        })
        .collect()
}

/// A certificate with its record.
pub(crate) struct FoundCertificate {
    pub(crate) authority_id: String,
    pub(crate) unit: UnitId,
    pub(crate) info: CertificateInfo,
    pub(crate) der: Vec<u8>,
}

/// The certificates with this serial number, with their records.
pub(crate) async fn find_certificates(
    store: &Store,
    serial: &SerialNumber,
) -> Result<Vec<FoundCertificate>, StoreError> {
    let rows = store
        .fetch_all(
            "SELECT c.authority_id, a.name AS issuer, c.serial, c.unit_id, c.profile,
             c.profile_version, c.subject, c.requester, c.issued_at, c.not_after, c.der,
             r.reason, r.revoked_at
             FROM ca_certificate c JOIN ca_authority a ON a.id = c.authority_id
             LEFT JOIN ca_revocation r
             ON r.authority_id = c.authority_id AND r.serial = c.serial
             WHERE c.serial = $1",
            params![serial.as_bytes()],
        )
        .await?;
    rows.iter()
        .map(|row| {
            Ok(FoundCertificate {
                authority_id: row.get("authority_id")?,
                unit: UnitId::from(row.get::<String>("unit_id")?),
                info: info(row)?,
                der: row.get("der")?,
            })
        })
        .collect()
}

/// What the API returns of a row with all columns of a certificate and its revocation.
pub(super) fn info(row: &Row) -> Result<CertificateInfo, StoreError> {
    let revoked_at = row.optional_time("revoked_at")?;
    let reason = row.get::<Option<i64>>("reason")?.map(reason).transpose()?;
    let version: i64 = row.get("profile_version")?;
    Ok(CertificateInfo {
        serial: serial(row)?.to_string(),
        issuer: row.get("issuer")?,
        profile: row.get("profile")?,
        profile_version: u32::try_from(version).unwrap_or_default(),
        subject: row.get("subject")?,
        requester: row.get("requester")?,
        issued_at: row.time("issued_at")?.to_string(),
        not_after: row.time("not_after")?.to_string(),
        status: if revoked_at.is_some() {
            "revoked"
        } else {
            "good"
        },
        revoked_at: revoked_at.map(|at| at.to_string()),
        reason: reason.map(RevocationReason::name),
        certificate: None,
    })
}
