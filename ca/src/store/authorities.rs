//! Authorities, their keys and their certificates.

use std::collections::HashMap;

use jiff::Timestamp;
use pki::{Certificate, SerialNumber};
use platform_access::UnitId;
use platform_store::{AppendBatch, Store, StoreError, Table, params};

use crate::model::{AuthorityCertificate, AuthorityRecord};

static AUTHORITIES: Table = Table {
    name: "ca_authority",
    columns: &["id", "unit_id", "name", "created_at"],
    parent: None,
};

static KEYS: Table = Table {
    name: "ca_key",
    columns: &["authority_id", "uri", "created_at"],
    parent: None,
};

static AUTHORITY_CERTIFICATES: Table = Table {
    name: "ca_authority_certificate",
    columns: &["issuer_id", "serial", "authority_id", "key_uri"],
    parent: None,
};

static EPOCHS: Table = Table {
    name: "ca_revocation_epoch",
    columns: &["authority_id", "epoch", "published"],
    parent: None,
};

/// The certificates of all authorities, by the authority that they are about.
#[derive(Clone, Debug, Default)]
pub(crate) struct AuthorityCertificates(HashMap<String, Vec<AuthorityCertificate>>);

impl AuthorityCertificates {
    /// The certificates of one authority.
    pub(crate) fn of(&self, authority_id: &str) -> &[AuthorityCertificate] {
        self.0.get(authority_id).map_or(&[], Vec::as_slice)
    }

    /// The certificate that the authority issues with at `now` and those above it, up to the
    /// root's. Rollover and cross-certificates give an authority several certificates: each
    /// link is the best available one for the key that signed the link below.
    pub(crate) fn chain_of(&self, authority_id: &str, now: Timestamp) -> Vec<AuthorityCertificate> {
        /// No hierarchy is deeper; ends the walk through a database that was altered.
        const DEEPEST: usize = 16;
        let mut chain: Vec<AuthorityCertificate> = Vec::new();
        let mut id = authority_id.to_owned();
        while chain.len() < DEEPEST {
            let below = chain.last().map(|one| &one.certificate);
            let signs: Vec<_> = self
                .of(&id)
                .iter()
                .filter(|one| below.is_none_or(|below| issued(&one.certificate, below)))
                .cloned()
                .collect();
            let Some(next) = AuthorityCertificate::best_available(&signs, now).cloned() else {
                break;
            };
            let is_root = next.issuer_id == id;
            id.clone_from(&next.issuer_id);
            chain.push(next);
            if is_root {
                break;
            }
        }
        chain
    }
}

/// Whether the key of `above` is the one that `below` names as its issuer's.
fn issued(above: &Certificate, below: &Certificate) -> bool {
    above.subject_key_identifier() == below.authority_key_identifier()
}

/// Adds an authority with its key and its revocation epoch to what is about to be committed.
pub(crate) fn append_authority(
    batch: &mut AppendBatch,
    record: &AuthorityRecord,
    key_uri: &str,
    now: Timestamp,
) {
    let id = record.id.as_str();
    let (unit, name) = (record.unit.as_str(), record.name.as_str());
    batch.row(&AUTHORITIES, params![id, unit, name, now]);
    batch.row(&KEYS, params![id, key_uri, now]);
    batch.row(&EPOCHS, params![id, 0, 0]);
}

/// Adds that a certificate belongs to an authority.
pub(crate) fn append_authority_certificate(
    batch: &mut AppendBatch,
    authority_id: &str,
    issuer_id: &str,
    key_uri: &str,
    certificate: &Certificate,
) {
    let serial = certificate.serial().as_bytes();
    batch.row(
        &AUTHORITY_CERTIFICATES,
        params![issuer_id, serial, authority_id, key_uri],
    );
}

/// Every authority, the oldest first.
pub(crate) async fn authorities(store: &Store) -> Result<Vec<AuthorityRecord>, StoreError> {
    let rows = store
        .fetch_all(
            "SELECT id, unit_id, name FROM ca_authority ORDER BY created_at, name",
            vec![],
        )
        .await?;
    rows.iter()
        .map(|row| {
            Ok(AuthorityRecord {
                id: row.get("id")?,
                unit: UnitId::from(row.get::<String>("unit_id")?),
                name: row.get("name")?,
            })
        })
        .collect()
}

/// The certificates of every authority, revoked ones included.
pub(crate) async fn authority_certificates(
    store: &Store,
) -> Result<AuthorityCertificates, StoreError> {
    let rows = store
        .fetch_all(
            "SELECT a.authority_id, a.issuer_id, a.key_uri, c.der
             FROM ca_authority_certificate a
             JOIN ca_certificate c ON c.authority_id = a.issuer_id AND c.serial = a.serial",
            vec![],
        )
        .await?;
    let mut certificates = AuthorityCertificates::default();
    for row in &rows {
        let der: Vec<u8> = row.get("der")?;
        let certificate = Certificate::from_der(&der)
            .map_err(|error| StoreError::Unexpected(error.to_string()))?;
        certificates
            .0
            .entry(row.get("authority_id")?)
            .or_default()
            .push(AuthorityCertificate {
                issuer_id: row.get("issuer_id")?,
                key_uri: row.get("key_uri")?,
                certificate,
            });
    }
    Ok(certificates)
}

/// Whether the certificate (issuer, serial) is revoked.
pub(crate) async fn is_revoked(
    store: &Store,
    issuer_id: &str,
    serial: &SerialNumber,
) -> Result<bool, StoreError> {
    let sql = "SELECT 1 AS one FROM ca_revocation WHERE authority_id = $1 AND serial = $2";
    let row = store
        .fetch_optional(sql, params![issuer_id, serial.as_bytes()])
        .await?;
    Ok(row.is_some())
}

/// The addresses of all keys that authorities and services refer to, each with what uses it.
pub(crate) async fn key_references(store: &Store) -> Result<Vec<(String, String)>, StoreError> {
    let rows = store
        .fetch_all(
            "SELECT k.uri AS uri, 'authority ' || a.name AS used_by
             FROM ca_key k JOIN ca_authority a ON a.id = k.authority_id
             UNION ALL
             SELECT DISTINCT key_uri AS uri, 'certificate ' || name AS used_by FROM ca_service",
            vec![],
        )
        .await?;
    rows.iter()
        .map(|row| Ok((row.get("uri")?, row.get("used_by")?)))
        .collect()
}
