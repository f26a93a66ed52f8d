//! All SQL of the certificate authority.

mod crls;
mod records;
mod services;

use jiff::Timestamp;
use pki::{Certificate, RevocationReason, SerialNumber};
use platform::{
    Store, StoreError, params,
    store::{Appended, Row, Table, Tx},
};

use crate::model::{CertificateInfo, Status};

pub(crate) use crls::{insert_crl, latest_crl, newest_crl, next_crl_number, revocations};
pub(crate) use records::{
    RecordedCertificate, RecordedRevocation, has_certificate, has_revocation,
    recorded_certificates, recorded_revocations,
};
pub(crate) use services::{ServiceRow, insert_service, service_names, services, was_served};

static INTENTS: Table = Table {
    name: "ca_intent",
    columns: &["serial", "issuer", "tbs_digest", "at"],
    parent: None,
};

static CERTIFICATES: Table = Table {
    name: "ca_certificate",
    columns: &[
        "serial",
        "issuer",
        "profile",
        "subject",
        "requester",
        "issued_at",
        "not_after",
        "der",
    ],
    parent: None,
};

/// A row of the table of authorities.
pub(crate) struct CaRow {
    pub(crate) name: String,
    pub(crate) issuer: String,
    pub(crate) key_uri: String,
    pub(crate) certificate: Vec<u8>,
}

/// An issued certificate as it is recorded.
pub(crate) struct IssuedRow<'a> {
    pub(crate) issuer: &'a str,
    pub(crate) profile: &'a str,
    pub(crate) requester: &'a str,
    pub(crate) issued_at: Timestamp,
    pub(crate) certificate: &'a Certificate,
}

/// The record of what is about to be signed.
pub(crate) fn intent(
    serial: &SerialNumber,
    issuer: &str,
    digest: [u8; 32],
    at: Timestamp,
) -> Appended {
    let mut rows = Appended::default();
    rows.row(&INTENTS, params![serial.as_bytes(), issuer, digest, at]);
    rows
}

/// Adds an issued certificate to what is about to be committed.
pub(crate) fn issued(rows: &mut Appended, row: &IssuedRow<'_>) {
    let certificate = row.certificate;
    rows.row(
        &CERTIFICATES,
        params![
            certificate.serial().as_bytes(),
            row.issuer,
            row.profile,
            certificate.subject().to_string(),
            row.requester,
            row.issued_at,
            certificate.validity().not_after,
            certificate.der(),
        ],
    );
}

pub(crate) async fn authorities(store: &Store) -> Result<Vec<CaRow>, StoreError> {
    let rows = store
        .fetch_all(
            "SELECT name, issuer, key_uri, certificate FROM ca ORDER BY created_at, name",
            vec![],
        )
        .await?;
    rows.iter()
        .map(|row| {
            Ok(CaRow {
                name: row.get("name")?,
                issuer: row.get("issuer")?,
                key_uri: row.get("key_uri")?,
                certificate: row.get("certificate")?,
            })
        })
        .collect()
}

pub(crate) async fn insert_authority(
    tx: &mut Tx<'_>,
    row: &CaRow,
    now: Timestamp,
) -> Result<(), StoreError> {
    tx.execute(
        "INSERT INTO ca (name, issuer, key_uri, certificate, created_at) VALUES ($1, $2, $3, $4, $5)",
        params![&row.name, &row.issuer, &row.key_uri, &row.certificate, now],
    )
    .await
    .map(|_| ())
}

/// Whether a serial number was issued by `issuer`, and is revoked.
pub(crate) async fn status(
    store: &Store,
    issuer: &str,
    serial: &[u8],
) -> Result<Status, StoreError> {
    let row = store
        .fetch_optional(
            "SELECT r.reason, r.revoked_at FROM ca_certificate c
             LEFT JOIN ca_revocation r ON r.serial = c.serial
             WHERE c.serial = $1 AND c.issuer = $2",
            params![serial, issuer],
        )
        .await?;
    let Some(row) = row else {
        return Ok(Status::Unknown);
    };
    match row.optional_time("revoked_at")? {
        None => Ok(Status::Good),
        Some(at) => Ok(Status::Revoked(at, reason(row.get("reason")?)?)),
    }
}

/// How many revocations were committed, by any node.
pub(crate) async fn generation(store: &Store) -> Result<i64, StoreError> {
    store
        .fetch_optional("SELECT generation FROM ca_generation WHERE id = 1", vec![])
        .await?
        .ok_or_else(|| StoreError::Unexpected("ca_generation is empty".to_owned()))?
        .get("generation")
}

/// What a revocation needs to know of a certificate.
pub(crate) struct Known {
    pub(crate) issuer: String,
    pub(crate) not_after: Timestamp,
    pub(crate) revoked: bool,
}

