//! Who decides.

use futures_util::future::BoxFuture;
use platform_store::StoreError;

use crate::{Action, Caller, Resource};

/// What an [`Authorizer`] decides.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Decision {
    /// The caller may.
    Allow,
    /// The caller may not.
    Deny,
}

/// Decides whether a caller may do something to a resource. Holds no state that
/// another node needs, and answers the same for the same question until what it reads
/// changes.
pub trait Authorizer: Send + Sync + std::fmt::Debug {
    /// The decision.
    ///
    /// # Errors
    /// If what the decision depends on cannot be read; the caller is refused then.
    fn decide<'a>(
        &'a self,
        caller: &'a Caller,
        action: Action,
        resource: &'a Resource,
    ) -> BoxFuture<'a, Result<Decision, StoreError>>;
}

/// Decides by the actor's own list of permissions; the process itself and users of
/// this machine may do everything.
#[derive(Clone, Copy, Debug, Default)]
pub struct PermissionList;

impl Authorizer for PermissionList {
    fn decide<'a>(
        &'a self,
        caller: &'a Caller,
        action: Action,
        _: &'a Resource,
    ) -> BoxFuture<'a, Result<Decision, StoreError>> {
        let permissions = caller.actor.permissions();
        let decision = if permissions.is_none_or(|list| list.cover(action.as_str())) {
            Decision::Allow
        } else {
            Decision::Deny
        };
        Box::pin(std::future::ready(Ok(decision)))
    }
}
