//! Recomputes the tree from the entries and compares it with what was signed.

use std::collections::BTreeMap;

use serde::Serialize;
use utoipa::ToSchema;

use super::{
    checkpoint::{Checkpoint, VerifierKey},
    entry::{Body, Outcome, Personal, commitment},
    merkle::{self, Frontier, Hash},
};
use crate::{Store, StoreError, params, store::Row};

const PAGE: i64 = 2000;
/// More findings than this are only counted.
const FINDINGS: usize = 100;

/// What a verification found.
#[derive(Clone, Debug, Default, Serialize)]
pub struct Report {
    /// How many entries have a place in the tree.
    pub size: u64,
    /// The recomputed root hash, hexadecimal.
    pub root: String,
    /// Entries that wait for their place (at most a second's worth).
    pub waiting: u64,
    /// How many checkpoints were compared.
    pub checkpoints: u64,
    /// How many entries each action has.
    pub actions: BTreeMap<String, u64>,
    /// Everything that is wrong; empty where the log holds.
    pub findings: Vec<String>,
    /// Findings beyond the first hundred.
    pub more_findings: u64,
}

/// An entry as people read it.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct Listed {
    /// Place in the tree; none yet for the newest.
    pub index: Option<i64>,
    /// When it was done, RFC 3339.
    pub at: String,
    /// What was done.
    pub action: String,
    /// By whom.
    pub actor: String,
    /// To what.
    pub subject: String,
    /// How it ended.
    pub outcome: Outcome,
    /// Why it did not succeed.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub cause: Option<String>,
    /// The request's id, as in the logs.
    pub request: String,
    /// Where the request came from.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub address: Option<String>,
    /// Further facts.
    #[schema(value_type = Object)]
    pub details: BTreeMap<String, serde_json::Value>,
}

impl Report {
    /// True where nothing is wrong.
    pub fn holds(&self) -> bool {
        self.findings.is_empty()
    }

    fn find(&mut self, finding: String) {
        if self.findings.len() < FINDINGS {
            self.findings.push(finding);
        } else {
            self.more_findings += 1;
        }
    }
}

/// Recomputes the whole tree.
///
/// `verifier` is the log's public key, from where its holder trusts it; `given`
/// is a checkpoint kept elsewhere, below which the log may not have rolled back.
///
/// # Errors
/// Where the database cannot be read. What is wrong in the log is in the report.
pub async fn verify(
    store: &Store,
    verifier: &VerifierKey,
    given: Option<&Checkpoint>,
) -> Result<Report, StoreError> {
    let mut report = Report::default();
    let mut expected = signed_heads(store, verifier, &mut report).await?;
    if let Some(given) = given {
        expected.push(("the given checkpoint".to_owned(), given.size, given.root));
    }
    expected.sort_by_key(|(_, size, _)| *size);
    let mut expected = expected.into_iter().peekable();
    let mut frontier = Frontier::default();
    let mut last = -1;
    loop {
        let rows = store
            .fetch_all(
                "SELECT id, leaf_index, action, body, personal FROM audit_entry
                 WHERE leaf_index > $1 ORDER BY leaf_index LIMIT $2",
                params![last, PAGE],
            )
            .await?;
        for row in &rows {
            compare_heads(&mut expected, &frontier, &mut report);
            let index: i64 = row.get("leaf_index")?;
            if index != last + 1 {
                report.find(format!("entries {} to {} are missing", last + 1, index - 1));
            }
            last = index;
            let body: String = row.get("body")?;
            check_entry(row, index, &body, &mut report)?;
            frontier.push(merkle::leaf(body.as_bytes()));
        }
        if rows.is_empty() {
            break;
        }
    }
    compare_heads(&mut expected, &frontier, &mut report);
    for (which, size, _) in expected {
        report.find(format!(
            "{which} has {size} entries, the log only {}: it was rolled back",
            frontier.size()
        ));
    }
    check_state(store, &frontier, &mut report).await?;
    report.size = frontier.size();
    report.root = hex::encode(frontier.root());
    Ok(report)
}

type Expected = (String, u64, Hash);

/// Compares every head signed at the frontier's size.
fn compare_heads(
    expected: &mut std::iter::Peekable<impl Iterator<Item = Expected>>,
    frontier: &Frontier,
    report: &mut Report,
) {
    while let Some((which, size, root)) = expected.next_if(|(_, size, _)| *size <= frontier.size())
    {
        report.checkpoints += 1;
        if size == frontier.size() && root != frontier.root() {
            report.find(format!(
                "{which} says that the first {size} entries have another root: one of them was changed, removed or reordered"
            ));
        }
    }
}

async fn signed_heads(
    store: &Store,
    verifier: &VerifierKey,
    report: &mut Report,
) -> Result<Vec<Expected>, StoreError> {
    let rows = store
        .fetch_all(
            "SELECT tree_size, root, note FROM audit_checkpoint ORDER BY tree_size",
            vec![],
        )
        .await?;
    let mut heads = Vec::with_capacity(rows.len());
    for row in rows {
        let size: i64 = row.get("tree_size")?;
        match Checkpoint::open(&row.get::<String>("note")?, verifier) {
            Ok(head)
                if head.size == size.unsigned_abs()
                    && head.root[..] == row.get::<Vec<u8>>("root")? =>
            {
                heads.push((format!("the checkpoint at {size}"), head.size, head.root));
            }
            Ok(_) => report.find(format!(
                "the checkpoint at {size} is not the one that was signed"
            )),
            Err(error) => report.find(format!("the checkpoint at {size}: {error}")),
        }
    }
    Ok(heads)
}

