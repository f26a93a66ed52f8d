//! Compares the records of certificates, revocations and authorities with the log.
//!
//! The log proves itself; this proves the tables by the log: a certificate that was slipped in,
//! swapped or deleted, or a revocation that was undone, is found.

use std::collections::HashMap;

use pki::{Certificate, Digest};
use platform_store::{Store, StoreError, params};
use serde::Deserialize;

use crate::store::{self, RecordedAuthority, RecordedCertificate, RecordedRevocation};

const PAGE: i64 = 1000;

#[derive(Deserialize)]
struct Body {
    at: i64,
    action: String,
    actor: Actor,
    subject: String,
    outcome: String,
    #[serde(default)]
    details: Details,
}

/// `local:alice` in version 1 of the body, an object in version 2.
#[derive(Deserialize)]
#[serde(untagged)]
enum Actor {
    Text(String),
    Principal {
        r#type: String,
        #[serde(default)]
        id: Option<String>,
        #[serde(default)]
        name: Option<String>,
    },
}

/// What is stored beside an entry about a person, until it is erased.
#[derive(Default, Deserialize)]
#[serde(default)]
struct Personal {
    actor: Option<String>,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Details {
    sha256: String,
    ca: String,
    issuer: String,
    key: String,
    profile: String,
    /// Missing in entries of 0.1.0.
    profile_version: Option<i64>,
    reason: String,
}

/// What the log says was done.
#[derive(Default)]
struct Logged {
    /// By hexadecimal serial number.
    issued: HashMap<String, Body>,
    revoked: HashMap<String, Body>,
    /// By the SHA-256 of the authority's certificate.
    authorities: HashMap<String, (String, Body)>,
}

/// Everything in the tables that the log does not confirm, and the reverse; a line each.
///
/// # Errors
/// If the database cannot be read.
pub async fn verify_records(store: &Store) -> Result<Vec<String>, StoreError> {
    // The tables first: what is issued meanwhile is in the log by the time that is read.
    let authorities = store::recorded_authorities(store).await?;
    let mut certificates = Vec::new();
    store::recorded_certificates(store, PAGE, |row| certificates.push(Checked::new(row))).await?;
    let revocations = store::recorded_revocations(store).await?;
    let mut logged = read_log(store).await?;
    let mut findings = Vec::new();
    let mut ends = HashMap::with_capacity(certificates.len());
    for checked in certificates {
        let entry = logged.issued.remove(&checked.row.serial);
        findings.extend(certificate(&checked, entry, &logged));
        ends.insert(checked.row.serial, checked.row.not_after);
    }
    for row in &authorities {
        findings.extend(authority(row, &mut logged));
    }
    for row in &revocations {
        let end = ends.get(&row.serial).copied();
        findings.extend(revocation(row, end, logged.revoked.remove(&row.serial)));
    }
    missing(store, &logged, &mut findings).await?;
    findings.sort();
    Ok(findings)
}

/// A row of the table of certificates whose bytes were checked and dropped.
struct Checked {
    row: RecordedCertificate,
    sha256: String,
    /// Whether the other columns say what the bytes say.
    agrees: bool,
}

impl Checked {
    fn new(mut row: RecordedCertificate) -> Self {
        let der = std::mem::take(&mut row.der);
        let agrees = Certificate::from_der(&der).is_ok_and(|certificate| {
            certificate.serial().to_string() == row.serial
                && certificate.subject().to_string() == row.subject
                && certificate.validity().not_after == row.not_after
        });
        Self {
            sha256: sha256(&der),
            row,
            agrees,
        }
    }
}

fn certificate(checked: &Checked, entry: Option<Body>, logged: &Logged) -> Option<String> {
    let row = &checked.row;
    let serial = &row.serial;
    let Some(entry) = entry else {
        // 0.1.0 logged an authority's certificate with the authority alone.
        let of_0_1_0 = logged.authorities.contains_key(&checked.sha256)
            && row.requester == store::MIGRATED
            && checked.agrees;
        return (!of_0_1_0).then(|| {
            format!("certificate {serial} is on record, and the log never saw it issued")
        });
    };
    if entry.details.sha256 != checked.sha256 {
        return Some(format!(
            "certificate {serial} on record is not the one that the log saw issued"
        ));
    }
    // 0.1.0 logged a service's certificate with the service's name: `service:ocsp:issuing`.
    let profile = entry.details.profile.split(':').next().unwrap_or_default();
    let same = entry.details.ca == row.authority
        && profile == row.profile
        && entry.details.profile_version.unwrap_or(1) == row.profile_version
        && entry.at == row.issued_at.as_microsecond()
        && entry.actor.is(&row.requester);
    (!same || !checked.agrees)
        .then(|| format!("what is on record beside certificate {serial} is not what was logged"))
}

impl Actor {
    /// True if it may be `requester`: nobody can tell once its name was erased from the log.
    fn is(&self, requester: &str) -> bool {
        match self {
            Self::Text(text) => text == requester || text.starts_with('~'),
            Self::Principal { r#type, id, name } => match name.as_ref().or(id.as_ref()) {
                Some(name) if name.starts_with('~') => {
                    requester.starts_with(&format!("{}:", r#type))
                }
                Some(name) => format!("{}:{name}", r#type) == requester,
                None => r#type == requester,
            },
        }
    }

    fn reveal(&mut self, revealed: String) {
        match self {
            Self::Text(text) => *text = revealed,
            Self::Principal { name, .. } => *name = Some(revealed),
        }
    }
}

fn revocation(
    row: &RecordedRevocation,
    end: Option<jiff::Timestamp>,
    entry: Option<Body>,
) -> Option<String> {
    let serial = &row.serial;
    let Some(entry) = entry else {
        return Some(format!(
            "certificate {serial} is on record as revoked, and the log never saw that"
        ));
    };
    // Everything that a CRL is built from: an altered authority or end would leave it out.
    let same = entry.details.ca == row.authority
        && entry.details.reason == row.reason
        && entry.at == row.revoked_at.as_microsecond()
        && end.is_none_or(|end| end == row.not_after);
    (!same).then(|| {
        format!("the revocation of certificate {serial} on record is not the one that was logged")
    })
}

fn authority(row: &RecordedAuthority, logged: &mut Logged) -> Option<String> {
    let name = &row.name;
    let Some((subject, entry)) = logged.authorities.remove(&sha256(&row.der)) else {
        return Some(format!(
            "authority {name} is on record, and the log never saw it made"
        ));
    };
    let same =
        subject == *name && entry.details.issuer == row.issuer && entry.details.key == row.key_uri;
    (!same).then(|| format!("authority {name} on record is not the one that the log saw made"))
}

fn sha256(der: &[u8]) -> String {
    hex::encode(Digest::Sha256.hash(der))
}

/// What the log saw and the tables lack, unless it was written after they were read.
async fn missing(
    store: &Store,
    logged: &Logged,
    findings: &mut Vec<String>,
) -> Result<(), StoreError> {
    for serial in logged.issued.keys() {
        if !store::has_certificate(store, serial).await? {
            findings.push(format!(
                "certificate {serial} was issued, and is on record no more"
            ));
        }
    }
    for serial in logged.revoked.keys() {
        if !store::has_revocation(store, serial).await? {
            findings.push(format!(
                "certificate {serial} was revoked, and is on record as good"
            ));
        }
    }
    if !logged.authorities.is_empty() {
        let there = store::recorded_authorities(store).await?;
        for (digest, (name, _)) in &logged.authorities {
            if !there.iter().any(|row| sha256(&row.der) == *digest) {
                findings.push(format!(
                    "authority {name} was made, and is on record no more"
                ));
            }
        }
    }
    Ok(())
}

async fn read_log(store: &Store) -> Result<Logged, StoreError> {
    let mut logged = Logged::default();
    let mut last = 0_i64;
    loop {
        let rows = store
            .fetch_all(
                "SELECT id, body, personal FROM audit_entry
                 WHERE id > $1 AND (action = $2 OR action = $3 OR action = $4)
                 ORDER BY id LIMIT $5",
                params![
                    last,
                    "ca.certificate.issue",
                    "ca.certificate.revoke",
                    "ca.authority.create",
                    PAGE
                ],
            )
            .await?;
        for row in &rows {
            last = row.get("id")?;
            // An entry that cannot be read is the log's own finding.
            let Ok(mut body) = serde_json::from_str::<Body>(&row.get::<String>("body")?) else {
                continue;
            };
            // That the name fits the commitment in the body is checked with the log itself.
            let personal: Option<String> = row.get("personal")?;
            let personal = personal.and_then(|personal| serde_json::from_str(&personal).ok());
            if let Some(Personal { actor: Some(actor) }) = personal {
                body.actor.reveal(actor);
            }
            if body.outcome == "success" {
                logged.add(body);
            }
        }
        if rows.is_empty() {
            return Ok(logged);
        }
    }
}

impl Logged {
    fn add(&mut self, body: Body) {
        let Some((_, subject)) = body.subject.split_once(':') else {
            return;
        };
        let subject = subject.to_owned();
        match body.action.as_str() {
            "ca.certificate.issue" => self.issued.insert(subject, body),
            "ca.certificate.revoke" => self.revoked.insert(subject, body),
            _ => {
                let digest = body.details.sha256.clone();
                self.authorities.insert(digest, (subject, body));
                return;
            }
        };
    }
}
