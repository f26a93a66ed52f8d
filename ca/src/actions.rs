//! Every action of this service that a caller needs permission for.

use platform_access::Action;

/// Issue a certificate under a profile, by an authority.
pub const ISSUE_CERTIFICATE: Action = Action::new("ca.certificate.issue");
/// Decide the names of a certificate instead of its request, beside [`ISSUE_CERTIFICATE`].
pub const OVERRIDE_NAMES: Action = Action::new("ca.certificate.override_names");
/// Look certificates up.
pub const READ_CERTIFICATE: Action = Action::new("ca.certificate.read");
/// Revoke a certificate.
pub const REVOKE_CERTIFICATE: Action = Action::new("ca.certificate.revoke");
/// Release a certificate that is on hold.
pub const RELEASE_CERTIFICATE: Action = Action::new("ca.certificate.release");
/// Create an authority.
pub const CREATE_AUTHORITY: Action = Action::new("ca.authority.create");
/// Look authorities up.
pub const READ_AUTHORITY: Action = Action::new("ca.authority.read");
/// Publish the revocation list of an authority.
pub const PUBLISH_CRL: Action = Action::new("ca.crl.publish");
/// Look profiles up.
pub const READ_PROFILE: Action = Action::new("ca.profile.read");
