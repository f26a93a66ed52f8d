#![forbid(unsafe_code)]
//! Who acts, on what, and whether they may (rule 6).
//!
//! Every verb begins with `access.enforce(&caller, ACTION, &resource).await?`, once.
//! Deny by default: the decision comes from an [`Authorizer`], of which
//! [`PermissionList`] is the first.

mod action;
mod actor;
mod authorizer;
mod enforce;
mod permissions;
mod resource;

pub use action::Action;
pub use actor::{Actor, Caller};
pub use authorizer::{Authorizer, Decision, PermissionList};
pub use enforce::{Access, AccessError, Denied};
pub use permissions::{InvalidPermission, Permissions};
pub use resource::{Resource, UnitId};
