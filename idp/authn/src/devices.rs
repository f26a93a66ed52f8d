//! Browsers that somebody has signed in with, by a long-lived cookie.
//!
//! The cookie proves no identity and opens nothing: attempts from such a browser are only
//! counted apart from those of unknown ones (`throttle.rs`).

use std::time::Duration;

use crypto::{random, token_key};
use jiff::Timestamp;
use platform_store::{StoreError, Tx};

use crate::{Authn, store};

/// The cookie.
pub(crate) const DEVICE_COOKIE: &str = "__Host-xinshu-device";
/// For how long an unused browser is remembered, and the cookie kept.
pub(crate) const LIFETIME: Duration = Duration::from_secs(365 * 24 * 60 * 60);

/// The browser behind a request.
#[derive(Clone, Debug)]
pub(crate) struct Device {
    token: String,
    key: Vec<u8>,
    /// Everyone who has signed in with it.
    users: Vec<String>,
}

impl Device {
    /// The browser with this cookie.
    pub(crate) async fn find(authn: &Authn, token: Option<String>) -> Result<Self, StoreError> {
        if let Some(token) = token {
            let key = token_key(&token);
            let users = store::devices::users_of(&authn.0.store, &key).await?;
            if !users.is_empty() {
                return Ok(Self { token, key, users });
            }
        }
        // A cookie that nobody has signed in with may have been planted by an attacker who
        // knows it, so an unknown browser always receives a new one.
        let token = random::token();
        Ok(Self {
            key: token_key(&token),
            token,
            users: Vec::new(),
        })
    }

    /// Its key, if the user with this id has signed in with it.
    pub(crate) fn key_if_known(&self, user_id: &str) -> Option<&[u8]> {
        let known = self.users.iter().any(|known| known == user_id);
        known.then_some(self.key.as_slice())
    }

    /// The value of its cookie.
    pub(crate) fn token(&self) -> &str {
        &self.token
    }

    /// Remembers that a user signed in with it.
    pub(crate) async fn remember(
        &self,
        tx: &mut Tx<'_>,
        user_id: &str,
        now: Timestamp,
    ) -> Result<(), StoreError> {
        store::devices::remember(tx, &self.key, user_id, now).await
    }
}
