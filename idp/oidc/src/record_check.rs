//! What the log says of clients and grants, for `audit verify`.

use async_trait::async_trait;
use platform_log::{
    Comparison, Fact, FactSink, Outcome, PrincipalFacts, RecordCheck, RecordedEntry,
};
use platform_store::{Snapshot, StoreError};

use crate::actions::{
    CLIENT_ADD, CLIENT_CHANGE, CLIENT_DELETE,
    acts::{CODE_REDEEM, TOKEN_ISSUE, TOKEN_REUSE, TOKEN_REVOKE},
};

/// Compares `idp_client` with the log: which clients exist, what they may do, which are
/// disabled.
#[derive(Debug)]
pub struct ClientRecords;

/// Compares `idp_grant` with the log: no grant without the issue of its first token, and
/// none valid again that was revoked. Expired grants are deleted without an entry.
#[derive(Debug)]
pub struct GrantRecords;

const CLIENT: &str = "client";
const FACTS: PrincipalFacts = PrincipalFacts {
    noun: "client",
    permissions: "client.permissions",
    disabled: "client.disabled",
};
const GRANT: &str = "grant";
const REVOKED: &str = "grant.revoked";

#[async_trait]
impl RecordCheck for ClientRecords {
    fn facts_of(&self, entry: &RecordedEntry) -> Vec<Fact> {
        let Some(id) = entry.subject.strip_prefix("client:") else {
            return Vec::new();
        };
        if entry.outcome != Outcome::Success {
            return Vec::new();
        }
        let mut facts = Vec::new();
        if entry.action == CLIENT_ADD.as_str() {
            let permissions = PrincipalFacts::permissions_of(entry).unwrap_or_default();
            facts.push(Fact::new(CLIENT, id, "exists"));
            facts.push(FACTS.is_disabled(id, false));
            facts.push(FACTS.has_permissions(id, permissions));
        } else if entry.action == CLIENT_CHANGE.as_str() {
            facts.extend(FACTS.changes(id, entry));
        } else if entry.action == CLIENT_DELETE.as_str() {
            facts.push(Fact::removed(CLIENT, id));
            facts.extend(FACTS.removed(id));
        }
        facts
    }

    async fn read_rows(
        &self,
        snapshot: &mut Snapshot,
        facts: &mut FactSink<'_>,
    ) -> Result<(), StoreError> {
        let mut rows = snapshot
            .stream(
                "SELECT id, permissions, disabled_at FROM idp_client ORDER BY id",
                vec![],
            )
            .await?;
        while let Some(row) = rows.next().await? {
            let id: String = row.get("id")?;
            facts.add(Fact::new(CLIENT, &id, "exists"))?;
            let permissions: String = row.get("permissions")?;
            let disabled = row.optional_time("disabled_at")?.is_some();
            FACTS.add_row(facts, &id, &permissions, disabled)?;
        }
        Ok(())
    }

    fn compare(&self, record: &Comparison<'_>) -> Option<String> {
        if record.collection != CLIENT {
            return FACTS.compare(record);
        }
        let id = record.key;
        match (record.logged, record.stored) {
            (None, Some(_)) => Some(format!(
                "client {id} exists, and the log has no registration"
            )),
            (Some(_), None) => Some(format!(
                "client {id} is missing, and the log has no deletion"
            )),
            _ => None,
        }
    }
}

#[async_trait]
impl RecordCheck for GrantRecords {
    fn facts_of(&self, entry: &RecordedEntry) -> Vec<Fact> {
        // `family` is what 0.1.0 called a grant.
        let Some(id) = entry.text("grant").or_else(|| entry.text("family")) else {
            return Vec::new();
        };
        let action = entry.action.as_str();
        if action == TOKEN_ISSUE.as_str() && entry.outcome == Outcome::Success {
            let client = entry.actor.id.clone().unwrap_or_default();
            vec![Fact::new(GRANT, id, client)]
        } else if action == TOKEN_REVOKE.as_str()
            || action == TOKEN_REUSE.as_str()
            || action == CODE_REDEEM.as_str()
        {
            vec![Fact::new(REVOKED, id, "yes")]
        } else {
            Vec::new()
        }
    }

    async fn read_rows(
        &self,
        snapshot: &mut Snapshot,
        facts: &mut FactSink<'_>,
    ) -> Result<(), StoreError> {
        let mut rows = snapshot
            .stream(
                "SELECT id, client_id, revoked_at FROM idp_grant ORDER BY id",
                vec![],
            )
            .await?;
        while let Some(row) = rows.next().await? {
            let id: String = row.get("id")?;
            let revoked = match row.optional_time("revoked_at")? {
                Some(_) => "yes",
                None => "no",
            };
            facts.add(Fact::new(REVOKED, &id, revoked))?;
            let client: String = row.get("client_id")?;
            facts.add(Fact::new(GRANT, id, client))?;
        }
        Ok(())
    }

    fn compare(&self, record: &Comparison<'_>) -> Option<String> {
        let id = record.key;
        match (record.collection, record.logged, record.stored) {
            (GRANT, None, Some(_)) => Some(format!(
                "grant {id} exists, and the log has no token issued for it"
            )),
            (GRANT, Some(logged), Some(stored)) if logged != stored => Some(format!(
                "grant {id} is of client {stored}; the log says {logged}"
            )),
            (REVOKED, Some("yes"), Some("no")) => Some(format!(
                "grant {id} is valid; the log says that it was revoked"
            )),
            _ => None,
        }
    }
}
