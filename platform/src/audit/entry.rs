//! An audit entry: who did what to what, how it ended, and why.

use std::collections::BTreeMap;

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::Value as Json;
use utoipa::ToSchema;

use super::merkle;
use crate::{
    Actor, Caller,
    store::{Table, Value},
};
use crypto::random;

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
pub(super) struct Body {
    pub(super) at: i64,
    pub(super) action: String,
    pub(super) actor: String,
    pub(super) subject: String,
    pub(super) outcome: Outcome,
    #[serde(default)]
    pub(super) cause: Option<String>,
    pub(super) request: String,
    #[serde(default)]
    pub(super) address: Option<String>,
    #[serde(default)]
    pub(super) details: BTreeMap<String, Json>,
}

/// Names that a body commits to, kept beside it.
#[derive(Debug, Default, Serialize, Deserialize)]
pub(super) struct Personal {
    pub(super) salt: String,
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub(super) actor: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub(super) subject: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub(super) address: Option<String>,
}

impl Entry {
    /// An act that succeeded; see [`Entry::refused`] and [`Entry::failed`].
    ///
    /// `action` is named as in authorization: `ca.certificate.issue`.
    pub fn new(action: &'static str, caller: &Caller, subject: Party, at: Timestamp) -> Self {
        Self {
            action,
            actor: party(&caller.actor),
            subject,
            outcome: Outcome::Success,
            cause: None,
            request_id: caller.request_id.clone(),
            address: caller.address.map(|address| address.to_string()),
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

    /// When it was done.
    pub(crate) fn at(&self) -> Timestamp {
        self.at
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
pub(super) fn commitment(salt: &str, name: &str) -> String {
    let digest = merkle::sha256(&[salt.as_bytes(), &[0], name.as_bytes()]);
    format!("~{}", URL_SAFE_NO_PAD.encode(digest))
}

fn party(actor: &Actor) -> Party {
    match actor {
        Actor::User { .. } | Actor::Local { .. } => Party::Personal(actor.to_string()),
        other => Party::Plain(other.to_string()),
    }
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
