//! What ends with a person's access or with a session: codes, grants, and the tokens of them.

use std::sync::Arc;

use async_trait::async_trait;
use idp_authn::{AccessHook, RevokedGrants};
use jiff::Timestamp;
use platform_store::{StoreError, Tx};

use crate::{
    authenticate_bearer::BearerCache,
    store::{self, codes::CodesOf},
};

/// The hook that sign-in calls in its transactions. Cheap to clone.
#[derive(Clone, Debug)]
pub struct EndAccess {
    pub(crate) bearers: Arc<BearerCache>,
}

impl EndAccess {
    /// The hook of one node.
    pub fn new() -> Self {
        Self {
            bearers: Arc::new(BearerCache::new()),
        }
    }
}

impl Default for EndAccess {
    fn default() -> Self {
        Self::new()
    }
}

/// Ends the codes and grants of a client. Codes first, as in [`EndAccess`].
///
/// # Errors
/// Any [`StoreError`].
pub(crate) async fn end_client_access(
    tx: &mut Tx<'_>,
    client_id: &str,
    now: Timestamp,
) -> Result<(), StoreError> {
    store::codes::revoke(tx, CodesOf::Client(client_id), now).await?;
    store::grants::revoke_of_client(tx, client_id, now)
        .await
        .map(|_| ())
}

#[async_trait]
impl AccessHook for EndAccess {
    async fn access_ended(
        &self,
        tx: &mut Tx<'_>,
        user_id: &str,
        _kept_session: Option<&str>,
        now: Timestamp,
    ) -> Result<RevokedGrants, StoreError> {
        // Codes and tokens of the kept session end too: its user signs in to applications
        // again. Codes first: a redemption at the same moment either conflicts with the
        // grants recorded here, or is waited for and revoked below.
        store::codes::revoke(tx, CodesOf::User(user_id), now).await?;
        store::grants::revoke_of_user(tx, user_id, now)
            .await
            .map(RevokedGrants)
    }

    async fn session_ended(
        &self,
        tx: &mut Tx<'_>,
        user_id: &str,
        session_id: &str,
        now: Timestamp,
    ) -> Result<(), StoreError> {
        store::grants::revoke_of_session(tx, user_id, session_id, now)
            .await
            .map(|_| ())
    }

    async fn session_replaced(
        &self,
        tx: &mut Tx<'_>,
        user_id: &str,
        old_id: &str,
        new_id: &str,
    ) -> Result<(), StoreError> {
        store::grants::move_to_session(tx, user_id, old_id, new_id).await
    }

    fn committed(&self) {
        self.bearers.clear();
    }
}
