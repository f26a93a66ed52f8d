//! What callers need permission for.

use platform_access::{Action, Resource};

/// Generating a key.
pub const GENERATE: Action = Action::new("hsm.key.generate");
/// Destroying a key.
pub const DESTROY: Action = Action::new("hsm.key.destroy");
/// Listing keys and stores.
pub const READ: Action = Action::new("hsm.key.read");

/// How the log names an intent, whose outcome has the name of the action itself.
pub(crate) const GENERATE_INTENT: Action = Action::new("hsm.key.generate.intent");
pub(crate) const DESTROY_INTENT: Action = Action::new("hsm.key.destroy.intent");

/// The key at this address.
pub(crate) fn key(uri: &str) -> Resource {
    Resource::new("key", uri)
}
