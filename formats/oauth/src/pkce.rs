//! Proof Key for Code Exchange (RFC 7636), with S256 alone.

use aws_lc_rs::digest;
use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use serde::{Deserialize, Serialize};
use subtle::ConstantTimeEq as _;

/// A `code_challenge` made by S256: 43 characters of base64url.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct CodeChallenge(String);

/// Why a `code_verifier` was rejected.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum PkceError {
    /// RFC 9700 §2.1.1: a verifier without a challenge is a downgrade.
    #[error("code_verifier without a code_challenge in the authorization request")]
    Unexpected,
    /// The request had a challenge, the redemption has no verifier.
    #[error("code_verifier is missing")]
    Missing,
    /// RFC 7636 §4.6.
    #[error("code_verifier does not match the code_challenge")]
    Mismatch,
}

/// A text that cannot be a challenge.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("code_challenge must be 43 characters of base64url")]
pub struct NotAChallenge;

impl CodeChallenge {
    /// Parses a challenge (RFC 7636 §4.2).
    ///
    /// # Errors
    /// [`NotAChallenge`] for a text that no SHA-256 encodes to.
    pub fn parse(text: &str) -> Result<Self, NotAChallenge> {
        let fits = text.len() == 43
            && text
                .bytes()
                .all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_'));
        fits.then(|| Self(text.to_owned())).ok_or(NotAChallenge)
    }

    /// The challenge as it was sent.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Checks the verifier of a redemption against the challenge of its request, in constant time.
    ///
    /// # Errors
    /// [`PkceError`] unless both are absent or both match.
    pub fn check(challenge: Option<&Self>, verifier: Option<&str>) -> Result<(), PkceError> {
        match (challenge, verifier) {
            (None, None) => Ok(()),
            (None, Some(_)) => Err(PkceError::Unexpected),
            (Some(_), None) => Err(PkceError::Missing),
            (Some(challenge), Some(verifier)) => {
                let length_fits = (43..=128).contains(&verifier.len());
                let hash = digest::digest(&digest::SHA256, verifier.as_bytes());
                let hash = URL_SAFE_NO_PAD.encode(hash);
                if length_fits && bool::from(hash.as_bytes().ct_eq(challenge.0.as_bytes())) {
                    Ok(())
                } else {
                    Err(PkceError::Mismatch)
                }
            }
        }
    }
}

impl TryFrom<String> for CodeChallenge {
    type Error = NotAChallenge;

    fn try_from(text: String) -> Result<Self, NotAChallenge> {
        Self::parse(&text)
    }
}

impl From<CodeChallenge> for String {
    fn from(challenge: CodeChallenge) -> Self {
        challenge.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_verifier_of_rfc_7636() {
        // RFC 7636 appendix B.
        let verifier = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk";
        let challenge =
            CodeChallenge::parse("E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM").unwrap();
        let check = CodeChallenge::check;
        assert_eq!(check(Some(&challenge), Some(verifier)), Ok(()));
        assert_eq!(
            check(Some(&challenge), Some(challenge.as_str())),
            Err(PkceError::Mismatch)
        );
        assert_eq!(check(Some(&challenge), None), Err(PkceError::Missing));
        assert_eq!(check(None, Some(verifier)), Err(PkceError::Unexpected));
        assert_eq!(check(None, None), Ok(()));
        assert!(CodeChallenge::parse("short").is_err());
        assert!(CodeChallenge::parse(&"=".repeat(43)).is_err());
    }
}
