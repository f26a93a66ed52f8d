//! What is on record about an issued certificate.

use jiff::Timestamp;
use pki::RevocationReason;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// The status of a serial number under one authority.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CertificateStatus {
    /// Issued and not revoked.
    Good,
    /// Revoked, when and why.
    Revoked(Timestamp, RevocationReason),
    /// Never issued by this authority.
    Unknown,
}

/// Which certificates a list shows, by their status.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Deserialize, ToSchema)]
#[serde(rename_all = "lowercase")]
pub enum StatusFilter {
    /// Those that are not revoked, whether or not their validity has ended.
    Good,
    /// Those that are revoked, or on hold.
    Revoked,
}

/// An issued certificate, as the API returns it. It is identified by authority and serial number.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct CertificateInfo {
    /// Hexadecimal serial number.
    pub serial: String,
    /// The authority that issued it.
    pub issuer: String,
    /// Under which profile.
    pub profile: String,
    /// Which version of the profile.
    pub profile_version: u32,
    /// RFC 4514 subject.
    pub subject: String,
    /// Who requested it.
    pub requester: String,
    /// When it was issued, RFC 3339.
    pub issued_at: String,
    /// End of its validity, RFC 3339.
    pub not_after: String,
    /// `good` or `revoked`; a certificate on hold is revoked for `certificateHold`.
    pub status: &'static str,
    /// When it was revoked, RFC 3339.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub revoked_at: Option<String>,
    /// Why it was revoked: a CRLReason's name.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reason: Option<&'static str>,
    /// The certificate and its chain as PEM, leaf first; only if one certificate is requested.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub certificate: Option<String>,
}
