//! What can be permitted here.

use platform_access::Action;

/// Adding users.
pub const USER_ADD: Action = Action::new("idp.user.add");
/// Changing, disabling and enabling users.
pub const USER_CHANGE: Action = Action::new("idp.user.change");
/// Deleting users.
pub const USER_DELETE: Action = Action::new("idp.user.delete");
/// Listing and showing users.
pub const USER_READ: Action = Action::new("idp.user.read");
