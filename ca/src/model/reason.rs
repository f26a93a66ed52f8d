//! Why a certificate is revoked.

use pki::RevocationReason;

use crate::Error;

/// The reasons that can be given (RFC 5280 §5.3.1). A certificateHold could not be ended yet, so
/// it cannot begin.
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
/// [`Error::NoSuchReason`] with the names there are.
pub fn parse_reason(name: &str) -> Result<RevocationReason, Error> {
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
    fn a_hold_is_no_reason_yet() {
        assert_eq!(
            parse_reason("KEYCOMPROMISE").unwrap(),
            RevocationReason::KeyCompromise
        );
        for name in ["certificateHold", "removeFromCRL", ""] {
            let error = parse_reason(name).unwrap_err().to_string();
            assert!(error.contains("keyCompromise"), "{error}");
        }
    }
}
