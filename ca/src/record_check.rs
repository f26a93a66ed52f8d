//! Comparing the records of certificates, revocations and authorities with the log.
//!
//! The log proves itself; this proves the tables by the log: a certificate that was slipped in,
//! swapped or deleted, or a revocation that was undone, is found.

use async_trait::async_trait;
use pki::{Certificate, Digest};
use platform_log::{Comparison, Fact, FactSink, Outcome, RecordCheck, RecordedEntry};
use platform_store::{Snapshot, StoreError};
use serde::{Deserialize, Serialize};

use crate::{
    actions::{CREATE_AUTHORITY, ISSUE_CERTIFICATE, RELEASE_CERTIFICATE, REVOKE_CERTIFICATE},
    store::{self, MIGRATED, RecordedAuthority, RecordedCertificate, RecordedRevocation},
};

/// Issued certificates, by authority and serial number.
const CERTIFICATE: &str = "certificate";
/// Revocations, by authority and serial number.
const REVOCATION: &str = "revocation";
/// Authorities, by the SHA-256 of each of their certificates.
const AUTHORITY: &str = "authority";
/// Certificates of authorities of 0.1.0, by their SHA-256: it logged the authority only.
const MIGRATED_CERTIFICATE: &str = "migrated certificate";

/// The records of the certificate authority, for `audit verify`.
#[derive(Clone, Copy, Debug, Default)]
pub struct CertificateCheck;

#[derive(Serialize, Deserialize)]
struct CertificateFact {
    sha256: String,
    profile: String,
    version: i64,
    at: i64,
    /// `client:robot`; only its kind, `local:~`, if the name was erased from the log.
    requester: String,
    /// Whether a row's other columns say what its bytes say.
    agrees: bool,
}

#[derive(Serialize, Deserialize)]
struct RevocationFact {
    reason: String,
    at: i64,
    /// Whether a row's issuance and end are those of its certificate: altered ones would hide it
    /// from lists and CRLs.
    agrees: bool,
}

#[derive(PartialEq, Eq, Serialize, Deserialize)]
struct AuthorityFact {
    name: String,
    issuer: String,
    key: String,
}

#[async_trait]
impl RecordCheck for CertificateCheck {
    fn facts_of(&self, entry: &RecordedEntry) -> Vec<Fact> {
        if entry.outcome != Outcome::Success {
            return Vec::new();
        }
        let Some((_, subject)) = entry.subject.split_once(':') else {
            return Vec::new();
        };
        let text = |name| entry.text(name).unwrap_or_default().to_owned();
        let key = || format!("{}/{subject}", text("ca"));
        let action = entry.action.as_str();
        if action == ISSUE_CERTIFICATE.as_str() {
            vec![fact(CERTIFICATE, key(), &issued(entry))]
        } else if action == REVOKE_CERTIFICATE.as_str() {
            let revocation = RevocationFact {
                reason: text("reason"),
                // Changing the reason does not change the revocation time.
                at: entry
                    .details
                    .get("revoked_at")
                    .and_then(serde_json::Value::as_i64)
                    .unwrap_or(entry.at.as_microsecond()),
                agrees: true,
            };
            vec![fact(REVOCATION, key(), &revocation)]
        } else if action == RELEASE_CERTIFICATE.as_str() {
            vec![Fact::removed(REVOCATION, key())]
        } else if action == CREATE_AUTHORITY.as_str() {
            let authority = AuthorityFact {
                name: subject.to_owned(),
                issuer: text("issuer"),
                key: text("key"),
            };
            vec![
                fact(AUTHORITY, text("sha256"), &authority),
                Fact::new(MIGRATED_CERTIFICATE, text("sha256"), ""),
            ]
        } else {
            Vec::new()
        }
    }

    async fn read_rows(
        &self,
        snapshot: &mut Snapshot,
        facts: &mut FactSink<'_>,
    ) -> Result<(), StoreError> {
        store::recorded_certificates(snapshot, |row| facts.add(stored_certificate(&row))).await?;
        store::recorded_revocations(snapshot, |row| facts.add(stored_revocation(&row))).await?;
        store::recorded_authorities(snapshot, |row| facts.add(stored_authority(row))).await
    }

    fn compare(&self, record: &Comparison<'_>) -> Option<String> {
        let serial = record.key.rsplit('/').next().unwrap_or_default();
        match record.collection {
            CERTIFICATE => compare_certificate(serial, record),
            REVOCATION => compare_revocation(serial, record),
            AUTHORITY => compare_authority(record),
            _ => (record.logged.is_none()).then(|| {
                format!(
                    "the certificate of an authority with SHA-256 {serial} is on record, but the \
                     log has no entry for its issuance"
                )
            }),
        }
    }
}

