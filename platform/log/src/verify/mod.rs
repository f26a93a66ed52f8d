//! Recomputes the tree from the entries, compares it with what was signed, and
//! compares the tables of all services with what the entries say.

mod heads;
mod state;

use std::time::Instant;

use platform_store::{Store, StoreError};

use crate::{
    Entries, RecordCheck, StoredEntry,
    body::{Body, Personal, commitment},
    checkpoint::{Checkpoint, VerifierKey},
    merkle::Frontier,
    records::Records,
    report::{Progress, Report, STEP},
};

use heads::Heads;

/// Verifies the whole log, and what `checks` know of the services' tables.
///
/// Log and tables are read from one snapshot, so a node may serve meanwhile.
/// The memory needed does not grow with either.
///
/// `verifier` is the log's public key, from a place that its holder trusts; `given` is a
/// checkpoint kept elsewhere, below which the log may not have been rolled back.
///
/// # Errors
/// If the database cannot be read. What is wrong in it is in the report.
pub async fn verify(
    store: &Store,
    verifier: &VerifierKey,
    given: Option<&Checkpoint>,
    checks: &[Box<dyn RecordCheck>],
    progress: &mut (dyn FnMut(Progress) + Send),
) -> Result<Report, StoreError> {
    let started = Instant::now();
    let mut report = Report::default();
    let mut snapshot = store.snapshot().await?;
    let mut records = Records::new(checks);
    records.read_rows(&mut snapshot, progress).await?;

    let size = snapshot
        .fetch_optional("SELECT size FROM audit_tree WHERE id = 1", vec![])
        .await?;
    let of = size
        .map_or(Ok(0), |row| row.get::<i64>("size"))?
        .unsigned_abs();
    let mut heads = Heads::new(verifier, given);
    let mut frontier = Frontier::default();
    let mut entries = Entries::new();
    while let Some(entry) = entries.next(&mut snapshot, &mut report).await? {
        if entry.index.is_some() {
            heads.compare(&frontier, &mut snapshot, &mut report).await?;
            check_names(&entry, &mut report);
            frontier.push(entry.leaf());
        }
        // One that cannot be read is a finding already.
        if let Ok(entry) = entry.read() {
            records.add_entry(&entry)?;
        }
        let read = frontier.size();
        if read.is_multiple_of(STEP) {
            progress(Progress::Entries { read, of });
        }
    }
    heads.end(&frontier, &mut snapshot, &mut report).await?;
    state::check(&mut snapshot, &frontier, &mut report).await?;
    drop(snapshot);
    progress(Progress::Comparing);
    records.compare(&mut report)?;
    report.end(&frontier, started.elapsed());
    Ok(report)
}

/// Checks that an entry can be read, is listed under its action, and that the names
/// beside it are those it commits to.
fn check_names(entry: &StoredEntry, report: &mut Report) {
    let index = entry.index.unwrap_or_default();
    let Ok(body) = entry.body() else {
        report.find(format!("entry {index} cannot be read"));
        return;
    };
    if entry.action != body.action {
        report.find(format!(
            "entry {index} is listed under an action it does not record"
        ));
    }
    match entry.personal() {
        Ok(Some(personal)) => check_commitments(index, &body, &personal, report),
        Ok(None) => {}
        Err(_) => report.find(format!("the names beside entry {index} cannot be read")),
    }
    *report.actions.entry(body.action).or_default() += 1;
}

fn check_commitments(index: i64, body: &Body, personal: &Personal, report: &mut Report) {
    let claims = [
        ("actor", &personal.actor, body.actor_commitment()),
        ("subject", &personal.subject, Some(&body.subject)),
        ("address", &personal.address, body.address.as_ref()),
    ];
    let claims = claims
        .into_iter()
        .map(|(what, name, committed)| (what, name.as_ref(), committed.map(String::as_str)));
    let details = personal.details.iter().map(|(what, name)| {
        let committed = body.details.get(what).and_then(serde_json::Value::as_str);
        (what.as_str(), Some(name), committed)
    });
    for (what, name, committed) in claims.chain(details) {
        if let Some(name) = name
            && committed != Some(&*commitment(&personal.salt, name))
        {
            report.find(format!(
                "the {what} beside entry {index} is not the one that was logged"
            ));
        }
    }
}
