//! An audit entry: who did what to what, how it ended, and why.

use std::{borrow::Cow, collections::BTreeMap, fmt, net::IpAddr};

use crypto::random;
use jiff::Timestamp;
use platform_store::{AppendBatch, Store, StoreError, Table, Tx, Value};
use serde::Serialize;
use serde_json::Value as Json;

use crate::body::{self, Outcome, Personal, commitment};

/// The table of entries.
pub static ENTRIES: Table = Table {
    name: "audit_entry",
    columns: &["id", "written_at", "action", "body", "personal"],
    parent: None,
};

/// What an act was done to, as its entry names it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Subject {
    /// A name that says nothing about a person: a serial number, a client, a job.
    Plain(String),
    /// A person's name. The entry holds a salted digest; the name itself is stored
    /// beside it and can be erased without breaking the tree.
    Personal(String),
}

impl Subject {
    /// A thing.
    pub fn thing(name: impl Into<String>) -> Self {
        Self::Plain(name.into())
    }

    /// A person.
    pub fn person(name: impl Into<String>) -> Self {
        Self::Personal(name.into())
    }
}

/// Who acted: a type, a stable id where there is one, and a name that is personal data.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Principal {
    kind: Cow<'static, str>,
    id: Option<String>,
    name: Option<String>,
}

impl Principal {
    /// One of a type of which nothing more is known.
    pub fn new(kind: &'static str) -> Self {
        Self {
            kind: Cow::Borrowed(kind),
            id: None,
            name: None,
        }
    }

    /// With its stable id, which says nothing about a person by itself.
    #[must_use]
    pub fn with_id(mut self, id: impl Into<String>) -> Self {
        self.id = Some(id.into());
        self
    }

    /// With a person's name: the entry holds a salted digest of it.
    #[must_use]
    pub fn named(mut self, name: impl Into<String>) -> Self {
        self.name = Some(name.into());
        self
    }
}

impl fmt::Display for Principal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.name.as_ref().or(self.id.as_ref()) {
            Some(name) => write!(f, "{}:{name}", self.kind),
            None => f.write_str(&self.kind),
        }
    }
}

impl From<Subject> for Principal {
    /// Splits `user:alice` into type and name, `client:…` into type and id.
    fn from(subject: Subject) -> Self {
        let (Subject::Plain(text) | Subject::Personal(text)) = &subject;
        let (kind, rest) = match text.split_once(':') {
            Some((kind, rest)) => (kind, Some(rest.to_owned())),
            None => (text.as_str(), None),
        };
        let kind = Cow::Owned(kind.to_owned());
        match subject {
            Subject::Plain(_) => Self {
                kind,
                id: rest,
                name: None,
            },
            Subject::Personal(_) => Self {
                kind,
                id: None,
                name: rest,
            },
        }
    }
}

/// Who asked for an act, as its entry records them. `platform_access::Caller` is one.
pub trait Requester {
    /// Who acts.
    fn principal(&self) -> Principal;
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
    actor: Principal,
    subject: Subject,
    unit: Cow<'static, str>,
    outcome: Outcome,
    cause: Option<String>,
    request_id: String,
    address: Option<String>,
    at: Timestamp,
    details: BTreeMap<&'static str, Json>,
    personal_details: BTreeMap<&'static str, String>,
}

impl Entry {
    /// An act that succeeded; see [`Entry::refused`] and [`Entry::failed`].
    ///
    /// `action` is named as in authorization: `ca.certificate.issue`.
    pub fn new(
        action: impl Into<&'static str>,
        caller: &impl Requester,
        subject: Subject,
        at: Timestamp,
    ) -> Self {
        Self {
            action: action.into(),
            actor: caller.principal(),
            subject,
            unit: Cow::Borrowed(body::ROOT_UNIT),
            outcome: Outcome::Success,
            cause: None,
            request_id: caller.request_id().to_owned(),
            address: caller.address().map(|address| address.to_string()),
            at,
            details: BTreeMap::new(),
            personal_details: BTreeMap::new(),
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

    /// Somebody other than the caller acted: who has just proved to be `actor`.
    #[must_use]
    pub fn with_actor(mut self, actor: impl Into<Principal>) -> Self {
        self.actor = actor.into();
        self
    }

    /// The organizational unit that owns the subject, if it is not the root unit.
    #[must_use]
    pub fn in_unit(mut self, unit: &str) -> Self {
        if unit != body::ROOT_UNIT {
            self.unit = Cow::Owned(unit.to_owned());
        }
        self
    }

    /// Adds a fact. Never a secret, never personal data.
    #[must_use]
    pub fn with(mut self, name: &'static str, value: impl Into<Json>) -> Self {
        self.details.insert(name, value.into());
        self
    }

    /// Adds a fact that may be a person's name: the entry holds a salted digest of it.
    #[must_use]
    pub fn with_personal(mut self, name: &'static str, text: impl Into<String>) -> Self {
        self.personal_details.insert(name, text.into());
        self
    }

    /// The row of [`ENTRIES`]; the writer fills in the first two columns.
    fn into_row(mut self) -> Vec<Value> {
        let mut personal = Personal::default();
        let mut commit = |name: String, slot: fn(&mut Personal) -> &mut Option<String>| {
            if personal.salt.is_empty() {
                personal.salt = random::salt();
            }
            let commitment = commitment(&personal.salt, &name);
            *slot(&mut personal) = Some(name);
            commitment
        };
        let name = self.actor.name;
        let name = name.map(|name| commit(name, |personal| &mut personal.actor));
        let subject = match self.subject {
            Subject::Plain(name) => name,
            Subject::Personal(name) => commit(name, |personal| &mut personal.subject),
        };
        let address = self.address;
        let address = address.map(|address| commit(address, |personal| &mut personal.address));
        for (name, text) in self.personal_details {
            if personal.salt.is_empty() {
                personal.salt = random::salt();
            }
            let commitment = commitment(&personal.salt, &text);
            self.details.insert(name, commitment.into());
            personal.details.insert(name.to_owned(), text);
        }
        let body = json(&Canonical {
            v: 2,
            at: self.at.as_microsecond(),
            action: self.action,
            actor: CanonicalActor {
                r#type: &self.actor.kind,
                id: self.actor.id.as_deref(),
                name: name.as_deref(),
            },
            subject: &subject,
            unit: &self.unit,
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

/// The canonical form: members in this fixed order, no spaces, `details` sorted.
#[derive(Serialize)]
struct Canonical<'a> {
    v: u8,
    at: i64,
    action: &'a str,
    actor: CanonicalActor<'a>,
    subject: &'a str,
    unit: &'a str,
    outcome: Outcome,
    #[serde(skip_serializing_if = "Option::is_none")]
    cause: Option<&'a str>,
    request: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    address: Option<&'a str>,
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    details: &'a BTreeMap<&'static str, Json>,
}

#[derive(Serialize)]
struct CanonicalActor<'a> {
    r#type: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    id: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    name: Option<&'a str>,
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
