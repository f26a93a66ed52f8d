//! Public keys as JOSE writes them (RFC 7517).

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use crypto::{Digest, Error, KeyAlgorithm, KeyKind, PublicKey, Result};

/// The members of a public JWK (RFC 7517): `kty` and what goes with it, in
/// lexicographic order, which is the order that a thumbprint needs (RFC 7638 §3.2).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Jwk {
    members: Vec<(&'static str, String)>,
}

impl Jwk {
    /// The JWK of a public key.
    ///
    /// # Errors
    /// [`Error::UnsupportedAlgorithm`] for SM2, which has no registered `kty` and `crv`.
    pub fn from_public_key(key: &PublicKey) -> Result<Self> {
        let unsupported = || Error::UnsupportedAlgorithm {
            what: "JWK",
            algorithm: format!("{:?}", key.kind()),
        };
        let names = match key.kind() {
            KeyKind::Rsa { .. } => KeyAlgorithm::Rsa2048.jose(),
            _ => key.algorithm().and_then(KeyAlgorithm::jose),
        }
        .ok_or_else(unsupported)?;
        let kty = ("kty", names.key_type.to_owned());
        let bytes = key.subject_public_key();
        let members = match (names.curve, key.rsa_components()) {
            (None, Some((modulus, exponent))) => vec![
                ("e", URL_SAFE_NO_PAD.encode(exponent)),
                kty,
                ("n", URL_SAFE_NO_PAD.encode(modulus)),
            ],
            (Some(curve), _) if key.kind() == KeyKind::Ed25519 => vec![
                ("crv", curve.to_owned()),
                kty,
                ("x", URL_SAFE_NO_PAD.encode(bytes)),
            ],
            (Some(curve), _) => {
                // An uncompressed point: 4, x, y.
                let (x, y) = bytes[1..].split_at(bytes.len() / 2);
                vec![
                    ("crv", curve.to_owned()),
                    kty,
                    ("x", URL_SAFE_NO_PAD.encode(x)),
                    ("y", URL_SAFE_NO_PAD.encode(y)),
                ]
            }
            (None, None) => return Err(unsupported()),
        };
        Ok(Self { members })
    }

    /// Names and values, in lexicographic order. Values need no escaping in JSON.
    pub fn members(&self) -> &[(&'static str, String)] {
        &self.members
    }

    /// The thumbprint (RFC 7638) in base64url, as a `kid`.
    pub fn thumbprint(&self) -> String {
        let members: Vec<_> = self
            .members
            .iter()
            .map(|(name, value)| format!("\"{name}\":\"{value}\""))
            .collect();
        let json = format!("{{{}}}", members.join(","));
        URL_SAFE_NO_PAD.encode(Digest::Sha256.hash(json.as_bytes()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_thumbprint_is_that_of_rfc_7638() {
        // RFC 7638 §3.1.
        let jwk = Jwk {
            members: vec![
                ("e", "AQAB".to_owned()),
                ("kty", "RSA".to_owned()),
                ("n", concat!(
                    "0vx7agoebGcQSuuPiLJXZptN9nndrQmbXEps2aiAFbWhM78LhWx4cbbfAAtVT86zwu1RK7aPFFxuhDR1L6tSoc_BJECPebWKRXjBZCiFV4n3oknjhMstn64tZ_2W",
                    "-5JsGY4Hc5n9yBXArwl93lqt7_RN5w6Cf0h4QyQ5v-65YGjQR0_FDW2QvzqY368QQMicAtaSqzs8KJZgnYb9c7d0zgdAZHzu6qMQvRL5hajrn1n91CbOpbISD08q",
                    "NLyrdkt-bFTWhAI4vMQFh6WeZu0fM4lFd2NcRwr3XPksINHaQ-G_xBniIqbw0Ls1jF44-csFCur-kEgU8awapJzKnqDKgw"
                ).to_owned()),
            ],
        };
        assert_eq!(
            jwk.thumbprint(),
            "NzbLsXh8uDCcd-6MNwXF4W_7noWXFZAfHkxZsRGC9Xs"
        );
    }
}
