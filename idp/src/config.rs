//! What an operator may set.

use std::time::Duration;

use crate::Error;

const MINUTE: u64 = 60;
const HOUR: u64 = 60 * MINUTE;
const DAY: u64 = 24 * HOUR;

/// Settings of the identity provider.
#[derive(Clone, Debug)]
pub struct Config {
    /// The issuer: the external base address, without a slash at its end.
    pub issuer: String,
    /// How long an authorization code may wait to be redeemed.
    pub code_lifetime: Duration,
    /// How long an access token is good.
    pub access_token_lifetime: Duration,
    /// How long an ID token is good.
    pub id_token_lifetime: Duration,
    /// How long a refresh token may lie unused.
    pub refresh_token_idle: Duration,
    /// How long refreshing goes on before the user must sign in again.
    pub refresh_token_lifetime: Duration,
    /// How long a session may lie unused.
    pub session_idle: Duration,
    /// How long a session lasts at most.
    pub session_lifetime: Duration,
    /// How long a link to set a password is good.
    pub password_link_lifetime: Duration,
    /// How many passwords are checked at the same time; each takes 19 MiB.
    pub password_workers: usize,
    /// How many may wait for one of those places.
    pub password_queue: usize,
}

impl Default for Config {
    fn default() -> Self {
        Self {
            issuer: "https://localhost:8443".to_owned(),
            code_lifetime: Duration::from_secs(MINUTE),
            access_token_lifetime: Duration::from_secs(10 * MINUTE),
            id_token_lifetime: Duration::from_secs(10 * MINUTE),
            refresh_token_idle: Duration::from_secs(30 * DAY),
            refresh_token_lifetime: Duration::from_secs(90 * DAY),
            session_idle: Duration::from_secs(2 * HOUR),
            session_lifetime: Duration::from_secs(12 * HOUR),
            password_link_lifetime: Duration::from_secs(DAY),
            password_workers: std::thread::available_parallelism()
                .map_or(1, |cores| cores.get().min(4)),
            password_queue: 64,
        }
    }
}

impl Config {
    /// Refuses what could hurt (design rule 9), all of it in one message.
    pub(crate) fn check(&self) -> Result<(), Error> {
        let mut wrong = Vec::new();
        match url::Url::parse(&self.issuer) {
            Ok(url)
                if matches!(url.scheme(), "https" | "http")
                    && url.query().is_none()
                    && url.fragment().is_none()
                    && !self.issuer.ends_with('/') => {}
            _ => wrong.push(format!(
                "the issuer {:?} is not an https address without a slash, query or fragment at its end",
                self.issuer
            )),
        }
        if self.code_lifetime > Duration::from_secs(MINUTE) || self.code_lifetime.is_zero() {
            wrong.push("authorization codes live from 1 to 60 seconds".to_owned());
        }
        if self.access_token_lifetime > Duration::from_secs(DAY) {
            wrong.push("access tokens live at most a day".to_owned());
        }
        if self.session_idle > self.session_lifetime {
            wrong.push("a session's idle time is longer than its life".to_owned());
        }
        if self.refresh_token_idle > self.refresh_token_lifetime {
            wrong.push("a refresh token's idle time is longer than its life".to_owned());
        }
        if self.password_workers == 0 {
            wrong.push("passwords need at least one worker".to_owned());
        }
        if wrong.is_empty() {
            Ok(())
        } else {
            Err(Error::Config(wrong.join("; ")))
        }
    }

    /// The audience of access tokens for Xinshu's own REST API.
    pub(crate) fn api_audience(&self) -> String {
        format!("{}/api/v1", self.issuer)
    }
}
