//! What must happen elsewhere in the transaction that ends someone's access.

use std::fmt::Debug;

use async_trait::async_trait;
use jiff::Timestamp;
use platform_store::{StoreError, Tx};

/// How many OAuth grants were revoked.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct RevokedGrants(pub u64);

/// Implemented by what issues codes, grants or tokens that depend on a session or on a
/// person's access; `src/compose` lists the implementations.
#[async_trait]
pub trait AccessHook: Debug + Send + Sync {
    /// A person's access ends, except for what depends on `kept_session` (if any).
    ///
    /// # Errors
    /// The store's; the transaction is rolled back.
    async fn access_ended(
        &self,
        tx: &mut Tx<'_>,
        user_id: &str,
        kept_session: Option<&str>,
        now: Timestamp,
    ) -> Result<RevokedGrants, StoreError>;

    /// One session of a person ends.
    ///
    /// # Errors
    /// The store's; the transaction is rolled back.
    async fn session_ended(
        &self,
        tx: &mut Tx<'_>,
        user_id: &str,
        session_id: &str,
        now: Timestamp,
    ) -> Result<(), StoreError>;

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

    /// The transaction was committed: caches are void.
    fn committed(&self);
}
