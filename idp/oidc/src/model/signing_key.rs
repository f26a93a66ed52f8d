//! The keys that sign tokens, and the states they pass through.

use crypto::SignatureAlgorithm;
use jiff::Timestamp;

/// Where a signing key is in its life: pending, next, active, retired, expired.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum KeyState {
    /// It is about to be generated.
    Pending,
    /// It is published, so that clients know it before it signs.
    Next,
    /// It signs. One key of each algorithm is active.
    Active,
    /// It signs no more; tokens that it signed may still be valid.
    Retired,
    /// No token that it signed is valid any more.
    Expired,
}

/// A signing key as lists show it.
#[derive(Clone, Debug)]
pub struct SigningKeyInfo {
    /// Where it lives.
    pub uri: String,
    /// What it signs with.
    pub algorithm: SignatureAlgorithm,
    /// Its state.
    pub state: KeyState,
    /// When it was registered.
    pub created_at: Timestamp,
    /// When it became active, or is to.
    pub activates_at: Timestamp,
    /// When it was retired.
    pub retired_at: Option<Timestamp>,
}

macro_rules! names {
    ($($variant:ident = $name:literal),+) => {
        impl KeyState {
            /// Its name in the database and in REST.
            pub fn name(self) -> &'static str {
                match self { $(Self::$variant => $name),+ }
            }

            /// The state with that name.
            pub fn from_name(name: &str) -> Option<Self> {
                match name { $($name => Some(Self::$variant),)+ _ => None }
            }
        }
    };
}

names!(
    Pending = "pending",
    Next = "next",
    Active = "active",
    Retired = "retired",
    Expired = "expired"
);
