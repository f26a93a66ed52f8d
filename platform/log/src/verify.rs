//! Recomputes the tree from the entries and compares it with what was signed.

use std::collections::BTreeMap;

use platform_store::{Row, Store, StoreError, params};
use serde::Serialize;

use crate::{
    body::{Body, Personal, commitment},
    checkpoint::{Checkpoint, VerifierKey},
    merkle::{self, Frontier, Hash},
    places::Places,
    stream,
};

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

impl Report {
    /// True where nothing is wrong.
    pub fn holds(&self) -> bool {
        self.findings.is_empty()
    }

    pub(crate) fn find(&mut self, finding: String) {
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
    let size = store
        .fetch_optional("SELECT size FROM audit_tree WHERE id = 1", vec![])
        .await?;
    let mut places = Places::new(match size {
        Some(row) => row.get("size")?,
        // Told below.
        None => i64::MAX,
    });
    while let Some((begin, last, end)) = places.next_page(store, &mut report).await? {
        let rows = store
            .fetch_all(
                "SELECT leaf_index, action, body, personal FROM audit_placed
                 WHERE batch >= $1 AND batch <= $2 AND leaf_index < $3 ORDER BY batch, id",
                params![begin, last, end],
            )
            .await?;
        for row in &rows {
            compare_heads(&mut expected, &frontier, &mut report);
            let index: i64 = row.get("leaf_index")?;
            places.read(index, &mut report);
            let body: String = row.get("body")?;
            check_entry(row, index, &body, &mut report)?;
            frontier.push(merkle::leaf(body.as_bytes()));
        }
        places.end_page(&mut report);
    }
    places.check_streams(store, &mut report).await?;
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
    let Ok(parsed) = Body::parse(body) else {
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
        ("actor", &personal.actor, parsed.actor_commitment()),
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

/// The stored state must be the recomputed one and signed, and nothing may be left over.
async fn check_state(
    store: &Store,
    frontier: &Frontier,
    report: &mut Report,
) -> Result<(), StoreError> {
    let state = store
        .fetch_optional(
            "SELECT size, frontier, (SELECT COUNT(*) FROM audit_entry) AS total,
                 (SELECT COUNT(*) FROM audit_checkpoint WHERE tree_size = audit_tree.size) AS heads,
                 (SELECT COUNT(*) FROM audit_waiting) AS waiting,
                 (SELECT CAST(COALESCE(SUM(last_id - next_id + 1), 0) AS BIGINT) FROM
                     (SELECT next_id, (SELECT MAX(e.id) FROM audit_entry e
                          WHERE e.id >= s.next_id AND e.id < (s.id + 1) * $1) AS last_id
                      FROM audit_stream s) AS streams
                  WHERE last_id IS NOT NULL) AS written,
                 (SELECT CAST(COALESCE(SUM(entries), 0) AS BIGINT) FROM audit_batch) AS placed
             FROM audit_tree WHERE id = 1",
            params![stream::LENGTH],
        )
        .await?;
    let Some(state) = state else {
        report.find("the log's state is missing".to_owned());
        return Ok(());
    };
    let size: i64 = state.get("size")?;
    let (total, placed): (i64, i64) = (state.get("total")?, state.get("placed")?);
    let (waiting, written): (i64, i64) = (state.get("waiting")?, state.get("written")?);
    report.waiting = waiting.unsigned_abs();
    if size > 0 && state.get::<i64>("heads")? == 0 {
        report.find(format!("the log's head at {size} is not signed"));
    }
    if waiting != written {
        report.find(format!(
            "of {written} entries that wait for their place {} are missing",
            written - waiting
        ));
    }
    if placed < size {
        report.find(format!(
            "the log's stored state has {size} entries, its batches only {placed}: its end was cut off"
        ));
    } else if placed > size {
        report.find(format!(
            "the log's batches have {placed} entries, its stored state only {size}"
        ));
    }
    if total > placed + waiting {
        report.find(format!(
            "{} entries stand where no writer puts any",
            total - placed - waiting
        ));
    }
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
        Some(_) => {}
    }
    Ok(())
}