fn check_entry(row: &Row, index: i64, body: &str, report: &mut Report) -> Result<(), StoreError> {
    let Ok(parsed) = serde_json::from_str::<Body>(body) else {
        report.find(format!("entry {index} cannot be read"));
        return Ok(());
    };
    if row.get::<String>("action")? != parsed.action {
        report.find(format!(
            "entry {index} is listed under an action it does not record"
        ));
    }
    *report.actions.entry(parsed.action.clone()).or_default() += 1;
    let Some(personal) = row.get::<Option<String>>("personal")? else {
        return Ok(());
    };
    let Ok(personal) = serde_json::from_str::<Personal>(&personal) else {
        report.find(format!("the names beside entry {index} cannot be read"));
        return Ok(());
    };
    let claims = [
        ("actor", &personal.actor, Some(&parsed.actor)),
        ("subject", &personal.subject, Some(&parsed.subject)),
        ("address", &personal.address, parsed.address.as_ref()),
    ];
    for (what, name, committed) in claims {
        if let Some(name) = name
            && committed != Some(&commitment(&personal.salt, name))
        {
            report.find(format!(
                "the {what} beside entry {index} is not the one that was logged"
            ));
        }
    }
    Ok(())
}

/// The stored state must be the recomputed one, and what waits must be readable.
async fn check_state(
    store: &Store,
    frontier: &Frontier,
    report: &mut Report,
) -> Result<(), StoreError> {
    let state = store
        .fetch_optional(
            "SELECT size, frontier, (SELECT COUNT(*) FROM audit_entry WHERE leaf_index IS NULL) AS waiting
             FROM audit_tree WHERE id = 1",
            vec![],
        )
        .await?;
    let Some(state) = state else {
        report.find("the log's state is missing".to_owned());
        return Ok(());
    };
    report.waiting = state.get::<i64>("waiting")?.unsigned_abs();
    let size: i64 = state.get("size")?;
    // A serving node may sequence between the two reads, so the state may be ahead.
    let stored = Frontier::decode(size.unsigned_abs(), &state.get::<Vec<u8>>("frontier")?);
    match stored {
        None => report.find("the log's stored state is damaged".to_owned()),
        Some(stored) if stored.size() < frontier.size() => {
            report.find("the log's stored state is behind its entries".to_owned());
        }
        Some(stored) if stored.size() == frontier.size() && stored != *frontier => {
            report.find("the log's stored state has another root".to_owned());
        }
        Some(stored) if stored.size() > frontier.size() => {
            // A serving node may have sequenced since the entries were read; then
            // there are such entries.
            let sql = "SELECT 1 AS one FROM audit_entry WHERE leaf_index >= $1 LIMIT 1";
            let behind = i64::try_from(frontier.size()).unwrap_or(i64::MAX);
            if store.fetch_optional(sql, params![behind]).await?.is_none() {
                report.find(format!(
                    "the log's stored state has {} entries, the log only {}: its end was cut off",
                    stored.size(),
                    frontier.size()
                ));
            }
        }
        Some(_) => {}
    }
    if frontier.size() > 0 && report.checkpoints == 0 {
        report.find("no signed checkpoint is left to compare the entries with".to_owned());
    }
    Ok(())
}

/// The newest entries, newest first, those before `before` where given.
///
/// # Errors
/// Any [`StoreError`].
pub async fn list(
    store: &Store,
    action: Option<&str>,
    before: Option<i64>,
    limit: u32,
) -> Result<Vec<Listed>, StoreError> {
    let rows = store
        .fetch_all(
            "SELECT id, leaf_index, body, personal FROM audit_entry
             WHERE ($1 IS NULL OR action = $1) AND ($2 IS NULL OR leaf_index < $2)
             ORDER BY id DESC LIMIT $3",
            params![action.map(str::to_owned), before, limit],
        )
        .await?;
    rows.iter().map(listed).collect()
}

fn listed(row: &Row) -> Result<Listed, StoreError> {
    let unreadable = |error: serde_json::Error| StoreError::Unexpected(error.to_string());
    let body: Body = serde_json::from_str(&row.get::<String>("body")?).map_err(unreadable)?;
    let personal: Personal = match row.get::<Option<String>>("personal")? {
        Some(personal) => serde_json::from_str(&personal).map_err(unreadable)?,
        None => Personal::default(),
    };
    let at = jiff::Timestamp::from_microsecond(body.at)
        .map_err(|error| StoreError::Unexpected(error.to_string()))?;
    Ok(Listed {
        index: row.get("leaf_index")?,
        at: at.to_string(),
        action: body.action,
        actor: personal.actor.unwrap_or(body.actor),
        subject: personal.subject.unwrap_or(body.subject),
        outcome: body.outcome,
        cause: body.cause,
        request: body.request,
        address: personal.address.or(body.address),
        details: body.details,
    })
}
