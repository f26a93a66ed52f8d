//! People's accounts: their passwords, and the end of everything they are signed in with.

use std::{collections::BTreeSet, sync::Arc};

use async_trait::async_trait;
use idp_directory::{FirstPassword, User};
use jiff::Timestamp;
use platform_store::{Store, StoreError, Tx};
use zeroize::Zeroizing;

use crate::{
    AccessHook, ApplicationAccess, Error, RevokedGrants, SessionEnd,
    password::{PasswordPolicy, Passwords, prepare},
    sessions::SessionCache,
    store,
};

/// What the directory and the verbs of sign-in share.
#[derive(Debug)]
pub struct Accounts {
    store: Store,
    pub(crate) policy: PasswordPolicy,
    pub(crate) passwords: Passwords,
    pub(crate) sessions: SessionCache,
    hooks: Vec<Arc<dyn AccessHook>>,
}

/// How much of a person's access was ended.
#[derive(Clone, Copy, Debug)]
pub(crate) struct EndedAccess {
    pub(crate) sessions: u64,
    pub(crate) grants: RevokedGrants,
}

impl Accounts {
    /// Accounts in `store`. `workers` passwords are hashed at the same time, each in
    /// 19 MiB, and `queue` more may wait; new ones must satisfy `policy`.
    ///
    /// # Errors
    /// [`Error::Config`] without a worker.
    pub fn new(
        store: Store,
        workers: usize,
        queue: usize,
        policy: PasswordPolicy,
        hooks: Vec<Arc<dyn AccessHook>>,
    ) -> Result<Self, Error> {
        if workers == 0 {
            return Err(Error::Config(
                "passwords need at least one worker".to_owned(),
            ));
        }
        Ok(Self {
            store,
            policy,
            passwords: Passwords::new(workers, queue),
            sessions: SessionCache::new(),
            hooks,
        })
    }

    /// Ends everything that a person is signed in with, except `kept_session`, which has just
    /// got this id: codes and tokens that came from it under its old id end too.
    pub(crate) async fn end_all(
        &self,
        tx: &mut Tx<'_>,
        user_id: &str,
        kept_session: Option<&str>,
        now: Timestamp,
    ) -> Result<EndedAccess, StoreError> {
        // Sessions first: on another node, a code that is being redeemed holds its session's
        // row, so this waits for it, and the hooks find the grant that came of it.
        let sessions = store::sessions::delete_of_user(tx, user_id, kept_session).await?;
        let mut grants = RevokedGrants::default();
        for hook in &self.hooks {
            let revoked = hook.access_ended(tx, user_id, now).await?;
            grants.0 += revoked.0;
        }
        Ok(EndedAccess { sessions, grants })
    }

    /// Ends what depends on sessions, which were deleted in this transaction.
    pub(crate) async fn sessions_ended(
        &self,
        tx: &mut Tx<'_>,
        user_id: &str,
        session_ids: &[String],
        how: SessionEnd,
        now: Timestamp,
    ) -> Result<RevokedGrants, StoreError> {
        let mut grants = RevokedGrants::default();
        for hook in &self.hooks {
            let revoked = hook
                .sessions_ended(tx, user_id, session_ids, how, now)
                .await?;
            grants.0 += revoked.0;
        }
        Ok(grants)
    }

    /// Tells the hooks that one session takes the place of another of the same person.
    pub(crate) async fn session_replaced(
        &self,
        tx: &mut Tx<'_>,
        user_id: &str,
        old_id: &str,
        new_id: &str,
    ) -> Result<(), StoreError> {
        for hook in &self.hooks {
            hook.session_replaced(tx, user_id, old_id, new_id).await?;
        }
        Ok(())
    }

    /// The applications that have access in a person's name.
    pub(crate) async fn applications(
        &self,
        user_id: &str,
        now: Timestamp,
    ) -> Result<Vec<ApplicationAccess>, StoreError> {
        let mut applications = Vec::new();
        for hook in &self.hooks {
            applications.extend(hook.applications(&self.store, user_id, now).await?);
        }
        Ok(applications)
    }

    /// Ends the access of one application in a person's name.
    pub(crate) async fn application_ended(
        &self,
        tx: &mut Tx<'_>,
        user_id: &str,
        client_id: &str,
        now: Timestamp,
    ) -> Result<RevokedGrants, StoreError> {
        let mut grants = RevokedGrants::default();
        for hook in &self.hooks {
            let revoked = hook.application_ended(tx, user_id, client_id, now).await?;
            grants.0 += revoked.0;
        }
        Ok(grants)
    }

    /// Voids what caches hold, after a transaction that ended access.
    pub(crate) fn committed(&self) {
        self.sessions.clear();
        self.hooks.iter().for_each(|hook| hook.committed());
    }
}

#[async_trait]
impl idp_directory::Accounts for Accounts {
    async fn prepare_password(
        &self,
        names: &[&str],
        password: Zeroizing<String>,
    ) -> Result<Box<dyn FirstPassword>, idp_directory::Error> {
        let password = prepare(&password);
        self.policy
            .check(&password, names)
            .map_err(|weak| idp_directory::Error::invalid("password", weak.to_string()))?;
        let hash = self
            .passwords
            .hash(password)
            .await
            .map_err(|error| match error {
                Error::Busy => idp_directory::Error::Busy,
                other => idp_directory::Error::Internal(other.to_string()),
            })?;
        Ok(Box::new(HashedPassword(hash)))
    }

    async fn with_password(&self, user_ids: &[&str]) -> Result<BTreeSet<String>, StoreError> {
        store::credentials::with_password(&self.store, user_ids).await
    }

    async fn end_access(
        &self,
        tx: &mut Tx<'_>,
        user: &User,
        now: Timestamp,
    ) -> Result<(), StoreError> {
        self.end_all(tx, &user.id, None, now).await?;
        store::links::delete_of_user(tx, &user.id).await
    }

    async fn delete(&self, tx: &mut Tx<'_>, user: &User, now: Timestamp) -> Result<(), StoreError> {
        self.end_access(tx, user, now).await?;
        store::devices::delete_of_user(tx, &user.id).await?;
        store::credentials::delete_of_user(tx, &user.id).await
    }

    fn forget(&self, _user_id: &str) {
        self.committed();
    }
}

/// An Argon2id hash in PHC form.
struct HashedPassword(String);

#[async_trait]
impl FirstPassword for HashedPassword {
    async fn insert(
        &self,
        tx: &mut Tx<'_>,
        user_id: &str,
        now: Timestamp,
    ) -> Result<(), StoreError> {
        store::credentials::set_password(tx, user_id, &self.0, now).await
    }
}
