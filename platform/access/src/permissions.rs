//! What an actor may do in Xinshu itself, as a list of actions.

use std::fmt;

/// Actions by name (`ca.certificate.issue`), by a prefix that ends in `.*`, or all
/// of them by `*`.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Permissions(Vec<String>);

impl Permissions {
    /// Nothing at all.
    pub const fn none() -> Self {
        Self(Vec::new())
    }

    /// Reads a list separated by spaces.
    pub fn parse(list: &str) -> Self {
        Self(list.split_whitespace().map(str::to_owned).collect())
    }

    /// True if one of them covers `action`.
    pub fn cover(&self, action: &str) -> bool {
        self.0
            .iter()
            .any(|permission| match permission.strip_suffix('*') {
                Some(prefix) if prefix.is_empty() || prefix.ends_with('.') => {
                    action.starts_with(prefix)
                }
                _ => permission == action,
            })
    }

    /// True if each of `others` is covered, so that whoever holds these may delegate
    /// those.
    pub fn cover_all(&self, others: &Self) -> bool {
        others.0.iter().all(|other| self.cover(other))
    }

    /// What both lists allow.
    #[must_use]
    pub fn intersect(&self, other: &Self) -> Self {
        let mut both: Vec<String> = Vec::new();
        for (list, against) in [(self, other), (other, self)] {
            for permission in &list.0 {
                if against.cover(permission) && !both.contains(permission) {
                    both.push(permission.clone());
                }
            }
        }
        Self(both)
    }

    /// True if there are none.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Each of them, in the order given.
    pub fn iter(&self) -> impl Iterator<Item = &str> {
        self.0.iter().map(String::as_str)
    }
}

impl fmt::Display for Permissions {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0.join(" "))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn permissions_cover_what_they_name_and_nothing_else() {
        let permissions = Permissions::parse("ca.certificate.issue idp.*");
        assert!(permissions.cover("ca.certificate.issue"));
        assert!(permissions.cover("idp.user.add"));
        assert!(!permissions.cover("ca.certificate.issue.all"));
        assert!(!permissions.cover("ca.certificate.revoke"));
        assert!(!Permissions::parse("ca.cert*").cover("ca.certificate.issue"));
        assert!(Permissions::parse("*").cover("tsa.unit.add"));
    }

    #[test]
    fn only_what_is_held_whole_may_be_delegated() {
        let held = Permissions::parse("idp.* ca.certificate.issue");
        assert!(held.cover_all(&Permissions::parse("idp.user.add ca.certificate.issue")));
        assert!(!held.cover_all(&Permissions::parse("ca.*")));
        assert!(!held.cover_all(&Permissions::parse("*")));
    }

    #[test]
    fn the_intersection_holds_what_both_allow() {
        for (one, other, both) in [
            ("*", "ca.certificate.*", "ca.certificate.*"),
            ("ca.*", "ca.certificate.issue tsa.*", "ca.certificate.issue"),
            ("ca.*", "ca.*", "ca.*"),
            ("ca.*", "idp.*", ""),
            ("ca.*", "*", "ca.*"),
        ] {
            let found = Permissions::parse(one).intersect(&Permissions::parse(other));
            assert_eq!(found.to_string(), both);
        }
    }
}
