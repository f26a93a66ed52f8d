//! What the log says of people, for `audit verify`.

use async_trait::async_trait;
use platform_log::{
    Comparison, Fact, FactSink, Outcome, PrincipalFacts, RecordCheck, RecordedEntry,
};
use platform_store::{Snapshot, StoreError};

use crate::actions::{USER_ADD, USER_CHANGE, USER_DELETE};

/// Compares `idp_user` with the log: who exists, what they may do, who is disabled.
///
/// Additions and deletions are found by the user's id, changes by the name, since entries
/// of 0.1.0 have no id there. If a name was erased from an entry, what that entry says of
/// permissions and state is not compared any more; that the user exists still is.
#[derive(Debug)]
pub struct UserRecords;

const EXISTS: &str = "user";
const FACTS: PrincipalFacts = PrincipalFacts {
    noun: "user",
    permissions: "user.permissions",
    disabled: "user.disabled",
};

#[async_trait]
impl RecordCheck for UserRecords {
    fn facts_of(&self, entry: &RecordedEntry) -> Vec<Fact> {
        // A digest if the name was erased: no user has such a name.
        let name = entry
            .subject
            .strip_prefix("user:")
            .unwrap_or(&entry.subject);
        if entry.outcome != Outcome::Success {
            return Vec::new();
        }
        let permissions = PrincipalFacts::permissions_of(entry)
            .map(|permissions| FACTS.has_permissions(name, permissions));
        let mut facts: Vec<Fact> = Vec::new();
        if entry.action == USER_ADD.as_str() {
            let id = entry.text("user_id").unwrap_or_default();
            facts.push(Fact::new(EXISTS, id, name));
            facts.push(FACTS.is_disabled(name, false));
            facts.extend(permissions);
        } else if entry.action == USER_CHANGE.as_str() {
            facts.extend(permissions);
            facts.extend(FACTS.changes(name, entry));
        } else if entry.action == USER_DELETE.as_str() {
            let id = entry.text("user_id").unwrap_or_default();
            facts.push(Fact::removed(EXISTS, id));
            facts.extend(FACTS.removed(name));
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
                "SELECT id, name, permissions, disabled_at FROM idp_user ORDER BY id",
                vec![],
            )
            .await?;
        while let Some(row) = rows.next().await? {
            let name: String = row.get("name")?;
            facts.add(Fact::new(EXISTS, row.get::<String>("id")?, &name))?;
            let permissions: String = row.get("permissions")?;
            let disabled = row.optional_time("disabled_at")?.is_some();
            FACTS.add_row(facts, &name, &permissions, disabled)?;
        }
        Ok(())
    }

    fn compare(&self, record: &Comparison<'_>) -> Option<String> {
        if record.collection != EXISTS {
            return FACTS.compare(record);
        }
        match (record.logged, record.stored) {
            (None, Some(name)) => Some(format!("user {name} exists, and the log has no addition")),
            (Some(name), None) => Some(format!(
                "user {name} is missing, and the log has no deletion"
            )),
            // The name was erased from the log.
            (Some(logged), Some(_)) if logged.starts_with('~') => None,
            (Some(logged), Some(stored)) if logged != stored => {
                Some(format!("user {stored} was added as {logged}"))
            }
            _ => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn compare(collection: &str, logged: Option<&str>, stored: Option<&str>) -> Option<String> {
        UserRecords.compare(&Comparison {
            collection,
            key: "u-1",
            logged,
            stored,
        })
    }

    #[test]
    fn a_user_without_an_addition_or_a_deletion_is_found() {
        assert!(compare(EXISTS, None, Some("mallory")).is_some());
        assert!(compare(EXISTS, Some("alice"), None).is_some());
        assert!(compare(EXISTS, Some("alice"), Some("bob")).is_some());
        assert!(compare(EXISTS, Some("alice"), Some("alice")).is_none());
        assert!(compare(FACTS.permissions, Some("ca.*"), Some("*")).is_some());
        assert!(compare(FACTS.disabled, Some("yes"), Some("no")).is_some());
    }

    #[test]
    fn an_erased_name_is_no_finding() {
        assert!(compare(EXISTS, Some("~digest"), Some("alice")).is_none());
        assert!(compare(FACTS.permissions, Some("ca.*"), None).is_none());
        assert!(compare(FACTS.permissions, None, Some("ca.*")).is_none());
    }
}
