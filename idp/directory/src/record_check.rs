//! What the log says of people, for `audit verify`.

use async_trait::async_trait;
use platform_log::{Comparison, Fact, FactSink, Outcome, RecordCheck, RecordedEntry};
use platform_store::{Snapshot, StoreError};

use crate::actions::{USER_ADD, USER_CHANGE, USER_DELETE};

/// Compares `idp_user` with the log: who exists, what they may do, who is disabled.
///
/// Records are found by the user's name, which entries of every release have. If a name
/// was erased from its entry, the record cannot be compared any more.
#[derive(Debug)]
pub struct UserRecords;

const EXISTS: &str = "user";
const PERMISSIONS: &str = "user.permissions";
const DISABLED: &str = "user.disabled";

#[async_trait]
impl RecordCheck for UserRecords {
    fn facts_of(&self, entry: &RecordedEntry) -> Vec<Fact> {
        let Some(name) = entry.subject.strip_prefix("user:") else {
            return Vec::new();
        };
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
            facts.push(Fact::new(EXISTS, name, id));
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
            let removed = [EXISTS, PERMISSIONS, DISABLED].map(|what| Fact::removed(what, name));
            facts.extend(removed);
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
            facts.add(Fact::new(EXISTS, &name, row.get::<String>("id")?))?;
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
            (EXISTS, None, Some(_)) => format!("user {name} exists, and the log has no addition"),
            (EXISTS, Some(_), None) => {
                format!("user {name} is missing, and the log has no deletion")
            }
            (EXISTS, Some(logged), Some(stored)) => {
                format!("user {name} has the id {stored}; the log says {logged}")
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
