//! The bodies of recorded entries: version 2, and version 1 of Xinshu 0.1.0.

use std::collections::BTreeMap;

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use jiff::Timestamp;
use platform_store::StoreError;
use serde::{Deserialize, Serialize};
use serde_json::Value as Json;
use utoipa::ToSchema;

use crate::merkle;

/// The unit of every entry of version 1, and of those that name none.
pub(crate) const ROOT_UNIT: &str = "root";

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

/// An entry of the log with its body parsed.
#[derive(Clone, Debug)]
pub struct RecordedEntry {
    /// Its leaf in the tree; `None` while it waits to be sequenced.
    pub index: Option<u64>,
    /// When it was done.
    pub at: Timestamp,
    /// What was done.
    pub action: String,
    /// By whom.
    pub actor: RecordedActor,
    /// To what; a digest if a name was erased.
    pub subject: String,
    /// The organizational unit that owns the subject.
    pub unit: String,
    /// How it ended.
    pub outcome: Outcome,
    /// Why it did not succeed.
    pub cause: Option<String>,
    /// The request's id.
    pub request: String,
    /// Where the request came from.
    pub address: Option<String>,
    /// Further facts.
    pub details: BTreeMap<String, Json>,
}

/// Who acted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RecordedActor {
    /// `user`, `client`, `certificate`, `local`, `system` or `anonymous`.
    pub kind: String,
    /// The stable id.
    pub id: Option<String>,
    /// The name at that time; a digest if it was erased.
    pub name: Option<String>,
}

impl RecordedEntry {
    /// A fact that is text.
    pub fn text(&self, name: &str) -> Option<&str> {
        self.details.get(name).and_then(Json::as_str)
    }
}

impl std::fmt::Display for RecordedActor {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self.name.as_ref().or(self.id.as_ref()) {
            Some(name) => write!(f, "{}:{name}", self.kind),
            None => f.write_str(&self.kind),
        }
    }
}

/// A body as it is stored.
#[derive(Debug, Deserialize)]
pub(crate) struct Body {
    pub(crate) at: i64,
    pub(crate) action: String,
    pub(crate) actor: Actor,
    pub(crate) subject: String,
    #[serde(default = "root_unit")]
    pub(crate) unit: String,
    pub(crate) outcome: Outcome,
    #[serde(default)]
    pub(crate) cause: Option<String>,
    pub(crate) request: String,
    #[serde(default)]
    pub(crate) address: Option<String>,
    #[serde(default)]
    pub(crate) details: BTreeMap<String, Json>,
}

/// Version 1 has a text, `client:…` or a digest of `user:alice`.
#[derive(Debug, Deserialize)]
#[serde(untagged)]
pub(crate) enum Actor {
    Text(String),
    Parts {
        r#type: String,
        #[serde(default)]
        id: Option<String>,
        #[serde(default)]
        name: Option<String>,
    },
}

/// Names that a body commits to, stored beside it.
#[derive(Debug, Default, Serialize, Deserialize)]
pub(crate) struct Personal {
    pub(crate) salt: String,
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub(crate) actor: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub(crate) subject: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub(crate) address: Option<String>,
    /// Facts that are names.
    #[serde(skip_serializing_if = "BTreeMap::is_empty", default)]
    pub(crate) details: BTreeMap<String, String>,
}

impl Body {
    pub(crate) fn parse(text: &str) -> Result<Self, serde_json::Error> {
        serde_json::from_str(text)
    }

    /// The commitment to the actor's name, if there is one.
    pub(crate) fn actor_commitment(&self) -> Option<&String> {
        match &self.actor {
            Actor::Text(text) => Some(text),
            Actor::Parts { name, .. } => name.as_ref(),
        }
    }

    /// With the names that it commits to.
    pub(crate) fn reveal(
        mut self,
        personal: Personal,
        index: Option<u64>,
    ) -> Result<RecordedEntry, StoreError> {
        let at = Timestamp::from_microsecond(self.at)
            .map_err(|error| StoreError::Unexpected(error.to_string()))?;
        for (name, text) in personal.details {
            if let Some(committed) = self.details.get_mut(&name) {
                *committed = Json::String(text);
            }
        }
        Ok(RecordedEntry {
            index,
            at,
            action: self.action,
            actor: self.actor.reveal(personal.actor),
            subject: personal.subject.unwrap_or(self.subject),
            unit: self.unit,
            outcome: self.outcome,
            cause: self.cause,
            request: self.request,
            address: personal.address.or(self.address),
            details: self.details,
        })
    }
}

impl Actor {
    fn reveal(self, name: Option<String>) -> RecordedActor {
        match self {
            Self::Parts {
                r#type,
                id,
                name: committed,
            } => RecordedActor {
                kind: r#type,
                id,
                name: name.or(committed),
            },
            Self::Text(text) => {
                let personal = name.is_some();
                let text = name.unwrap_or(text);
                match text.split_once(':') {
                    Some((kind, name)) if personal => RecordedActor {
                        kind: kind.to_owned(),
                        id: None,
                        name: Some(name.to_owned()),
                    },
                    Some((kind, id)) => RecordedActor {
                        kind: kind.to_owned(),
                        id: Some(id.to_owned()),
                        name: None,
                    },
                    // `system`, or a digest whose name was erased.
                    None => RecordedActor {
                        kind: text,
                        id: None,
                        name: None,
                    },
                }
            }
        }
    }
}

/// A name's stand-in in a body: `~` and the salted SHA-256.
pub(crate) fn commitment(salt: &str, name: &str) -> String {
    let digest = merkle::sha256(&[salt.as_bytes(), &[0], name.as_bytes()]);
    format!("~{}", URL_SAFE_NO_PAD.encode(digest))
}

fn root_unit() -> String {
    ROOT_UNIT.to_owned()
}
