//! Compares the records of certificates and revocations with what the log says.
//!
//! The log proves itself; this proves the tables by the log: a certificate that
//! was slipped in, swapped or deleted, or a revocation that was undone, is found.

use std::collections::HashMap;

use aws_lc_rs::digest::{SHA256, digest};
use platform::{Store, StoreError, params};
use serde::Deserialize;

use crate::store;

const PAGE: i64 = 1000;

#[derive(Deserialize)]
struct Body {
    action: String,
    subject: String,
    outcome: String,
    #[serde(default)]
    details: Details,
}

#[derive(Default, Deserialize)]
struct Details {
    sha256: Option<String>,
}

/// What the log says was issued and revoked, by hexadecimal serial number.
#[derive(Default)]
struct Logged {
    issued: HashMap<String, String>,
    revoked: HashMap<String, ()>,
}

/// Everything in the tables that the log does not bear out, and the reverse; a line each.
///
/// # Errors
/// Where the database cannot be read.
pub async fn verify_records(store: &Store) -> Result<Vec<String>, StoreError> {
    // The tables first: what is issued meanwhile is in the log by the time that is read.
    let certificates = store::fingerprints(store, PAGE, |der| hex::encode(digest(&SHA256, der))).await?;
    let revocations = store::revoked_serials(store).await?;
    let mut logged = read_log(store).await?;
    let mut findings = Vec::new();
    for (serial, sha256) in certificates {
        match logged.issued.remove(&serial) {
            None => findings.push(format!("certificate {serial} is on record, and the log never saw it issued")),
            Some(issued) if issued != sha256 => {
                findings.push(format!("certificate {serial} on record is not the one that the log saw issued"));
            }
            Some(_) => {}
        }
    }
    for serial in revocations {
        if logged.revoked.remove(&serial).is_none() {
            findings.push(format!("certificate {serial} is on record as revoked, and the log never saw that"));
        }
    }
    missing(store, &logged, &mut findings).await?;
    findings.sort();
    Ok(findings)
}

/// What the log saw and the tables lack, unless it was written after they were read.
async fn missing(store: &Store, logged: &Logged, findings: &mut Vec<String>) -> Result<(), StoreError> {
    let serials = |map: Vec<&String>| map.into_iter().cloned().collect::<Vec<_>>();
    for serial in serials(logged.issued.keys().collect()) {
        if !store::has_certificate(store, &serial).await? {
            findings.push(format!("certificate {serial} was issued, and is on record no more"));
        }
    }
    for serial in serials(logged.revoked.keys().collect()) {
        if !store::has_revocation(store, &serial).await? {
            findings.push(format!("certificate {serial} was revoked, and is on record as good"));
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
                "SELECT id, body FROM audit_entry
                 WHERE id > $1 AND (action = $2 OR action = $3) ORDER BY id LIMIT $4",
                params![last, "ca.certificate.issue", "ca.certificate.revoke", PAGE],
            )
            .await?;
        for row in &rows {
            last = row.get("id")?;
            // An entry that cannot be read is the log's own finding.
            let Ok(body) = serde_json::from_str::<Body>(&row.get::<String>("body")?) else { continue };
            let (Some(serial), "success") = (body.subject.strip_prefix("certificate:"), body.outcome.as_str()) else {
                continue;
            };
            match (body.action.as_str(), body.details.sha256) {
                ("ca.certificate.issue", Some(sha256)) => {
                    logged.issued.insert(serial.to_owned(), sha256);
                }
                ("ca.certificate.revoke", _) => {
                    logged.revoked.insert(serial.to_owned(), ());
                }
                _ => {}
            }
        }
        if rows.is_empty() {
            return Ok(logged);
        }
    }
}
