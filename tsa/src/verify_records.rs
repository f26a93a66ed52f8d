//! Compares the records of tokens with what the log says.

use std::collections::HashMap;

use platform::{Store, StoreError, params};
use serde::Deserialize;

use crate::store::{self, RecordedToken};

const PAGE: i64 = 1000;

#[derive(Deserialize)]
struct Body {
    at: i64,
    subject: String,
    outcome: String,
    #[serde(default)]
    details: Details,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Details {
    unit: String,
    imprint: String,
    /// Missing, as `digest` is, in entries that were written before both were logged.
    policy: Option<String>,
    digest: Option<String>,
}

/// Every token on record that the log does not bear out, and the reverse; a line each.
///
/// # Errors
/// Where the database cannot be read.
pub async fn verify_records(store: &Store) -> Result<Vec<String>, StoreError> {
    // The table first: what is stamped meanwhile is in the log by the time that is read.
    let mut tokens = Vec::new();
    store::recorded_tokens(store, PAGE, |token| tokens.push(token)).await?;
    let mut logged = read_log(store).await?;
    let mut findings: Vec<String> = tokens
        .iter()
        .filter_map(|token| compare(token, logged.remove(&token.serial)))
        .collect();
    for serial in logged.into_keys() {
        let bytes = hex::decode(&serial).unwrap_or_default();
        if !store::has_token(store, &bytes).await? {
            findings.push(format!(
                "token {serial} was given, and is on record no more"
            ));
        }
    }
    findings.sort();
    Ok(findings)
}

fn compare(token: &RecordedToken, logged: Option<Body>) -> Option<String> {
    let serial = &token.serial;
    let Some(body) = logged else {
        return Some(format!(
            "token {serial} is on record, and the log never saw it given"
        ));
    };
    let details = body.details;
    let same = body.at == token.gen_time
        && details.unit == token.unit
        && details.imprint == token.imprint
        && details.policy.is_none_or(|policy| policy == token.policy)
        && details.digest.is_none_or(|digest| digest == token.digest);
    (!same).then(|| format!("token {serial} on record is not the one that the log saw given"))
}

async fn read_log(store: &Store) -> Result<HashMap<String, Body>, StoreError> {
    let mut logged = HashMap::new();
    let mut last = 0_i64;
    loop {
        let rows = store
            .fetch_all(
                "SELECT id, body FROM audit_entry WHERE id > $1 AND action = $2 ORDER BY id LIMIT $3",
                params![last, "tsa.stamp", PAGE],
            )
            .await?;
        for row in &rows {
            last = row.get("id")?;
            // An entry that cannot be read is the log's own finding.
            let Ok(body) = serde_json::from_str::<Body>(&row.get::<String>("body")?) else {
                continue;
            };
            if body.outcome == "success"
                && let Some(serial) = body.subject.strip_prefix("token:")
            {
                logged.insert(serial.to_owned(), body);
            }
        }
        if rows.is_empty() {
            return Ok(logged);
        }
    }
}
