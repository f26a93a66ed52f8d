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

    /// Reads a list from an administrator, each a name, a prefix that ends in `.*`, or
    /// `*`.
    ///
    /// # Errors
    /// [`InvalidPermission`] names the first that is none of these, or the length of the
    /// list.
    pub fn parse_list(list: &[String]) -> Result<Self, InvalidPermission> {
        if list.len() > MAX_PERMISSIONS {
            return Err(InvalidPermission::TooMany);
        }
        match list.iter().find(|permission| !is_well_formed(permission)) {
            Some(permission) => Err(InvalidPermission::Malformed(permission.clone())),
            None => Ok(Self::parse(&list.join(" "))),
        }
    }

    /// Reads a list separated by spaces, as it is stored.
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

    /// True if each of `others` is covered, so that their holder may delegate those.
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

fn is_well_formed(permission: &str) -> bool {
    let body = permission.strip_suffix(".*").unwrap_or(permission);
    let is_name = body.len() <= MAX_NAME
        && body.split('.').all(|part| {
            let mut bytes = part.bytes();
            !part.is_empty() && bytes.all(|byte| byte.is_ascii_lowercase() || byte == b'_')
        });
    is_name || permission == "*"
}

/// Why a list of permissions was not accepted.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum InvalidPermission {
    /// One of them names nothing.
    #[error("{0:?} is not an action such as ca.certificate.issue, a prefix such as ca.*, or *")]
    Malformed(String),
    /// The list is too long.
    #[error("at most {MAX_PERMISSIONS} permissions")]
    TooMany,
}

/// How many permissions an actor has at most.
const MAX_PERMISSIONS: usize = 64;
/// How long the name of an action is at most.
const MAX_NAME: usize = 64;

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
    fn only_actions_and_their_prefixes_are_permissions() {
        let list = |text: &str| text.split(' ').map(str::to_owned).collect::<Vec<_>>();
        assert!(Permissions::parse_list(&list("ca.certificate.issue idp.* *")).is_ok());
        for bad in [
            "",
            "ca.",
            ".*",
            "ca.*.issue",
            "CA.issue",
            "ca issue",
            "ca.cert*",
        ] {
            let refused = Permissions::parse_list(&[bad.to_owned()]);
            assert_eq!(refused, Err(InvalidPermission::Malformed(bad.to_owned())));
        }
        let many = vec!["ca.*".to_owned(); MAX_PERMISSIONS + 1];
        assert_eq!(
            Permissions::parse_list(&many),
            Err(InvalidPermission::TooMany)
        );
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
