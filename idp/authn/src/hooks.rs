//! What must happen elsewhere in the transaction that ends someone's access.

use std::fmt::Debug;

use async_trait::async_trait;
use jiff::Timestamp;
use platform_store::{Store, StoreError, Tx};

/// How many OAuth grants were revoked.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct RevokedGrants(pub u64);

/// An application that has access in a person's name.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ApplicationAccess {
    /// Its identifier.
    pub client_id: String,
    /// Its name.
    pub name: String,
    /// What it may do: values of `scope`, in the order in which consent is asked for them.
    pub scopes: Vec<String>,
    /// When the person last signed in to it.
    pub signed_in_at: Timestamp,
}

/// How a session of a person ends, which decides what ends with it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SessionEnd {
    /// Its user signed out in its browser: access that was asked for to outlive the user's
    /// presence (`offline_access`, OpenID Connect Core §11) stays.
    SignOut,
    /// Its user ended it from elsewhere, or an administrator did: nobody trusts that browser
    /// any more, so everything that came from the session ends.
    Ended,
}

/// Implemented by what issues codes, grants or tokens that depend on a session or on a
/// person's access; `src/compose` lists the implementations.
#[async_trait]
pub trait AccessHook: Debug + Send + Sync {
    /// All access of a person ends. Their sessions have ended in the same transaction, or
    /// have another id.
    ///
    /// # Errors
    /// The store's; the transaction is rolled back.
    async fn access_ended(
        &self,
        tx: &mut Tx<'_>,
        user_id: &str,
        now: Timestamp,
    ) -> Result<RevokedGrants, StoreError>;

    /// Sessions of a person end, one or many.
    ///
    /// # Errors
    /// The store's; the transaction is rolled back.
    async fn sessions_ended(
        &self,
        tx: &mut Tx<'_>,
        user_id: &str,
        session_ids: &[String],
        how: SessionEnd,
        now: Timestamp,
    ) -> Result<RevokedGrants, StoreError>;

    /// A person signed in again: what depended on the session `old_id` depends on `new_id`,
    /// which takes its place.
    ///
    /// # Errors
    /// The store's; the transaction is rolled back.
    async fn session_replaced(
        &self,
        tx: &mut Tx<'_>,
        user_id: &str,
        old_id: &str,
        new_id: &str,
    ) -> Result<(), StoreError>;

    /// The applications that have access in a person's name, the latest first.
    ///
    /// # Errors
    /// The store's.
    async fn applications(
        &self,
        store: &Store,
        user_id: &str,
        now: Timestamp,
    ) -> Result<Vec<ApplicationAccess>, StoreError>;

    /// The access of one application in a person's name ends.
    ///
    /// # Errors
    /// The store's; the transaction is rolled back.
    async fn application_ended(
        &self,
        tx: &mut Tx<'_>,
        user_id: &str,
        client_id: &str,
        now: Timestamp,
    ) -> Result<RevokedGrants, StoreError>;

    /// The transaction was committed: caches are void.
    fn committed(&self);
}
