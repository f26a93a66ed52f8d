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
            "SELECT c.authority_id, c.unit_id, c.not_after, a.name, s.authority_id AS about
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

/// A position in lists: the newest certificate comes first; of those issued at the same moment,
/// that of the highest authority id and serial number.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct ListPosition {
    pub(crate) issued_at: i64,
    pub(crate) authority_id: String,
    pub(crate) serial: Vec<u8>,
}

impl ListPosition {
    /// The position after which the list begins.
    pub(crate) const START: Self = Self {
        issued_at: i64::MAX,
        authority_id: String::new(),
        serial: Vec::new(),
    };

    /// Reads what [`Self::to_string`] wrote.
    pub(crate) fn parse(text: &str) -> Option<Self> {
        let (issued_at, rest) = text.split_once('.')?;
        let (serial, authority_id) = rest.split_once('.')?;
        Some(Self {
            issued_at: issued_at.parse().ok()?,
            authority_id: authority_id.to_owned(),
            serial: hex::decode(serial).ok()?,
        })
    }
}

impl std::fmt::Display for ListPosition {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let serial = hex::encode(&self.serial);
        write!(f, "{}.{serial}.{}", self.issued_at, self.authority_id)
    }
}

/// The position of the certificate with this serial number.
pub(crate) async fn list_position(
    store: &Store,
    serial: &SerialNumber,
) -> Result<Option<ListPosition>, StoreError> {
    let row = store
        .fetch_optional(
            "SELECT issued_at, authority_id FROM ca_certificate WHERE serial = $1
             ORDER BY issued_at LIMIT 1",
            params![serial.as_bytes()],
        )
        .await?;
    row.map(|row| {
        Ok(ListPosition {
            issued_at: row.get("issued_at")?,
            authority_id: row.get("authority_id")?,
            serial: serial.as_bytes().to_vec(),
        })
    })
    .transpose()
}

/// What a list of certificates is narrowed to.
#[derive(Clone, Debug)]
pub(crate) struct CertificateFilter {
    pub(crate) subject: Option<String>,
    pub(crate) authority_id: Option<String>,
    pub(crate) issued_before: Option<Timestamp>,
    pub(crate) after: ListPosition,
    pub(crate) limit: i64,
}

pub(crate) async fn certificates(
    store: &Store,
    filter: &CertificateFilter,
) -> Result<Vec<(ListPosition, CertificateInfo)>, StoreError> {
    let before = filter.issued_before.unwrap_or(Timestamp::MAX);
    let rows = store
        .fetch_all(
            "SELECT c.authority_id, a.name AS issuer, c.serial, c.profile, c.profile_version,
             c.subject, c.requester, c.issued_at, c.not_after, r.reason, r.revoked_at
             FROM ca_certificate c JOIN ca_authority a ON a.id = c.authority_id
             LEFT JOIN ca_revocation r
             ON r.authority_id = c.authority_id AND r.serial = c.serial
             WHERE ($1 IS NULL OR c.subject = $1) AND ($2 IS NULL OR c.authority_id = $2)
             AND c.issued_at < $3
             AND (c.issued_at, c.authority_id, c.serial) < ($4, $5, $6)
             ORDER BY c.issued_at DESC, c.authority_id DESC, c.serial DESC LIMIT $7",
            params![
                filter.subject.clone(),
                filter.authority_id.clone(),
                before,
                filter.after.issued_at,
                &filter.after.authority_id,
                &filter.after.serial,
                filter.limit
            ],
        )
        .await?;
    rows.iter()
        .map(|row| {
            let position = ListPosition {
                issued_at: row.get("issued_at")?,
                authority_id: row.get("authority_id")?,
                serial: row.get("serial")?,
            };
            Ok((position, info(row)?))
        })
        .collect()
}

fn info(row: &Row) -> Result<CertificateInfo, StoreError> {
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn list_positions_round_trip() {
        let position = ListPosition {
            issued_at: 1_772_000_000_000_000,
            authority_id: "issuing.2026".to_owned(),
            serial: vec![1, 2, 0xff],
        };
        assert_eq!(ListPosition::parse(&position.to_string()), Some(position));
        for text in ["", "1", "x.01.a", "1.0g.a"] {
            assert_eq!(ListPosition::parse(text), None, "{text}");
        }
    }
}
