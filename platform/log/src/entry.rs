//! An audit entry: who did what to what, how it ended, and why.

use std::{collections::BTreeMap, net::IpAddr};

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use crypto::random;
use jiff::Timestamp;
use platform_store::{AppendBatch, Store, StoreError, Table, Tx, Value};
use serde::{Deserialize, Serialize};
use serde_json::Value as Json;
use utoipa::ToSchema;

use crate::merkle;

/// The table of entries.
pub static ENTRIES: Table = Table {
    name: "audit_entry",
    columns: &["id", "written_at", "action", "body", "personal"],
};

/// How an act ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "lowercase")]
pub enum Outcome {
    /// It was done.
    Success,
    /// It was not allowed.
    Refused,
    /// It was allowed and could not be done.
    Failed,
}

/// Someone or something an entry speaks of.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Party {
    /// A name that tells nothing of a person: a serial number, a client, a job.
    Plain(String),
    /// A person's name. The entry holds a salted digest; the name stands beside
    /// it and can be erased without breaking the tree.
    Personal(String),
}

impl Party {
    /// A thing.
    pub fn thing(name: impl Into<String>) -> Self {
        Self::Plain(name.into())
    }

    /// A person.
    pub fn person(name: impl Into<String>) -> Self {
        Self::Personal(name.into())
    }
}

/// Who asked for an act, as its entry records them. `platform_access::Caller` is one.
pub trait Requester {
    /// Who acts.
    fn actor(&self) -> Party;
    /// The id that log lines and entries share.
    fn request_id(&self) -> &str;
    /// Where the request came from.
    fn address(&self) -> Option<IpAddr>;
}

/// Where entries are added to what is committed with them.
pub trait AuditSink {
    /// Adds an entry; the writer numbers it.
    fn audit(&mut self, entry: Entry);
}

impl AuditSink for Tx<'_> {
    fn audit(&mut self, entry: Entry) {
        self.append_numbered(&ENTRIES, entry.at, entry.into_row());
    }
}

impl AuditSink for AppendBatch {
    fn audit(&mut self, entry: Entry) {
        self.numbered_row(&ENTRIES, entry.at, entry.into_row());
    }
}

/// Writes an entry that is committed by itself (a refusal, a failed sign-in).
pub trait RecordEntry {
    /// Returns once the entry is on disk.
    ///
    /// # Errors
    /// Any [`StoreError`].
    fn record(&self, entry: Entry) -> impl Future<Output = Result<(), StoreError>> + Send;
}

impl RecordEntry for Store {
    async fn record(&self, entry: Entry) -> Result<(), StoreError> {
        let mut batch = AppendBatch::default();
        batch.audit(entry);
        self.append(batch).await
    }
}

/// What is about to be written in the log.
#[derive(Clone, Debug)]
pub struct Entry {
    action: &'static str,
    actor: Party,
    subject: Party,
    outcome: Outcome,
    cause: Option<String>,
    request_id: String,
    address: Option<String>,
    at: Timestamp,
    details: BTreeMap<&'static str, Json>,
}

/// The canonical form: members in this fixed order, no spaces, `details` sorted.
#[derive(Serialize)]
struct Canonical<'a> {
    v: u8,
    at: i64,
    action: &'a str,
    actor: &'a str,
    subject: &'a str,
    outcome: Outcome,
    #[serde(skip_serializing_if = "Option::is_none")]
    cause: Option<&'a str>,
    request: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    address: Option<&'a str>,
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    details: &'a BTreeMap<&'static str, Json>,
}

/// The same, as it is read back.
#[derive(Debug, Deserialize)]
pub(crate) struct Body {
    pub(crate) at: i64,
    pub(crate) action: String,
    pub(crate) actor: String,
    pub(crate) subject: String,
    pub(crate) outcome: Outcome,
    #[serde(default)]
    pub(crate) cause: Option<String>,
    pub(crate) request: String,
    #[serde(default)]
    pub(crate) address: Option<String>,
    #[serde(default)]
    pub(crate) details: BTreeMap<String, Json>,
}

