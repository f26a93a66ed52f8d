//! How and when somebody proved who they are.

use jiff::Timestamp;
use platform_store::{Row, StoreError};

/// The authentication context class of a password alone.
pub const ACR_PASSWORD: &str = "urn:xinshu:acr:password";

/// One act of authentication. It travels from the session to codes, grants and tokens.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Authentication {
    /// When it happened: `auth_time`.
    pub time: Timestamp,
    /// By which methods: the values of `amr` (RFC 8176), separated by spaces.
    pub methods: String,
    /// How strong that is: `acr`.
    pub acr: String,
}

impl Authentication {
    /// By a password.
    pub fn by_password(time: Timestamp) -> Self {
        Self {
            time,
            methods: "pwd".to_owned(),
            acr: ACR_PASSWORD.to_owned(),
        }
    }

    /// The values of `amr`.
    pub fn amr(&self) -> impl Iterator<Item = &str> {
        self.methods.split_whitespace()
    }

    /// Reads the columns `auth_time`, `methods` and `acr`.
    ///
    /// # Errors
    /// [`StoreError::Unexpected`] for a row without them.
    pub fn read(row: &Row) -> Result<Self, StoreError> {
        Ok(Self {
            time: row.time("auth_time")?,
            methods: row.get("methods")?,
            acr: row.get("acr")?,
        })
    }
}
