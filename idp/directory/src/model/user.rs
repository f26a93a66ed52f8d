//! People.

use std::fmt;

use jiff::Timestamp;
use platform_access::{Permissions, Resource, UnitId};
use platform_log::Principal;
use zeroize::Zeroizing;

/// A person.
#[derive(Clone, Debug)]
pub struct User {
    /// `sub`: never given to another user.
    pub id: String,
    /// What they type to sign in.
    pub name: String,
    /// Their name as pages show it.
    pub display_name: Option<String>,
    /// Their e-mail address.
    pub email: Option<String>,
    /// Whether it counts as verified: so it does if an administrator entered it, unless they
    /// said otherwise.
    pub email_verified: bool,
    /// What they may do in Xinshu itself.
    pub permissions: Permissions,
    /// The unit that owns this entry.
    pub unit: UnitId,
    /// When they were disabled, if they are.
    pub disabled_at: Option<Timestamp>,
    /// When they were added.
    pub created_at: Timestamp,
    /// When something about them last changed.
    pub changed_at: Timestamp,
}

/// A user about to be added.
#[derive(Default)]
pub struct NewUser {
    /// What they type to sign in.
    pub name: String,
    /// Their password; without one they need a link with which they set it.
    pub password: Option<Zeroizing<String>>,
    /// Their name as pages show it.
    pub display_name: Option<String>,
    /// Their e-mail address.
    pub email: Option<String>,
    /// Whether the address counts as verified; by default it does.
    pub email_verified: Option<bool>,
    /// What they may do in Xinshu itself.
    pub permissions: Vec<String>,
}

/// What is to change about a user; `None` leaves it.
#[derive(Debug, Default)]
pub struct UserChange {
    /// Their name as pages show it.
    pub display_name: Option<String>,
    /// Their e-mail address.
    pub email: Option<String>,
    /// Whether the address counts as verified; by default a new address does.
    pub email_verified: Option<bool>,
    /// What they may do in Xinshu itself.
    pub permissions: Option<Vec<String>>,
    /// Whether they are disabled.
    pub disabled: Option<bool>,
}

/// What lists show of a user.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UserInfo {
    /// `sub`.
    pub id: String,
    /// What they type to sign in.
    pub name: String,
    /// Their name as pages show it.
    pub display_name: Option<String>,
    /// Their e-mail address.
    pub email: Option<String>,
    /// Whether there is an address and it counts as verified.
    pub email_verified: bool,
    /// What they may do in Xinshu itself.
    pub permissions: Vec<String>,
    /// Whether a password was set.
    pub has_password: bool,
    /// Whether they are disabled.
    pub disabled: bool,
    /// When they were added.
    pub created_at: Timestamp,
}

/// All but the password.
impl fmt::Debug for NewUser {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("NewUser")
            .field("name", &self.name)
            .field("permissions", &self.permissions)
            .finish_non_exhaustive()
    }
}

impl User {
    /// How pages address them.
    pub fn title(&self) -> &str {
        self.display_name.as_deref().unwrap_or(&self.name)
    }

    /// Whether there is an e-mail address and it counts as verified.
    pub fn has_verified_email(&self) -> bool {
        self.email.is_some() && self.email_verified
    }

    /// What lists show of them.
    pub(crate) fn info(&self, has_password: bool) -> UserInfo {
        UserInfo {
            id: self.id.clone(),
            name: self.name.clone(),
            display_name: self.display_name.clone(),
            email: self.email.clone(),
            email_verified: self.has_verified_email(),
            permissions: self.permissions.iter().map(str::to_owned).collect(),
            has_password,
            disabled: self.disabled_at.is_some(),
            created_at: self.created_at,
        }
    }

    /// True if they may sign in and do everything.
    pub(crate) fn is_administrator(&self) -> bool {
        self.disabled_at.is_none() && self.permissions.iter().any(|permission| permission == "*")
    }

    /// The resource that actions on this user are about.
    pub fn resource(&self) -> Resource {
        Resource::new("user", &self.id)
            .in_unit(self.unit.clone())
            .named_person(&self.name)
    }

    /// How audit entries name this user when they act.
    pub fn principal(&self) -> Principal {
        Principal::new("user").with_id(&self.id).named(&self.name)
    }
}