/// Names that a body commits to, kept beside it.
#[derive(Debug, Default, Serialize, Deserialize)]
pub(crate) struct Personal {
    pub(crate) salt: String,
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub(crate) actor: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub(crate) subject: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub(crate) address: Option<String>,
}

impl Entry {
    /// An act that succeeded; see [`Entry::refused`] and [`Entry::failed`].
    ///
    /// `action` is named as in authorization: `ca.certificate.issue`.
    pub fn new(
        action: &'static str,
        caller: &impl Requester,
        subject: Party,
        at: Timestamp,
    ) -> Self {
        Self {
            action,
            actor: caller.actor(),
            subject,
            outcome: Outcome::Success,
            cause: None,
            request_id: caller.request_id().to_owned(),
            address: caller.address().map(|address| address.to_string()),
            at,
            details: BTreeMap::new(),
        }
    }

    /// The act was not allowed.
    #[must_use]
    pub fn refused(mut self, cause: impl Into<String>) -> Self {
        self.outcome = Outcome::Refused;
        self.cause = Some(cause.into());
        self
    }

    /// The act was allowed and failed.
    #[must_use]
    pub fn failed(mut self, cause: impl Into<String>) -> Self {
        self.outcome = Outcome::Failed;
        self.cause = Some(cause.into());
        self
    }

    /// Someone else than the caller did it: who has just proved to be `actor`.
    #[must_use]
    pub fn by(mut self, actor: Party) -> Self {
        self.actor = actor;
        self
    }

    /// Adds a fact. Never a secret, never personal data.
    #[must_use]
    pub fn with(mut self, name: &'static str, value: impl Into<Json>) -> Self {
        self.details.insert(name, value.into());
        self
    }

    /// The row of [`ENTRIES`]; the writer fills in the first two columns.
    pub(crate) fn into_row(self) -> Vec<Value> {
        let mut personal = Personal::default();
        let mut commit = |party: Party, slot: fn(&mut Personal) -> &mut Option<String>| match party
        {
            Party::Plain(name) => name,
            Party::Personal(name) => {
                if personal.salt.is_empty() {
                    personal.salt = random::salt();
                }
                let commitment = commitment(&personal.salt, &name);
                *slot(&mut personal) = Some(name);
                commitment
            }
        };
        let actor = commit(self.actor, |personal| &mut personal.actor);
        let subject = commit(self.subject, |personal| &mut personal.subject);
        let address = self
            .address
            .map(|address| commit(Party::Personal(address), |personal| &mut personal.address));
        let body = json(&Canonical {
            v: 1,
            at: self.at.as_microsecond(),
            action: self.action,
            actor: &actor,
            subject: &subject,
            outcome: self.outcome,
            cause: self.cause.as_deref(),
            request: &self.request_id,
            address: address.as_deref(),
            details: &self.details,
        });
        let personal = (!personal.salt.is_empty()).then(|| json(&personal));
        vec![
            Value::Int(None),
            Value::Int(None),
            self.action.into(),
            body.into(),
            personal.into(),
        ]
    }
}

/// A name's stand-in in a body: `~` and the salted SHA-256.
pub(crate) fn commitment(salt: &str, name: &str) -> String {
    let digest = merkle::sha256(&[salt.as_bytes(), &[0], name.as_bytes()]);
    format!("~{}", URL_SAFE_NO_PAD.encode(digest))
}

fn json(value: &impl Serialize) -> String {
    /// What most entries take.
    const ROOM: usize = 512;
    let mut text = Vec::with_capacity(ROOM);
    // Maps with text keys and plain values always serialize.
    match serde_json::to_writer(&mut text, value) {
        Ok(()) => String::from_utf8(text).unwrap_or_default(),
        Err(_) => String::new(),
    }
}
