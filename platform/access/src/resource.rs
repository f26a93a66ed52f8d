//! What an action is done to.

use std::{borrow::Cow, fmt};

use platform_log::Subject;

/// The organizational unit that owns a resource.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct UnitId(Cow<'static, str>);

impl UnitId {
    /// The unit at the top, which exists in every installation.
    pub const ROOT: Self = Self(Cow::Borrowed("root"));

    /// Its text, as in a `unit_id` column.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl From<String> for UnitId {
    fn from(id: String) -> Self {
        Self(Cow::Owned(id))
    }
}

impl Default for UnitId {
    fn default() -> Self {
        Self::ROOT
    }
}

impl fmt::Display for UnitId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// What an action is done to: its kind (`certificate`), its id, the unit that owns it,
/// and what else a decision may depend on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Resource {
    /// Its kind, such as `certificate`.
    pub kind: &'static str,
    /// Its stable id; empty for all of a kind, or one that does not exist yet.
    pub id: String,
    /// The unit that owns it.
    pub unit: UnitId,
    /// What else a decision may depend on.
    pub attributes: Vec<(&'static str, String)>,
    /// The name under which a person is logged instead of the id.
    person: Option<String>,
}

impl Resource {
    /// The resource `id` of the root unit.
    pub fn new(kind: &'static str, id: impl Into<String>) -> Self {
        Self {
            kind,
            id: id.into(),
            unit: UnitId::ROOT,
            attributes: Vec::new(),
            person: None,
        }
    }

    /// All resources of a kind: for lists, and for those that do not exist yet.
    pub fn all(kind: &'static str) -> Self {
        Self::new(kind, String::new())
    }

    /// Owned by `unit`.
    #[must_use]
    pub fn in_unit(mut self, unit: UnitId) -> Self {
        self.unit = unit;
        self
    }

    /// With an attribute that a decision may depend on.
    #[must_use]
    pub fn with(mut self, name: &'static str, value: impl Into<String>) -> Self {
        self.attributes.push((name, value.into()));
        self
    }

    /// A person: entries show `name`, which can be erased from the log.
    #[must_use]
    pub fn named_person(mut self, name: impl Into<String>) -> Self {
        self.person = Some(name.into());
        self
    }

    /// The first attribute of that name.
    pub fn attribute(&self, name: &str) -> Option<&str> {
        self.attributes
            .iter()
            .find(|(known, _)| *known == name)
            .map(|(_, value)| value.as_str())
    }

    /// How entries call it.
    pub fn subject(&self) -> Subject {
        match (&self.person, self.id.as_str()) {
            (Some(name), _) => Subject::Personal(format!("{}:{name}", self.kind)),
            (None, "") => Subject::Plain(self.kind.to_owned()),
            (None, id) => Subject::Plain(format!("{}:{id}", self.kind)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn entries_call_a_resource_by_kind_and_id_and_a_person_by_name() {
        let certificate = Resource::new("certificate", "0a1b");
        assert_eq!(
            certificate.subject(),
            Subject::Plain("certificate:0a1b".to_owned())
        );
        let all = Resource::all("certificate");
        assert_eq!(all.subject(), Subject::Plain("certificate".to_owned()));
        let user = Resource::new("user", "u-1").named_person("alice");
        assert_eq!(user.subject(), Subject::Personal("user:alice".to_owned()));
    }
}
