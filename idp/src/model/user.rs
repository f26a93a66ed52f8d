//! People.

use std::fmt;

use jiff::Timestamp;
use platform::access::Grants;
use zeroize::Zeroizing;

use crate::Error;

const MAX_NAME: usize = 64;
const MAX_TEXT: usize = 200;

/// A user's name as it is typed at sign-in: letters in lower case, digits, `.`, `_`, `-`, `@`, `+`.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct UserName(String);

/// A person who can sign in.
#[derive(Clone)]
pub struct User {
    /// `sub`: never given to another.
    pub id: String,
    /// What they sign in with.
    pub name: String,
    /// How they are called.
    pub display_name: Option<String>,
    /// Their address.
    pub email: Option<String>,
    /// What they may do in Xinshu itself.
    pub grants: Grants,
    pub(crate) password: Option<String>,
    /// Since when they cannot sign in.
    pub disabled_at: Option<Timestamp>,
    /// When they were added.
    pub created_at: Timestamp,
    /// When something about them last changed.
    pub changed_at: Timestamp,
}

/// A user about to be added.
#[derive(Default)]
pub struct NewUser {
    /// What they sign in with.
    pub name: String,
    /// Their password; without one they need a link to set it.
    pub password: Option<Zeroizing<String>>,
    /// How they are called.
    pub display_name: Option<String>,
    /// Their address.
    pub email: Option<String>,
    /// What they may do in Xinshu itself.
    pub grants: Vec<String>,
}

/// What is to change about a user; `None` leaves it.
#[derive(Debug, Default)]
pub struct UserChange {
    /// How they are called.
    pub display_name: Option<String>,
    /// Their address.
    pub email: Option<String>,
    /// What they may do in Xinshu itself.
    pub grants: Option<Vec<String>>,
    /// Whether they are kept from signing in.
    pub disabled: Option<bool>,
}

/// What is told of a user.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UserInfo {
    /// `sub`.
    pub id: String,
    /// What they sign in with.
    pub name: String,
    /// How they are called.
    pub display_name: Option<String>,
    /// Their address.
    pub email: Option<String>,
    /// What they may do in Xinshu itself.
    pub grants: Vec<String>,
    /// Whether a password was set.
    pub has_password: bool,
    /// Whether they are kept from signing in.
    pub disabled: bool,
    /// When they were added.
    pub created_at: Timestamp,
}

/// All but the password.
impl fmt::Debug for NewUser {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("NewUser")
            .field("name", &self.name)
            .field("grants", &self.grants)
            .finish_non_exhaustive()
    }
}

impl UserName {
    /// Reads a name; capital letters become small.
    ///
    /// # Errors
    /// [`Error::Invalid`] where it is empty, too long or has other characters.
    pub fn parse(name: &str) -> Result<Self, Error> {
        let name = name.trim().to_lowercase();
        let fits = !name.is_empty()
            && name.chars().count() <= MAX_NAME
            && name
                .chars()
                .all(|char| char.is_alphanumeric() || matches!(char, '.' | '_' | '-' | '@' | '+'))
            && name.chars().next().is_some_and(char::is_alphanumeric);
        if fits {
            Ok(Self(name))
        } else {
            Err(Error::invalid(
                "name",
                format!(
                    "1 to {MAX_NAME} letters, digits or . _ - @ +, the first a letter or digit"
                ),
            ))
        }
    }

    /// The name's text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// All but the password's hash.
impl fmt::Debug for User {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("User")
            .field("id", &self.id)
            .field("name", &self.name)
            .field("grants", &self.grants)
            .field("disabled_at", &self.disabled_at)
            .finish_non_exhaustive()
    }
}

impl fmt::Display for UserName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl User {
    /// How pages address them.
    pub(crate) fn title(&self) -> &str {
        self.display_name.as_deref().unwrap_or(&self.name)
    }

    pub(crate) fn info(&self) -> UserInfo {
        UserInfo {
            id: self.id.clone(),
            name: self.name.clone(),
            display_name: self.display_name.clone(),
            email: self.email.clone(),
            grants: self
                .grants
                .to_string()
                .split_whitespace()
                .map(str::to_owned)
                .collect(),
            has_password: self.password.is_some(),
            disabled: self.disabled_at.is_some(),
            created_at: self.created_at,
        }
    }
}

/// A line of text that a person typed about themselves; empty is none.
pub(crate) fn line(field: &'static str, text: Option<String>) -> Result<Option<String>, Error> {
    let Some(text) = text else { return Ok(None) };
    let text = text.trim();
    if text.is_empty() {
        return Ok(None);
    }
    if text.chars().count() > MAX_TEXT || text.chars().any(char::is_control) {
        return Err(Error::invalid(
            field,
            format!("one line of at most {MAX_TEXT} characters"),
        ));
    }
    Ok(Some(text.to_owned()))
}

/// An e-mail address, as far as its form tells.
pub(crate) fn email(text: Option<String>) -> Result<Option<String>, Error> {
    let Some(text) = line("email", text)? else {
        return Ok(None);
    };
    let good = text.split_once('@').is_some_and(|(local, domain)| {
        !local.is_empty() && !domain.is_empty() && !domain.contains('@')
    }) && !text.contains(char::is_whitespace);
    if good {
        Ok(Some(text))
    } else {
        Err(Error::invalid(
            "email",
            "an address such as name@example.org",
        ))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_folded_and_checked() {
        assert_eq!(UserName::parse(" Alice ").unwrap().as_str(), "alice");
        assert_eq!(UserName::parse("王小明").unwrap().as_str(), "王小明");
        for bad in ["", "a b", "-x", "a/b", "a\u{0}b", &"x".repeat(65)] {
            assert!(UserName::parse(bad).is_err(), "{bad:?}");
        }
    }
}
