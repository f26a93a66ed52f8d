//! What an operator can set.

use std::time::Duration;

use crate::Error;

const HOUR: u64 = 60 * 60;

/// Settings of sign-in.
#[derive(Clone, Debug)]
pub struct Config {
    /// Base of the addresses that people open, without a slash at its end.
    pub public_url: String,
    /// How long a session may be unused.
    pub session_idle: Duration,
    /// How long a session lasts at most.
    pub session_lifetime: Duration,
    /// How long a link to set a password can be used.
    pub password_link_lifetime: Duration,
}

impl Default for Config {
    fn default() -> Self {
        Self {
            public_url: "https://localhost:8443".to_owned(),
            session_idle: Duration::from_secs(2 * HOUR),
            session_lifetime: Duration::from_secs(12 * HOUR),
            password_link_lifetime: Duration::from_secs(24 * HOUR),
        }
    }
}

impl Config {
    pub(crate) fn check(&self) -> Result<(), Error> {
        if self.session_idle > self.session_lifetime {
            return Err(Error::Config(
                "a session's idle time is longer than its lifetime".to_owned(),
            ));
        }
        Ok(())
    }
}
