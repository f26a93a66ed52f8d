//! What an operator can set.

use std::time::Duration;

use crate::Error;

const MINUTE: u64 = 60;
const HOUR: u64 = 60 * MINUTE;
const DAY: u64 = 24 * HOUR;

/// The longest that a code can be redeemed (RFC 6749 §4.1.2 recommends ten minutes at most).
pub(crate) const MAX_CODE_LIFETIME: Duration = Duration::from_secs(MINUTE);

/// Settings of the provider.
#[derive(Clone, Debug)]
pub struct Config {
    /// The issuer: the external base address, without a slash at its end.
    pub issuer: String,
    /// The base address of the listener that asks for client certificates (RFC 8705 §5).
    pub mtls_url: Option<String>,
    /// How long an authorization code can be redeemed.
    pub code_lifetime: Duration,
    /// How long an access token is valid.
    pub access_token_lifetime: Duration,
    /// How long an ID token is valid.
    pub id_token_lifetime: Duration,
    /// How long a refresh token may be unused.
    pub refresh_token_idle: Duration,
    /// For how long a refresh token that was used can be presented again by a client that did
    /// not receive the answer.
    pub refresh_token_grace: Duration,
    /// For how long a grant can be refreshed before the user must sign in again.
    pub refresh_token_lifetime: Duration,
    /// How long a signing key is used before the next one replaces it; zero means that
    /// keys are rotated by command only.
    pub signing_key_lifetime: Duration,
    /// For how long the next signing key is published before it signs.
    pub signing_key_lead: Duration,
}

impl Default for Config {
    fn default() -> Self {
        Self {
            issuer: "https://localhost:8443".to_owned(),
            mtls_url: None,
            code_lifetime: Duration::from_secs(MINUTE),
            access_token_lifetime: Duration::from_secs(10 * MINUTE),
            id_token_lifetime: Duration::from_secs(10 * MINUTE),
            refresh_token_idle: Duration::from_secs(30 * DAY),
            refresh_token_grace: Duration::from_secs(30),
            refresh_token_lifetime: Duration::from_secs(90 * DAY),
            signing_key_lifetime: Duration::from_secs(90 * DAY),
            signing_key_lead: Duration::from_secs(DAY),
        }
    }
}

impl Config {
    /// Rejects what could do harm (rule 9), all of it in one message.
    pub(crate) fn check(&self) -> Result<(), Error> {
        let mut errors = Vec::new();
        match url::Url::parse(&self.issuer) {
            Ok(url)
                if matches!(url.scheme(), "https" | "http")
                    && url.query().is_none()
                    && url.fragment().is_none()
                    && !self.issuer.ends_with('/') => {}
            _ => errors.push(format!(
                "the issuer {:?} is not an https address without a slash, query or fragment at its end",
                self.issuer
            )),
        }
        if self.code_lifetime > MAX_CODE_LIFETIME || self.code_lifetime.is_zero() {
            errors.push("authorization codes live from 1 to 60 seconds".to_owned());
        }
        if self.access_token_lifetime > Duration::from_secs(DAY) {
            errors.push("access tokens live at most a day".to_owned());
        }
        if self.refresh_token_idle > self.refresh_token_lifetime {
            errors.push("a refresh token's idle time is longer than its lifetime".to_owned());
        }
        if !(10..=60).contains(&self.refresh_token_grace.as_secs()) {
            errors.push("the grace for a refresh token is from 10 to 60 seconds".to_owned());
        }
        if !self.signing_key_lifetime.is_zero() && self.signing_key_lifetime < self.signing_key_lead
        {
            errors.push(
                "a signing key's lifetime is shorter than the time for which the next one is published before it signs"
                    .to_owned(),
            );
        }
        if errors.is_empty() {
            Ok(())
        } else {
            Err(Error::Config(errors.join("; ")))
        }
    }

    /// The audience of access tokens for Xinshu's own REST API.
    pub(crate) fn api_audience(&self) -> String {
        format!("{}/api/v1", self.issuer)
    }

    /// For how long a retired key still verifies: as long as the longest token that it
    /// signed, and a day more, since an expired ID token may be sent as `id_token_hint`
    /// (OpenID Connect RP-Initiated Logout §4).
    pub(crate) fn retired_key_lifetime(&self) -> Duration {
        self.access_token_lifetime.max(self.id_token_lifetime) + Duration::from_secs(DAY)
    }
}
