//! What can be permitted here.

use platform_access::Action;

/// Setting another user's password, or making a link with which they set it.
pub const USER_SET_PASSWORD: Action = Action::new("idp.user.set_password");
/// Listing a user's sessions.
pub const SESSION_READ: Action = Action::new("idp.session.read");
/// Ending a user's sessions.
pub const SESSION_END: Action = Action::new("idp.session.end");

/// Names of acts that need no permission, for the log.
pub(crate) mod acts {
    use platform_access::Action;

    pub(crate) const SIGN_IN: Action = Action::new("idp.sign_in");
    pub(crate) const SIGN_OUT: Action = Action::new("idp.sign_out");
    pub(crate) const APPLICATION_END: Action = Action::new("idp.application.end");
    pub(crate) const THROTTLE: Action = Action::new("idp.sign_in.throttle");
    pub(crate) const PASSWORD_LINK: Action = Action::new("idp.user.password_link");
}
