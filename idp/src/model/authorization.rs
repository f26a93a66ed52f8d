//! An authorization request that was understood.

use std::sync::Arc;

use super::{Client, Scope};

/// How an answer travels to the client (OAuth 2.0 Multiple Response Types §2.1,
/// OAuth 2.0 Form Post Response Mode).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum ResponseMode {
    #[default]
    Query,
    FormPost,
}

/// What the client wants the user to be asked (OpenID Connect Core §3.1.2.1).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Prompt {
    pub(crate) none: bool,
    /// `login` and `select_account`: the user signs in again.
    pub(crate) login: bool,
    pub(crate) consent: bool,
}

/// An authorization request whose client and redirect URI are good.
#[derive(Clone, Debug)]
pub(crate) struct AuthorizationRequest {
    pub(crate) client: Arc<Client>,
    pub(crate) redirect_uri: String,
    pub(crate) response_mode: ResponseMode,
    pub(crate) scope: Scope,
    pub(crate) state: Option<String>,
    pub(crate) nonce: Option<String>,
    pub(crate) code_challenge: Option<String>,
    pub(crate) prompt: Prompt,
    pub(crate) max_age: Option<i64>,
    /// `sub` of the user whom the client expects.
    pub(crate) expected_user: Option<String>,
    pub(crate) resource: Option<String>,
    /// Digest of the request as it came.
    pub(crate) digest: [u8; 32],
}

impl Prompt {
    /// Reads the list; none where it holds a word that is not known, or `none` with others.
    pub(crate) fn parse(list: &str) -> Option<Self> {
        let mut prompt = Self::default();
        for word in list.split(' ').filter(|word| !word.is_empty()) {
            match word {
                "none" => prompt.none = true,
                "login" | "select_account" => prompt.login = true,
                "consent" => prompt.consent = true,
                _ => return None,
            }
        }
        (!prompt.none || (!prompt.login && !prompt.consent)).then_some(prompt)
    }
}

impl ResponseMode {
    pub(crate) fn parse(name: &str) -> Option<Self> {
        match name {
            "query" => Some(Self::Query),
            "form_post" => Some(Self::FormPost),
            _ => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn prompt_none_stands_alone() {
        assert!(Prompt::parse("none").unwrap().none);
        assert!(Prompt::parse("login consent").unwrap().consent);
        assert!(Prompt::parse("none login").is_none());
        assert!(Prompt::parse("create").is_none());
        assert_eq!(Prompt::parse(""), Some(Prompt::default()));
    }
}
