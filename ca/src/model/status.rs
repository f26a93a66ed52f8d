//! What is known of an issued certificate.

use jiff::Timestamp;
use pki::RevocationReason;
use serde::Serialize;
use utoipa::ToSchema;

use crate::Error;

/// Whether a certificate is good.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Status {
    /// Issued and not revoked.
    Good,
    /// Revoked, when and why.
    Revoked(Timestamp, RevocationReason),
    /// Never issued by this authority.
    Unknown,
}

/// An issued certificate, as the API tells it.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct CertificateInfo {
    /// Hexadecimal serial number.
    pub serial: String,
    /// The authority that issued it.
    pub issuer: String,
    /// Under which profile.
    pub profile: String,
    /// RFC 4514 subject.
    pub subject: String,
    /// Who asked for it.
    pub requester: String,
    /// When it was issued, RFC 3339.
    pub issued_at: String,
    /// End of its validity, RFC 3339.
    pub not_after: String,
    /// `good` or `revoked`.
    pub status: &'static str,
    /// When it was revoked, RFC 3339.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub revoked_at: Option<String>,
    /// Why it was revoked: a CRLReason's name.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reason: Option<&'static str>,
    /// The certificate and its chain as PEM, leaf first; only where one is asked for.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub certificate: Option<String>,
}

/// The reasons one may give (RFC 5280 §5.3.1): a hold cannot be ended yet, so it cannot begin.
const REASONS: [RevocationReason; 8] = [
    RevocationReason::Unspecified,
    RevocationReason::KeyCompromise,
    RevocationReason::CaCompromise,
    RevocationReason::AffiliationChanged,
    RevocationReason::Superseded,
    RevocationReason::CessationOfOperation,
    RevocationReason::PrivilegeWithdrawn,
    RevocationReason::AaCompromise,
];

/// Reads a reason's name, such as `keyCompromise`.
///
/// # Errors
/// [`Error::Refused`] with the names there are.
pub fn parse_reason(name: &str) -> Result<RevocationReason, Error> {
    REASONS
        .into_iter()
        .find(|reason| reason.name().eq_ignore_ascii_case(name))
        .ok_or_else(|| {
            let known = REASONS.map(RevocationReason::name).join(", ");
            Error::Refused(format!("there is no reason {name:?}; there are {known}"))
        })
}
