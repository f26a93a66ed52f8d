//! What the log says of principals, users and clients alike: which permissions they have, and
//! whether they are disabled.

use platform_store::StoreError;

use super::{Comparison, Fact, FactSink};
use crate::RecordedEntry;

/// The facts about principals of one kind, beside the one that says that they exist.
#[derive(Clone, Copy, Debug)]
pub struct PrincipalFacts {
    /// What findings call such a principal: `user`.
    pub noun: &'static str,
    /// The collection of their permissions: `user.permissions`.
    pub permissions: &'static str,
    /// The collection that says whether they are disabled: `user.disabled`.
    pub disabled: &'static str,
}

impl PrincipalFacts {
    /// The permissions that an entry states.
    pub fn permissions_of(entry: &RecordedEntry) -> Option<&str> {
        // `grants` is what 0.1.0 called permissions.
        entry.text("permissions").or_else(|| entry.text("grants"))
    }

    /// The fact that these are the permissions of `key`.
    pub fn has_permissions(&self, key: &str, permissions: &str) -> Fact {
        Fact::new(self.permissions, key, permissions)
    }

    /// The fact that `key` is disabled, or is not.
    pub fn is_disabled(&self, key: &str, disabled: bool) -> Fact {
        Fact::new(self.disabled, key, if disabled { "yes" } else { "no" })
    }

    /// What an entry about a change of `key` states: each `disabled` and `enabled` in its list.
    pub fn changes<'e>(
        &self,
        key: &'e str,
        entry: &'e RecordedEntry,
    ) -> impl Iterator<Item = Fact> + use<'e> {
        let facts = *self;
        let changed = entry
            .details
            .get("changed")
            .and_then(|list| list.as_array());
        changed
            .into_iter()
            .flatten()
            .filter_map(move |what| match what.as_str() {
                Some("disabled") => Some(facts.is_disabled(key, true)),
                Some("enabled") => Some(facts.is_disabled(key, false)),
                _ => None,
            })
    }

    /// The facts that `key` was removed.
    pub fn removed(&self, key: &str) -> [Fact; 2] {
        [self.permissions, self.disabled].map(|collection| Fact::removed(collection, key))
    }

    /// Adds what a row states.
    ///
    /// # Errors
    /// If the disk has no room for it.
    pub fn add_row(
        &self,
        facts: &mut FactSink<'_>,
        key: &str,
        permissions: &str,
        disabled: bool,
    ) -> Result<(), StoreError> {
        facts.add(self.is_disabled(key, disabled))?;
        facts.add(self.has_permissions(key, permissions))
    }

    /// The finding about permissions or state. `None` if one side says nothing: then the
    /// finding about the principal itself says it.
    pub fn compare(&self, record: &Comparison<'_>) -> Option<String> {
        let (noun, key) = (self.noun, record.key);
        let (logged, stored) = (record.logged?, record.stored?);
        if logged == stored {
            return None;
        }
        Some(if record.collection == self.permissions {
            format!("{noun} {key} has the permissions {stored:?}; the log says {logged:?}")
        } else {
            format!("{noun} {key} is disabled: {stored}; the log says {logged}")
        })
    }
}
