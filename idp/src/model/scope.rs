//! Scopes.

use std::fmt;

/// One scope that this server knows.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum ScopeValue {
    /// An ID token, and `sub` at userinfo.
    OpenId,
    /// Names at userinfo.
    Profile,
    /// The e-mail address at userinfo.
    Email,
    /// A refresh token.
    OfflineAccess,
    /// Xinshu's own REST API, with the rights that both user and client have.
    Api,
}

/// A set of scopes.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Scope(Vec<ScopeValue>);

impl ScopeValue {
    /// Every scope, in the order in which they are written.
    pub const ALL: [Self; 5] = [
        Self::OpenId,
        Self::Profile,
        Self::Email,
        Self::OfflineAccess,
        Self::Api,
    ];

    /// Its name in requests.
    pub fn name(self) -> &'static str {
        match self {
            Self::OpenId => "openid",
            Self::Profile => "profile",
            Self::Email => "email",
            Self::OfflineAccess => "offline_access",
            Self::Api => "api",
        }
    }
}

impl Scope {
    /// Reads a list separated by spaces; what is not known is left out (OpenID
    /// Connect Core §3.1.2.1, RFC 6749 §3.3).
    pub fn parse(list: &str) -> Self {
        Self(
            ScopeValue::ALL
                .into_iter()
                .filter(|known| list.split(' ').any(|name| name == known.name()))
                .collect(),
        )
    }

    /// True where `value` is among them.
    pub fn has(&self, value: ScopeValue) -> bool {
        self.0.contains(&value)
    }

    /// True where there is none.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// True where each is among `other` too.
    pub fn is_within(&self, other: &Self) -> bool {
        self.0.iter().all(|value| other.has(*value))
    }

    /// Without one of them.
    #[must_use]
    pub fn without(mut self, value: ScopeValue) -> Self {
        self.0.retain(|own| *own != value);
        self
    }
}

impl fmt::Display for Scope {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, value) in self.0.iter().enumerate() {
            let space = if index == 0 { "" } else { " " };
            write!(f, "{space}{}", value.name())?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn unknown_scopes_are_left_out() {
        let scope = Scope::parse("email frobnicate openid email");
        assert_eq!(scope.to_string(), "openid email");
        assert!(Scope::parse("openid").is_within(&scope));
        assert!(!Scope::parse("api").is_within(&scope));
        assert!(Scope::parse("OpenID").is_empty());
    }
}
