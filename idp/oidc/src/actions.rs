//! What can be permitted here.

use platform_access::Action;

/// Registering clients.
pub const CLIENT_ADD: Action = Action::new("idp.client.add");
/// Disabling and enabling clients, and renewing their secrets.
pub const CLIENT_CHANGE: Action = Action::new("idp.client.change");
/// Deleting clients.
pub const CLIENT_DELETE: Action = Action::new("idp.client.delete");
/// Listing and showing clients.
pub const CLIENT_READ: Action = Action::new("idp.client.read");
/// Introspecting tokens of any client.
pub const TOKEN_INTROSPECT: Action = Action::new("idp.token.introspect");
/// Listing the keys that sign tokens.
pub const SIGNING_KEY_READ: Action = Action::new("idp.signing_key.read");
/// Rotating the keys that sign tokens.
pub const SIGNING_KEY_ROTATE: Action = Action::new("idp.signing_key.rotate");

/// Names of acts that need no permission, for the log.
pub(crate) mod acts {
    use platform_access::Action;

    pub(crate) const CLIENT_AUTHENTICATE: Action = Action::new("idp.client.authenticate");
    pub(crate) const CODE_ISSUE: Action = Action::new("idp.code.issue");
    pub(crate) const CODE_REDEEM: Action = Action::new("idp.code.redeem");
    pub(crate) const TOKEN_ISSUE: Action = Action::new("idp.token.issue");
    pub(crate) const TOKEN_REFRESH: Action = Action::new("idp.token.refresh");
    pub(crate) const TOKEN_REUSE: Action = Action::new("idp.token.reuse");
    pub(crate) const TOKEN_REVOKE: Action = Action::new("idp.token.revoke");
    pub(crate) const SIGNING_KEY_REGISTER: Action = Action::new("idp.key.record");
}
