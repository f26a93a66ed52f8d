//! What the log says of people, for `audit verify`.

use async_trait::async_trait;
use platform_log::{Comparison, Fact, FactSink, Outcome, RecordCheck, RecordedEntry};
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
const PERMISSIONS: &str = "user.permissions";
const DISABLED: &str = "user.disabled";

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
        // `grants` is what 0.1.0 called permissions.
        let permissions = entry
            .text("permissions")
            .or_else(|| entry.text("grants"))
            .map(|permissions| Fact::new(PERMISSIONS, name, permissions));
        let mut facts: Vec<Fact> = Vec::new();
        if entry.action == USER_ADD.as_str() {
            let id = entry.text("user_id").unwrap_or_default();
            facts.push(Fact::new(EXISTS, id, name));
            facts.push(Fact::new(DISABLED, name, "no"));
            facts.extend(permissions);
        } else if entry.action == USER_CHANGE.as_str() {
            facts.extend(permissions);
            let changed = entry
                .details
                .get("changed")
                .and_then(|list| list.as_array());
            for what in changed.into_iter().flatten() {
                match what.as_str() {
                    Some("disabled") => facts.push(Fact::new(DISABLED, name, "yes")),
                    Some("enabled") => facts.push(Fact::new(DISABLED, name, "no")),
                    _ => {}
                }
            }
        } else if entry.action == USER_DELETE.as_str() {
            let id = entry.text("user_id").unwrap_or_default();
            facts.push(Fact::removed(EXISTS, id));
            facts.extend([PERMISSIONS, DISABLED].map(|what| Fact::removed(what, name)));
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
            let disabled = match row.optional_time("disabled_at")? {
                Some(_) => "yes",
                None => "no",
            };
            facts.add(Fact::new(EXISTS, row.get::<String>("id")?, &name))?;
            facts.add(Fact::new(DISABLED, &name, disabled))?;
            let permissions: String = row.get("permissions")?;
            facts.add(Fact::new(PERMISSIONS, name, permissions))?;
        }
        Ok(())
    }

    fn compare(&self, record: &Comparison<'_>) -> Option<String> {
        if record.logged == record.stored {
            return None;
        }
        let name = record.key;
        Some(match (record.collection, record.logged, record.stored) {
            (EXISTS, None, Some(name)) => {
                format!("user {name} exists, and the log has no addition")
            }
            (EXISTS, Some(name), None) => {
                format!("user {name} is missing, and the log has no deletion")
            }
            (EXISTS, Some(logged), Some(_)) if logged.starts_with('~') => return None,
            (EXISTS, Some(logged), Some(stored)) => {
                format!("user {stored} was added as {logged}")
            }
            // Said by the finding about the user.
            (_, None, _) | (_, _, None) => return None,
            (PERMISSIONS, Some(logged), Some(stored)) => {
                format!("user {name} has the permissions {stored:?}; the log says {logged:?}")
            }
            (_, Some(logged), Some(stored)) => {
                format!("user {name} is disabled: {stored}; the log says {logged}")
            }
        })
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
        assert!(compare(PERMISSIONS, Some("ca.*"), Some("*")).is_some());
        assert!(compare(DISABLED, Some("yes"), Some("no")).is_some());
    }

    #[test]
    fn an_erased_name_is_no_finding() {
        assert!(compare(EXISTS, Some("~digest"), Some("alice")).is_none());
        assert!(compare(PERMISSIONS, Some("ca.*"), None).is_none());
        assert!(compare(PERMISSIONS, None, Some("ca.*")).is_none());
    }
}
