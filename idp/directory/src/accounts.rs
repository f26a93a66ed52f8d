//! What the directory needs of the part that signs people in.

use std::{collections::BTreeSet, fmt::Debug};

use async_trait::async_trait;
use jiff::Timestamp;
use platform_store::{StoreError, Tx};
use zeroize::Zeroizing;

use crate::{Error, User};

/// People's accounts: how they sign in, and what they are signed in with.
#[async_trait]
pub trait Accounts: Debug + Send + Sync {
    /// Checks and hashes the first password of a new user, before the transaction. It must
    /// not be one of the user's `names`.
    ///
    /// # Errors
    /// [`Error::Invalid`] for a weak one, [`Error::Busy`].
    async fn prepare_password(
        &self,
        names: &[&str],
        password: Zeroizing<String>,
    ) -> Result<Box<dyn FirstPassword>, Error>;

    /// Which of these users have a password, by their ids.
    ///
    /// # Errors
    /// The store's.
    async fn with_password(&self, user_ids: &[&str]) -> Result<BTreeSet<String>, StoreError>;

    /// The user was disabled: everything with which they could continue ends, in the same
    /// transaction.
    ///
    /// # Errors
    /// The store's.
    async fn end_access(
        &self,
        tx: &mut Tx<'_>,
        user: &User,
        now: Timestamp,
    ) -> Result<(), StoreError>;

    /// The user was deleted: their access ends and their credentials are deleted, in the same
    /// transaction.
    ///
    /// # Errors
    /// The store's.
    async fn delete(&self, tx: &mut Tx<'_>, user: &User, now: Timestamp) -> Result<(), StoreError>;

    /// A change of this user was committed: what caches hold of them is void.
    fn forget(&self, user_id: &str);
}

/// A password that was checked and hashed, ready to be stored.
#[async_trait]
pub trait FirstPassword: Send + Sync {
    /// Stores it for a user who was added in the same transaction.
    ///
    /// # Errors
    /// The store's.
    async fn insert(
        &self,
        tx: &mut Tx<'_>,
        user_id: &str,
        now: Timestamp,
    ) -> Result<(), StoreError>;
}
