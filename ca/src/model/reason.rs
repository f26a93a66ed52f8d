//! Why a certificate is revoked.

use pki::RevocationReason;

use crate::Error;

/// The reasons that can be given (RFC 5280 §5.3.1).
const REASONS: [RevocationReason; 9] = [
    RevocationReason::Unspecified,
    RevocationReason::KeyCompromise,
    RevocationReason::CaCompromise,
    RevocationReason::AffiliationChanged,
    RevocationReason::Superseded,
    RevocationReason::CessationOfOperation,
    RevocationReason::CertificateHold,
    RevocationReason::PrivilegeWithdrawn,
    RevocationReason::AaCompromise,
];

/// Reads a reason's name, such as `keyCompromise`.
///
/// # Errors
/// [`Error::NoSuchReason`] with the names there are.
pub fn parse_reason(name: &str) -> Result<RevocationReason, Error> {
    // Other tools use this delta CRL reason code to release a certificate.
    if name.eq_ignore_ascii_case(RevocationReason::RemoveFromCrl.name()) {
        return Err(Error::ReleaseInstead);
    }
    REASONS
        .into_iter()
        .find(|reason| reason.name().eq_ignore_ascii_case(name))
        .ok_or_else(|| Error::NoSuchReason {
            name: name.chars().take(64).collect(),
            known: REASONS.map(RevocationReason::name).join(", "),
        })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reasons_are_known_by_their_names_in_the_standard() {
        for (name, reason) in [
            ("KEYCOMPROMISE", RevocationReason::KeyCompromise),
            ("certificateHold", RevocationReason::CertificateHold),
        ] {
            assert_eq!(parse_reason(name).unwrap(), reason);
        }
        for (name, expected) in [
            ("hold", "certificateHold"),
            ("", "keyCompromise"),
            ("removeFromCRL", "release"),
        ] {
            let error = parse_reason(name).unwrap_err().to_string();
            assert!(error.contains(expected), "{error}");
        }
    }
}
