//! Comparing the records of tokens with the log.

use async_trait::async_trait;
use platform_log::{Comparison, Fact, FactSink, Outcome, RecordCheck, RecordedEntry};
use platform_store::{Snapshot, StoreError};
use serde::{Deserialize, Serialize};

use crate::{
    actions::STAMP,
    store::{self, RecordedToken},
};

/// Tokens, by serial number.
const TOKEN: &str = "token";

/// The records of the time-stamp authority, for `audit verify`.
#[derive(Clone, Copy, Debug, Default)]
pub struct TokenCheck;

#[derive(Serialize, Deserialize)]
struct TokenFact {
    unit: String,
    imprint: String,
    at: i64,
    /// Missing, as `digest` is, in entries that were written before both were logged.
    policy: Option<String>,
    digest: Option<String>,
}

#[async_trait]
impl RecordCheck for TokenCheck {
    fn facts_of(&self, entry: &RecordedEntry) -> Vec<Fact> {
        if entry.action != STAMP.as_str() || entry.outcome != Outcome::Success {
            return Vec::new();
        }
        let Some(serial) = entry.subject.strip_prefix("token:") else {
            return Vec::new();
        };
        let text = |name| entry.text(name).map(str::to_owned);
        let token = TokenFact {
            unit: text("unit").unwrap_or_default(),
            imprint: text("imprint").unwrap_or_default(),
            at: entry.at.as_microsecond(),
            policy: text("policy"),
            digest: text("digest"),
        };
        vec![fact(serial.to_owned(), &token)]
    }

    async fn read_rows(
        &self,
        snapshot: &mut Snapshot,
        facts: &mut FactSink<'_>,
    ) -> Result<(), StoreError> {
        store::recorded_tokens(snapshot, |token| facts.add(stored(token))).await
    }

    fn compare(&self, record: &Comparison<'_>) -> Option<String> {
        let serial = record.key;
        let read = |side: Option<&str>| -> Option<TokenFact> {
            side.and_then(|text| serde_json::from_str(text).ok())
        };
        match (read(record.logged), read(record.stored)) {
            (None, _) => Some(format!(
                "token {serial} is on record, but the log has no entry for it"
            )),
            (_, None) => Some(format!(
                "token {serial} was issued but is no longer on record"
            )),
            (Some(logged), Some(stored)) => {
                let same = (&stored.unit, &stored.imprint, stored.at)
                    == (&logged.unit, &logged.imprint, logged.at)
                    && (logged.policy.is_none() || logged.policy == stored.policy)
                    && (logged.digest.is_none() || logged.digest == stored.digest);
                (!same).then(|| format!("token {serial} on record is not the one that was logged"))
            }
        }
    }
}

fn stored(token: RecordedToken) -> Fact {
    let value = TokenFact {
        unit: token.unit,
        imprint: token.imprint,
        at: token.gen_time,
        policy: Some(token.policy),
        digest: Some(token.digest),
    };
    fact(token.serial, &value)
}

fn fact(serial: String, token: &TokenFact) -> Fact {
    // A struct of text and numbers always serializes.
    Fact::new(
        TOKEN,
        serial,
        serde_json::to_string(token).unwrap_or_default(),
    )
}
