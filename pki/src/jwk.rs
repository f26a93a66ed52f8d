//! Public keys and signatures as JOSE writes them.

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use hsm_adapters::Digest;

use crate::{
    Error, KeyKind, PublicKey, Result,
    algorithm::unsupported,
    asn1::{Cursor, Writer},
};

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
        let point = |curve: &'static str| {
            let (x, y) = key.bits()[1..].split_at(key.bits().len() / 2);
            vec![
                ("crv", curve.to_owned()),
                ("kty", "EC".to_owned()),
                ("x", URL_SAFE_NO_PAD.encode(x)),
                ("y", URL_SAFE_NO_PAD.encode(y)),
            ]
        };
        let members = match (key.kind(), key.rsa()) {
            (KeyKind::P256, _) => point("P-256"),
            (KeyKind::P384, _) => point("P-384"),
            (KeyKind::Ed25519, _) => vec![
                ("crv", "Ed25519".to_owned()),
                ("kty", "OKP".to_owned()),
                ("x", URL_SAFE_NO_PAD.encode(key.bits())),
            ],
            (KeyKind::Rsa { .. }, Some((modulus, exponent))) => vec![
                ("e", URL_SAFE_NO_PAD.encode(exponent)),
                ("kty", "RSA".to_owned()),
                ("n", URL_SAFE_NO_PAD.encode(modulus)),
            ],
            (KeyKind::Sm2 | KeyKind::Rsa { .. }, _) => return Err(unsupported("JWK", "SM2")),
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

/// An `ECDSA-Sig-Value` as r and s side by side, each `length` bytes (RFC 7518 §3.4).
///
/// # Errors
/// [`Error::Syntax`] for anything but two positive numbers of that length.
pub fn ecdsa_der_to_raw(der: &[u8], length: usize) -> Result<Vec<u8>> {
    let mut value = Cursor::outer("ECDSA-Sig-Value", der)?;
    let mut raw = vec![0; 2 * length];
    let (r_out, s_out) = raw.split_at_mut(length);
    for (field, out) in [("r", r_out), ("s", s_out)] {
        let number = value.unsigned(field)?;
        let Some(start) = length.checked_sub(number.len()) else {
            return Err(value.error(field, "longer than the curve's order"));
        };
        out[start..].copy_from_slice(number);
    }
    value.end("s")?;
    Ok(raw)
}

/// r and s side by side as an `ECDSA-Sig-Value` (RFC 3279 §2.2.3).
///
/// # Errors
/// [`Error::Syntax`] for an odd number of bytes, or none.
pub fn ecdsa_raw_to_der(raw: &[u8]) -> Result<Vec<u8>> {
    if raw.is_empty() || !raw.len().is_multiple_of(2) {
        return Err(Error::syntax("raw signature", "length", "odd or zero"));
    }
    let (r, s) = raw.split_at(raw.len() / 2);
    Ok(Writer::build(|w| {
        w.sequence(|w| {
            w.unsigned(r);
            w.unsigned(s);
        });
    }))
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

    #[test]
    fn signatures_round_trip_between_forms() {
        let mut raw = [0x11; 64];
        raw[0] = 0;
        raw[32] = 0xff;
        let der = ecdsa_raw_to_der(&raw).unwrap();
        assert_eq!(ecdsa_der_to_raw(&der, 32).unwrap(), raw);
        assert!(ecdsa_der_to_raw(&der, 31).is_err());
        assert!(ecdsa_raw_to_der(&raw[..63]).is_err());
    }
}
