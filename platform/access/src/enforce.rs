//! Enforcing a decision, with refusals audited.

use std::sync::Arc;

use platform_log::RecordEntry as _;
use platform_runtime::SharedClock;
use platform_store::{Store, StoreError};

use crate::{Action, Authorizer, Caller, Decision, PermissionList, Permissions, Resource};

/// Decides, and records refusals. Cheap to clone.
#[derive(Clone, Debug)]
pub struct Access {
    authorizer: Arc<dyn Authorizer>,
    store: Store,
    clock: SharedClock,
}

/// The answer to an actor who may not.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{actor} may not {action}")]
pub struct Denied {
    /// Who asked.
    pub actor: String,
    /// For what.
    pub action: &'static str,
}

/// Why an operation did not begin.
#[derive(Debug, thiserror::Error)]
pub enum AccessError {
    /// The caller may not.
    #[error(transparent)]
    Denied(#[from] Denied),
    /// The caller may, but would delegate permissions that it does not hold.
    #[error("{actor} may not delegate permissions that it does not hold")]
    Delegation {
        /// Who asked.
        actor: String,
    },
    /// The decision could not be made, or the refusal not be recorded.
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl Access {
    /// Decides by `authorizer`, and records refusals in `store`.
    pub fn new(authorizer: Arc<dyn Authorizer>, store: Store, clock: SharedClock) -> Self {
        Self {
            authorizer,
            store,
            clock,
        }
    }

    /// Decides by the actors' own permissions.
    pub fn by_permissions(store: Store, clock: SharedClock) -> Self {
        Self::new(Arc::new(PermissionList), store, clock)
    }

    /// The first statement of every verb: returns only if the caller may do `action`
    /// to `resource`.
    ///
    /// Refusals are audited. If the entry cannot be written, the caller gets the
    /// store's error. Anonymous callers are refused without an entry, so that
    /// strangers cannot fill the log.
    ///
    /// # Errors
    /// [`AccessError::Denied`] unless the caller may.
    pub async fn enforce(
        &self,
        caller: &Caller,
        action: Action,
        resource: &Resource,
    ) -> Result<(), AccessError> {
        match self.authorizer.decide(caller, action, resource).await? {
            Decision::Allow => Ok(()),
            Decision::Deny => self.refuse(caller, action, resource).await,
        }
    }

    /// Returns only if the caller holds every one of `permissions`, which `action` would
    /// grant to somebody, or take over: permission to add users must not become a way to
    /// permissions that were never granted. Refusals are audited as those of [`Self::enforce`].
    ///
    /// # Errors
    /// [`AccessError::Delegation`] unless the caller holds them all.
    pub async fn enforce_delegation(
        &self,
        caller: &Caller,
        action: Action,
        resource: &Resource,
        permissions: &Permissions,
    ) -> Result<(), AccessError> {
        let held = caller.actor.permissions();
        if held.is_none_or(|held| held.cover_all(permissions)) {
            return Ok(());
        }
        let error = AccessError::Delegation {
            actor: caller.actor.to_string(),
        };
        self.record_refusal(caller, action, resource, &error)
            .await?;
        Err(error)
    }

    /// Whether the caller may, without an entry: to leave things out of an answer.
    ///
    /// # Errors
    /// [`StoreError`] if the decision could not be made.
    pub async fn allows(
        &self,
        caller: &Caller,
        action: Action,
        resource: &Resource,
    ) -> Result<bool, StoreError> {
        let decision = self.authorizer.decide(caller, action, resource).await?;
        Ok(decision == Decision::Allow)
    }

    async fn refuse(
        &self,
        caller: &Caller,
        action: Action,
        resource: &Resource,
    ) -> Result<(), AccessError> {
        let denied = AccessError::Denied(Denied {
            actor: caller.actor.to_string(),
            action: action.as_str(),
        });
        self.record_refusal(caller, action, resource, &denied)
            .await?;
        Err(denied)
    }

    async fn record_refusal(
        &self,
        caller: &Caller,
        action: Action,
        resource: &Resource,
        cause: &AccessError,
    ) -> Result<(), StoreError> {
        if caller.actor.is_anonymous() {
            return Ok(());
        }
        let entry = caller.entry(action, resource, self.clock.now());
        self.store.record(entry.refused(cause.to_string())).await
    }
}