fn issued(entry: &RecordedEntry) -> CertificateFact {
    let profile = entry.text("profile").unwrap_or_default();
    let actor = &entry.actor;
    let erased = actor
        .name
        .as_ref()
        .is_some_and(|name| name.starts_with('~'));
    CertificateFact {
        sha256: entry.text("sha256").unwrap_or_default().to_owned(),
        // 0.1.0 logged a service's certificate with the service's name: `service:ocsp:issuing`.
        profile: profile.split(':').next().unwrap_or_default().to_owned(),
        version: entry
            .details
            .get("profile_version")
            .and_then(serde_json::Value::as_i64)
            .unwrap_or(1),
        at: entry.at.as_microsecond(),
        requester: if erased {
            format!("{}:~", actor.kind)
        } else {
            actor.to_string()
        },
        agrees: true,
    }
}

fn stored_certificate(row: &RecordedCertificate) -> Fact {
    let agrees = Certificate::from_der(&row.der).is_ok_and(|certificate| {
        certificate.serial().to_string() == row.serial
            && certificate.subject().to_string() == row.subject
            && certificate.validity().not_after == row.not_after
    });
    let sha256 = sha256(&row.der);
    if row.requester == MIGRATED && agrees {
        return Fact::new(MIGRATED_CERTIFICATE, sha256, "");
    }
    let certificate = CertificateFact {
        sha256,
        profile: row.profile.clone(),
        version: row.profile_version,
        at: row.issued_at.as_microsecond(),
        requester: row.requester.clone(),
        agrees,
    };
    fact(
        CERTIFICATE,
        format!("{}/{}", row.authority, row.serial),
        &certificate,
    )
}

fn stored_revocation(row: &RecordedRevocation) -> Fact {
    let revocation = RevocationFact {
        reason: row.reason.clone(),
        at: row.revoked_at.as_microsecond(),
        agrees: row
            .certificate_life
            .is_none_or(|life| life == (row.issued_at, row.not_after)),
    };
    fact(
        REVOCATION,
        format!("{}/{}", row.authority, row.serial),
        &revocation,
    )
}

fn stored_authority(row: RecordedAuthority) -> Fact {
    let authority = AuthorityFact {
        name: row.name,
        issuer: row.issuer,
        key: row.key_uri,
    };
    fact(AUTHORITY, sha256(&row.der), &authority)
}

fn compare_certificate(serial: &str, record: &Comparison<'_>) -> Option<String> {
    let (logged, stored) = match sides::<CertificateFact>(record) {
        (Some(logged), Some(stored)) => (logged, stored),
        (None, _) => {
            return Some(format!(
                "certificate {serial} is on record, but the log has no entry for its issuance"
            ));
        }
        (_, None) => {
            return Some(format!(
                "certificate {serial} was issued but is no longer on record"
            ));
        }
    };
    if logged.sha256 != stored.sha256 {
        return Some(format!(
            "certificate {serial} on record is not the one that was logged"
        ));
    }
    // Nobody can tell who it was once the name was erased from the log.
    let same_requester = match logged.requester.strip_suffix('~') {
        Some(kind) => stored.requester.starts_with(kind),
        None => stored.requester == logged.requester,
    };
    let same = stored.agrees
        && same_requester
        && (&stored.profile, stored.version, stored.at)
            == (&logged.profile, logged.version, logged.at);
    (!same).then(|| format!("what is on record beside certificate {serial} is not what was logged"))
}

fn compare_revocation(serial: &str, record: &Comparison<'_>) -> Option<String> {
    match sides::<RevocationFact>(record) {
        (None, _) => Some(format!(
            "certificate {serial} is on record as revoked, but the log has no entry for its revocation"
        )),
        (_, None) => Some(format!(
            "certificate {serial} was revoked but is on record as good"
        )),
        (Some(logged), Some(stored)) => {
            let same = stored.agrees && stored.reason == logged.reason && stored.at == logged.at;
            (!same).then(|| {
                format!(
                    "the revocation of certificate {serial} on record is not the one that was \
                     logged"
                )
            })
        }
    }
}

fn compare_authority(record: &Comparison<'_>) -> Option<String> {
    match sides::<AuthorityFact>(record) {
        (None, stored) => Some(format!(
            "authority {} is on record, but the log has no entry for its creation",
            stored.map(|stored| stored.name).unwrap_or_default()
        )),
        (Some(logged), None) => Some(format!(
            "authority {} was created but is no longer on record",
            logged.name
        )),
        (Some(logged), Some(stored)) => (logged != stored).then(|| {
            format!(
                "authority {} on record is not the one that was logged",
                stored.name
            )
        }),
    }
}

fn fact(collection: &'static str, key: String, value: &impl Serialize) -> Fact {
    // Structs of text, numbers and flags always serialize.
    Fact::new(
        collection,
        key,
        serde_json::to_string(value).unwrap_or_default(),
    )
}

/// What the log and the table say, each as it was written by [`fact`].
fn sides<'r, T: Deserialize<'r>>(record: &Comparison<'r>) -> (Option<T>, Option<T>) {
    let read = |side: Option<&'r str>| side.and_then(|text| serde_json::from_str(text).ok());
    (read(record.logged), read(record.stored))
}

fn sha256(der: &[u8]) -> String {
    hex::encode(Digest::Sha256.hash(der))
}
