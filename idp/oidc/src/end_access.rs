//! What ends with a person's access or with a session: codes, grants, and the tokens of them.

use std::sync::Arc;

use async_trait::async_trait;
use idp_authn::{AccessHook, RevokedGrants, SessionEnd};
use jiff::Timestamp;
use platform_store::{StoreError, Tx};

use crate::{Oidc, authenticate_bearer::BearerCache, store};

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

/// Ends the codes and grants of a client. Codes first: a redemption at the same moment either
/// conflicts with the grants recorded here, or is waited for and revoked below. Codes older
/// than `oldest_code` are not looked at.
///
/// # Errors
/// Any [`StoreError`].
pub(crate) async fn end_client_access(
    tx: &mut Tx<'_>,
    client_id: &str,
    oldest_code: Timestamp,
    now: Timestamp,
) -> Result<(), StoreError> {
    store::codes::revoke_of_client(tx, client_id, oldest_code, now).await?;
    store::grants::revoke_of_client(tx, client_id, now)
        .await
        .map(|_| ())
}

/// Codes that were issued before this have expired, even if the clock of the node that issued
/// them is a lifetime behind.
pub(crate) fn oldest_code(oidc: &Oidc, now: Timestamp) -> Timestamp {
    now - 2 * oidc.0.config.code_lifetime
}

#[async_trait]
impl AccessHook for EndAccess {
    async fn access_ended(
        &self,
        tx: &mut Tx<'_>,
        user_id: &str,
        now: Timestamp,
    ) -> Result<RevokedGrants, StoreError> {
        // Codes have ended with the ids of their sessions, to which a redemption joins its
        // grant.
        store::grants::revoke_of_user(tx, user_id, now)
            .await
            .map(RevokedGrants)
    }

    async fn session_ended(
        &self,
        tx: &mut Tx<'_>,
        user_id: &str,
        session_id: &str,
        how: SessionEnd,
        now: Timestamp,
    ) -> Result<RevokedGrants, StoreError> {
        let offline_too = how == SessionEnd::Ended;
        store::grants::revoke_of_session(tx, user_id, session_id, offline_too, now)
            .await
            .map(RevokedGrants)
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
