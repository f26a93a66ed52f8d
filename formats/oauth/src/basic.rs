//! A client's identifier and secret in an `Authorization: Basic` header.

use std::fmt;

use base64::{Engine as _, engine::general_purpose::STANDARD};
use zeroize::Zeroizing;

use crate::params::decode_form;

/// The longest header that is read.
const MAX_HEADER: usize = 2048;

/// What a client sent to authenticate itself (RFC 6749 §2.3.1).
pub struct BasicCredentials {
    /// `client_id`.
    pub client_id: String,
    /// `client_secret`; an empty one is none (RFC 6749 §2.3.1).
    pub client_secret: Option<Zeroizing<String>>,
}

/// Why a header was rejected.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum BasicError {
    /// Another scheme, or none.
    #[error("the Authorization header is not Basic")]
    NotBasic,
    /// Not base64 of form-encoded text with a colon in it.
    #[error("the Authorization header is not base64 of client_id:client_secret, each form-encoded")]
    Malformed,
}

impl BasicCredentials {
    /// Parses the value of an `Authorization` header. Identifier and secret are
    /// form-encoded inside the base64 (RFC 6749 §2.3.1).
    ///
    /// # Errors
    /// [`BasicError`] for anything else.
    pub fn parse(header: &str) -> Result<Self, BasicError> {
        let (scheme, credentials) = header.split_once(' ').ok_or(BasicError::NotBasic)?;
        if !scheme.eq_ignore_ascii_case("basic") {
            return Err(BasicError::NotBasic);
        }
        if header.len() > MAX_HEADER {
            return Err(BasicError::Malformed);
        }
        let decoded = Zeroizing::new(
            STANDARD
                .decode(credentials.trim())
                .map_err(|_| BasicError::Malformed)?,
        );
        let colon = decoded
            .iter()
            .position(|byte| *byte == b':')
            .ok_or(BasicError::Malformed)?;
        let (client_id, secret) = (&decoded[..colon], &decoded[colon + 1..]);
        let part = |bytes| decode_form(bytes).map_err(|_| BasicError::Malformed);
        Ok(Self {
            client_id: part(client_id)?,
            client_secret: Some(Zeroizing::new(part(secret)?)).filter(|secret| !secret.is_empty()),
        })
    }
}

/// Everything except the secret.
impl fmt::Debug for BasicCredentials {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("BasicCredentials")
            .field("client_id", &self.client_id)
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(text: &[u8]) -> Result<(String, String), BasicError> {
        let read = BasicCredentials::parse(&format!("Basic {}", STANDARD.encode(text)))?;
        let secret = read.client_secret.map(|secret| secret.to_string());
        Ok((read.client_id, secret.unwrap_or_default()))
    }

    #[test]
    fn both_parts_are_form_encoded() {
        // RFC 6749 §2.3.1 and appendix B: a space may be '+', any octet may be percent-encoded.
        let of = |id: &str, secret: &str| Ok((id.to_owned(), secret.to_owned()));
        assert_eq!(
            parse(b"s6BhdRkqt3:gX1fBat3bV"),
            of("s6BhdRkqt3", "gX1fBat3bV")
        );
        assert_eq!(parse(b"a%2Db:c%5fd+e%3Af"), of("a-b", "c_d e:f"));
        assert_eq!(parse(b"a:"), of("a", ""));
        assert_eq!(parse(b"a:%2B%25+%e4%BD%a0"), of("a", "+% \u{4f60}"));
        let empty = BasicCredentials::parse(&format!("Basic {}", STANDARD.encode("a:")));
        assert!(empty.unwrap().client_secret.is_none());
        assert_eq!(parse(b"a:b:c"), of("a", "b:c"));
    }

    #[test]
    fn anything_else_is_rejected() {
        assert_eq!(
            BasicCredentials::parse("Bearer abc").unwrap_err(),
            BasicError::NotBasic
        );
        assert_eq!(
            BasicCredentials::parse("Basic").unwrap_err(),
            BasicError::NotBasic
        );
        for bad in [&b"no colon"[..], b"a%:b", b"a:%ff", b"a:%00"] {
            assert_eq!(parse(bad).unwrap_err(), BasicError::Malformed, "{bad:?}");
        }
        assert_eq!(
            BasicCredentials::parse("Basic !!!").unwrap_err(),
            BasicError::Malformed
        );
        assert!(parse(&[b'a'; 4096]).is_err());
    }
}
