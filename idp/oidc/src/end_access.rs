//! What ends with a person's access or with a session: codes, grants, and the tokens of them.

use std::sync::Arc;

use async_trait::async_trait;
use idp_authn::{AccessHook, ApplicationAccess, RevokedGrants, SessionEnd};
use jiff::Timestamp;
use platform_store::{Store, StoreError, Tx};

use crate::{
    Oidc, authenticate_bearer::BearerCache, config::MAX_CODE_LIFETIME, scopes::SUPPORTED, store,
};

/// The most grants of a person that the list of applications is made from.
const LISTED_GRANTS: i64 = 1000;

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

    async fn sessions_ended(
        &self,
        tx: &mut Tx<'_>,
        user_id: &str,
        session_ids: &[String],
        how: SessionEnd,
        now: Timestamp,
    ) -> Result<RevokedGrants, StoreError> {
        let offline_too = how == SessionEnd::Ended;
        store::grants::revoke_of_sessions(tx, user_id, session_ids, offline_too, now)
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

    async fn applications(
        &self,
        store: &Store,
        user_id: &str,
        now: Timestamp,
    ) -> Result<Vec<ApplicationAccess>, StoreError> {
        let grants = store::grants::of_user(store, user_id, now, LISTED_GRANTS).await?;
        let mut applications: Vec<ApplicationAccess> = Vec::new();
        for (client_id, name, scope, signed_in_at) in grants {
            let known = applications
                .iter()
                .position(|known| known.client_id == client_id);
            let index = known.unwrap_or_else(|| {
                applications.push(ApplicationAccess {
                    client_id,
                    name,
                    scopes: Vec::new(),
                    signed_in_at,
                });
                applications.len() - 1
            });
            let scopes = scope.split_whitespace().map(str::to_owned);
            applications[index].scopes.extend(scopes);
        }
        for application in &mut applications {
            let granted = std::mem::take(&mut application.scopes);
            let listed = SUPPORTED.iter().map(|scope| (*scope).to_owned());
            application.scopes = listed.filter(|scope| granted.contains(scope)).collect();
        }
        Ok(applications)
    }

    async fn application_ended(
        &self,
        tx: &mut Tx<'_>,
        user_id: &str,
        client_id: &str,
        now: Timestamp,
    ) -> Result<RevokedGrants, StoreError> {
        // Codes first, as for a client.
        let oldest = now - 2 * MAX_CODE_LIFETIME;
        store::codes::revoke_of_application(tx, user_id, client_id, oldest, now).await?;
        store::grants::revoke_of_application(tx, user_id, client_id, now)
            .await
            .map(RevokedGrants)
    }

    fn committed(&self) {
        self.bearers.clear();
    }
}