pub(crate) async fn known(tx: &mut Tx<'_>, serial: &[u8]) -> Result<Option<Known>, StoreError> {
    tx.fetch_optional(
        "SELECT c.issuer, c.not_after, r.revoked_at
         FROM ca_certificate c LEFT JOIN ca_revocation r ON r.serial = c.serial WHERE c.serial = $1",
        params![serial],
    )
    .await?
    .map(|row| {
        Ok(Known {
            issuer: row.get("issuer")?,
            not_after: row.time("not_after")?,
            revoked: row.optional_time("revoked_at")?.is_some(),
        })
    })
    .transpose()
}

/// Revokes; false where another request was faster.
pub(crate) async fn revoke(
    tx: &mut Tx<'_>,
    serial: &[u8],
    known: &Known,
    reason: RevocationReason,
    now: Timestamp,
) -> Result<bool, StoreError> {
    tx.execute(
        "INSERT INTO ca_revocation (serial, issuer, reason, revoked_at, not_after)
         VALUES ($1, $2, $3, $4, $5) ON CONFLICT (serial) DO NOTHING",
        params![
            serial,
            &known.issuer,
            i64::from(reason.code()),
            now,
            known.not_after
        ],
    )
    .await
    .map(|changed| changed == 1)
}

/// Counts a revocation and tells how many there are now.
pub(crate) async fn next_generation(tx: &mut Tx<'_>) -> Result<i64, StoreError> {
    tx.execute_returning_optional(
        "UPDATE ca_generation SET generation = generation + 1 WHERE id = 1 RETURNING generation",
        vec![],
    )
    .await?
    .ok_or_else(|| StoreError::Unexpected("ca_generation is empty".to_owned()))?
    .get("generation")
}

pub(crate) async fn certificate(
    store: &Store,
    serial: &[u8],
) -> Result<Option<(CertificateInfo, Vec<u8>)>, StoreError> {
    store
        .fetch_optional(
            "SELECT c.serial, c.issuer, c.profile, c.subject, c.requester, c.issued_at,
             c.not_after, c.der, r.reason, r.revoked_at
             FROM ca_certificate c LEFT JOIN ca_revocation r ON r.serial = c.serial
             WHERE c.serial = $1",
            params![serial],
        )
        .await?
        .map(|row| Ok((info(&row)?, row.get("der")?)))
        .transpose()
}

/// The place of a certificate in lists: the newest first, and of those issued in the
/// same moment that with the highest serial number.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Place {
    pub(crate) issued_at: i64,
    pub(crate) serial: Vec<u8>,
}

impl Place {
    /// Where every certificate comes after.
    pub(crate) const BEGIN: Self = Self {
        issued_at: i64::MAX,
        serial: Vec::new(),
    };

    /// Where those issued before `moment` begin.
    pub(crate) fn before(moment: Timestamp) -> Self {
        Self {
            issued_at: moment.as_microsecond(),
            ..Self::BEGIN
        }
    }
}

/// Where the certificate with this serial number stands.
pub(crate) async fn place(store: &Store, serial: &[u8]) -> Result<Option<Place>, StoreError> {
    store
        .fetch_optional(
            "SELECT issued_at FROM ca_certificate WHERE serial = $1",
            params![serial],
        )
        .await?
        .map(|row| {
            Ok(Place {
                issued_at: row.get("issued_at")?,
                serial: serial.to_vec(),
            })
        })
        .transpose()
}

/// What a list of certificates is narrowed by.
#[derive(Clone, Debug)]
pub(crate) struct Filter {
    pub(crate) subject: Option<String>,
    pub(crate) after: Place,
    pub(crate) limit: u32,
}

pub(crate) async fn certificates(
    store: &Store,
    filter: &Filter,
) -> Result<Vec<CertificateInfo>, StoreError> {
    let rows = store
        .fetch_all(
            "SELECT c.serial, c.issuer, c.profile, c.subject, c.requester, c.issued_at,
             c.not_after, c.der, r.reason, r.revoked_at
             FROM ca_certificate c LEFT JOIN ca_revocation r ON r.serial = c.serial
             WHERE ($1 IS NULL OR c.subject = $1) AND (c.issued_at, c.serial) < ($2, $3)
             ORDER BY c.issued_at DESC, c.serial DESC LIMIT $4",
            params![
                filter.subject.clone(),
                filter.after.issued_at,
                &filter.after.serial,
                filter.limit
            ],
        )
        .await?;
    rows.iter().map(info).collect()
}

fn info(row: &Row) -> Result<CertificateInfo, StoreError> {
    let revoked_at = row.optional_time("revoked_at")?;
    let reason = row.get::<Option<i64>>("reason")?.map(reason).transpose()?;
    Ok(CertificateInfo {
        serial: serial(row)?.to_string(),
        issuer: row.get("issuer")?,
        profile: row.get("profile")?,
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

fn serial(row: &Row) -> Result<SerialNumber, StoreError> {
    SerialNumber::from_bytes(&row.get::<Vec<u8>>("serial")?)
        .map_err(|error| StoreError::Unexpected(error.to_string()))
}

fn reason(code: i64) -> Result<RevocationReason, StoreError> {
    u8::try_from(code)
        .ok()
        .and_then(RevocationReason::from_code)
        .ok_or_else(|| StoreError::Unexpected(format!("reason code {code}")))
}
