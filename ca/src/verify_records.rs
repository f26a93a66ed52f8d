//! Compares the records of certificates and revocations with what the log says.
//!
//! The log proves itself; this proves the tables by the log: a certificate that
//! was slipped in, swapped or deleted, or a revocation that was undone, is found.

use std::collections::HashMap;

use aws_lc_rs::digest::{SHA256, digest};
use pki::Certificate;
use platform::{Store, StoreError, params};
use serde::Deserialize;

use crate::store::{self, CaRow, RecordedCertificate, RecordedRevocation};

const PAGE: i64 = 1000;

#[derive(Deserialize)]
struct Body {
    at: i64,
    action: String,
    actor: String,
    subject: String,
    outcome: String,
    #[serde(default)]
    details: Details,
}

/// What stands beside an entry of a person, until it is erased.
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
    reason: String,
}

/// What the log says was done.
#[derive(Default)]
struct Logged {
    /// By hexadecimal serial number.
    issued: HashMap<String, Body>,
    revoked: HashMap<String, Body>,
    /// By name.
    authorities: HashMap<String, Body>,
}

/// Everything in the tables that the log does not bear out, and the reverse; a line each.
///
/// # Errors
/// Where the database cannot be read.
pub async fn verify_records(store: &Store) -> Result<Vec<String>, StoreError> {
    // The tables first: what is issued meanwhile is in the log by the time that is read.
    let authorities = store::authorities(store).await?;
    let mut certificates = Vec::new();
    store::recorded_certificates(store, PAGE, |row| certificates.push(Seen::new(row))).await?;
    let revocations = store::recorded_revocations(store).await?;
    let mut logged = read_log(store).await?;
    let mut findings = Vec::new();
    for row in &authorities {
        findings.extend(authority(row, logged.authorities.remove(&row.name)));
    }
    let mut ends = HashMap::with_capacity(certificates.len());
    for seen in certificates {
        findings.extend(certificate(&seen, logged.issued.remove(&seen.row.serial)));
        ends.insert(seen.row.serial, seen.row.not_after);
    }
    for row in &revocations {
        let end = ends.get(&row.serial).copied();
        findings.extend(revocation(row, end, logged.revoked.remove(&row.serial)));
    }
    missing(store, &logged, &mut findings).await?;
    findings.sort();
    Ok(findings)
}

/// A row of the table of certificates, its bytes read and let go.
struct Seen {
    row: RecordedCertificate,
    sha256: String,
    /// Whether the other columns say what the bytes say.
    agrees: bool,
}

impl Seen {
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

fn certificate(seen: &Seen, logged: Option<Body>) -> Option<String> {
    let serial = &seen.row.serial;
    let Some(logged) = logged else {
        return Some(format!(
            "certificate {serial} is on record, and the log never saw it issued"
        ));
    };
    if logged.details.sha256 != seen.sha256 {
        return Some(format!(
            "certificate {serial} on record is not the one that the log saw issued"
        ));
    }
    // A service's certificate is logged with the service's name: `service:ocsp:issuing`.
    let profile = logged.details.profile.split(':').next().unwrap_or_default();
    let same = logged.details.ca == seen.row.issuer
        && profile == seen.row.profile
        && logged.at == seen.row.issued_at.as_microsecond()
        && (logged.actor == seen.row.requester || is_erased(&logged.actor));
    (!same || !seen.agrees)
        .then(|| format!("what is on record beside certificate {serial} is not what was logged"))
}

/// True where of an actor's name only the entry's commitment is left: whether it was
/// this one nobody can tell any more.
fn is_erased(actor: &str) -> bool {
    actor.starts_with('~')
}

fn revocation(
    row: &RecordedRevocation,
    end: Option<jiff::Timestamp>,
    logged: Option<Body>,
) -> Option<String> {
    let serial = &row.serial;
    let Some(logged) = logged else {
        return Some(format!(
            "certificate {serial} is on record as revoked, and the log never saw that"
        ));
    };
    // Whatever a CRL is built from: an altered issuer or end would leave it out.
    let same = logged.details.ca == row.issuer
        && logged.details.reason == row.reason
        && logged.at == row.revoked_at.as_microsecond()
        && end.is_none_or(|end| end == row.not_after);
    (!same).then(|| {
        format!("the revocation of certificate {serial} on record is not the one that was logged")
    })
}

fn authority(row: &CaRow, logged: Option<Body>) -> Option<String> {
    let name = &row.name;
    let Some(logged) = logged else {
        return Some(format!(
            "authority {name} is on record, and the log never saw it made"
        ));
    };
    let details = &logged.details;
    let same = details.sha256 == sha256(&row.certificate)
        && details.issuer == row.issuer
        && details.key == row.key_uri;
    (!same).then(|| format!("authority {name} on record is not the one that the log saw made"))
}

fn sha256(der: &[u8]) -> String {
    hex::encode(digest(&SHA256, der))
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
        let there = store::authorities(store).await?;
        for name in logged
            .authorities
            .keys()
            .filter(|name| there.iter().all(|row| row.name != **name))
        {
            findings.push(format!(
                "authority {name} was made, and is on record no more"
            ));
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
                 WHERE id > $1 AND (action = $2 OR action = $3 OR action = $4) ORDER BY id LIMIT $5",
                params![last, "ca.certificate.issue", "ca.certificate.revoke", "ca.authority.create", PAGE],
            )
            .await?;
        for row in &rows {
            last = row.get("id")?;
            // An entry that cannot be read is the log's own finding.
            let Ok(mut body) = serde_json::from_str::<Body>(&row.get::<String>("body")?) else {
                continue;
            };
            // That the name fits the commitment in the body, the log's own check proves.
            let personal: Option<String> = row.get("personal")?;
            let personal = personal.and_then(|personal| serde_json::from_str(&personal).ok());
            if let Some(Personal { actor: Some(actor) }) = personal {
                body.actor = actor;
            }
            if body.outcome != "success" {
                continue;
            }
            let Some((_, subject)) = body.subject.split_once(':') else {
                continue;
            };
            let subject = subject.to_owned();
            let map = match body.action.as_str() {
                "ca.certificate.issue" => &mut logged.issued,
                "ca.certificate.revoke" => &mut logged.revoked,
                _ => &mut logged.authorities,
            };
            map.insert(subject, body);
        }
        if rows.is_empty() {
            return Ok(logged);
        }
    }
}
