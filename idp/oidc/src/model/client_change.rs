//! What an administrator changes about a client.

use oauth::GrantType;

use super::{
    Client,
    client::{check_need, check_uris, parse_name},
};
use crate::Error;

/// What is to change about a client; `None` leaves it.
#[derive(Clone, Debug, Default)]
pub struct ClientChange {
    /// What pages call it.
    pub name: Option<String>,
    /// Where people are sent back to.
    pub redirect_uris: Option<Vec<String>>,
    /// Where people are sent after signing out.
    pub post_logout_redirect_uris: Option<Vec<String>>,
    /// Audiences it may ask for (RFC 8707).
    pub resources: Option<Vec<String>>,
    /// Whether its ID tokens carry the claims of `profile` and `email`.
    pub claims_in_id_token: Option<bool>,
    /// Whether it is disabled.
    pub disabled: Option<bool>,
}

impl ClientChange {
    /// Checks it against the client that it changes.
    pub(crate) fn check(mut self, client: &Client) -> Result<Self, Error> {
        self.name = self.name.map(parse_name).transpose()?;
        for (field, list) in self.lists() {
            if let Some(list) = list {
                check_uris(field, list)?;
            }
        }
        if let Some(uris) = &self.redirect_uris {
            check_need(uris, client.may(GrantType::AuthorizationCode))?;
        }
        Ok(self)
    }

    /// The names of what changes.
    pub(crate) fn names(&self) -> Vec<&'static str> {
        let disabled = match self.disabled {
            Some(true) => Some("disabled"),
            Some(false) => Some("enabled"),
            None => None,
        };
        let named = |is_there: bool, name| is_there.then_some(name);
        [named(self.name.is_some(), "name")]
            .into_iter()
            .chain(self.lists().map(|(name, list)| named(list.is_some(), name)))
            .chain([
                named(self.claims_in_id_token.is_some(), "claims_in_id_token"),
                disabled,
            ])
            .flatten()
            .collect()
    }

    /// The lists of addresses by their names.
    pub(crate) fn lists(&self) -> [(&'static str, Option<&Vec<String>>); 3] {
        [
            ("redirect_uris", self.redirect_uris.as_ref()),
            (
                "post_logout_redirect_uris",
                self.post_logout_redirect_uris.as_ref(),
            ),
            ("resources", self.resources.as_ref()),
        ]
    }
}
