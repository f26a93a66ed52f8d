//! What can be done, by name.

use std::fmt;

/// An operation that callers need permission for, such as `ca.certificate.issue`.
/// Each service lists its actions as constants in one file, `actions.rs`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Action(&'static str);

impl Action {
    /// An action by its name: lower-case words with dots between them.
    pub const fn new(name: &'static str) -> Self {
        Self(name)
    }

    /// Its name.
    pub const fn as_str(self) -> &'static str {
        self.0
    }
}

impl fmt::Display for Action {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.0)
    }
}

impl From<Action> for &'static str {
    fn from(action: Action) -> Self {
        action.0
    }
}

impl From<&'static str> for Action {
    fn from(name: &'static str) -> Self {
        Self(name)
    }
}
