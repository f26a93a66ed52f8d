//! Scopes (RFC 6749 §3.3).

use std::fmt;

/// An ID token, and `sub` at userinfo (OpenID Connect Core §3.1.2.1).
pub const OPENID: &str = "openid";
/// Names at userinfo (OpenID Connect Core §5.4).
pub const PROFILE: &str = "profile";
/// The e-mail address at userinfo (OpenID Connect Core §5.4).
pub const EMAIL: &str = "email";
/// A refresh token (OpenID Connect Core §11).
pub const OFFLINE_ACCESS: &str = "offline_access";
/// Xinshu's own REST API, with the permissions that both user and client have.
pub const API: &str = "api";

/// The most scope tokens that are read from one list.
const MAX_TOKENS: usize = 64;

/// A set of scope tokens, in the order in which they are written.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Scope(Vec<Box<str>>);

impl Scope {
    /// Parses a list separated by spaces. Repeated tokens count once; tokens with
    /// characters outside `scope-token` (RFC 6749 §3.3) are left out, like unknown ones.
    pub fn parse(list: &str) -> Self {
        let mut tokens: Vec<Box<str>> = Vec::new();
        for token in list
            .split(' ')
            .filter(|token| is_token(token))
            .take(MAX_TOKENS)
        {
            if !tokens.iter().any(|known| **known == *token) {
                tokens.push(token.into());
            }
        }
        Self(tokens)
    }

    /// The tokens that are among `known`, in the order of `known`. A server ignores
    /// what it does not understand (OpenID Connect Core §3.1.2.1).
    #[must_use]
    pub fn only(&self, known: &[&str]) -> Self {
        let tokens = known.iter().filter(|name| self.has(name));
        Self(tokens.map(|name| (*name).into()).collect())
    }

    /// The tokens.
    pub fn iter(&self) -> impl Iterator<Item = &str> {
        self.0.iter().map(AsRef::as_ref)
    }

    /// Whether `token` is in the set.
    pub fn has(&self, token: &str) -> bool {
        self.0.iter().any(|own| **own == *token)
    }

    /// Whether the set is empty.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Whether every token is in `other` too.
    pub fn is_within(&self, other: &Self) -> bool {
        self.0.iter().all(|token| other.has(token))
    }

    /// The set without `token`.
    #[must_use]
    pub fn without(mut self, token: &str) -> Self {
        self.0.retain(|own| **own != *token);
        self
    }
}

/// RFC 6749 §3.3: printable ASCII without space, quotation mark and backslash.
fn is_token(text: &str) -> bool {
    !text.is_empty()
        && text
            .bytes()
            .all(|byte| byte.is_ascii_graphic() && !matches!(byte, b'"' | b'\\'))
}

impl fmt::Display for Scope {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0.join(" "))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const KNOWN: &[&str] = &[OPENID, PROFILE, EMAIL];

    #[test]
    fn unknown_scopes_are_left_out_and_the_order_is_the_servers() {
        let scope = Scope::parse("email frobnicate openid email").only(KNOWN);
        assert_eq!(scope.to_string(), "openid email");
        assert!(Scope::parse("openid").is_within(&scope));
        assert!(!Scope::parse("api").is_within(&scope));
        assert!(Scope::parse("OpenID").only(KNOWN).is_empty());
        assert_eq!(scope.without(OPENID).to_string(), "email");
    }

    #[test]
    fn what_is_no_token_is_left_out() {
        assert_eq!(Scope::parse("a\"b c\\d \u{e9} ok").to_string(), "ok");
        let many = (0..100).map(|n| format!("s{n} ")).collect::<String>();
        assert_eq!(Scope::parse(&many).0.len(), MAX_TOKENS);
    }
}
