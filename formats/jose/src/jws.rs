//! JSON Web Signatures in compact serialization (RFC 7515 §7.1).

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use crypto::{KeyAlgorithm, PublicKey, SignatureAlgorithm, ecdsa_der_to_raw, ecdsa_raw_to_der};
use serde::{Deserialize, Serialize, de::DeserializeOwned};

/// The longest token that is read, in bytes.
pub const MAX_LENGTH: usize = 8192;

/// Why a token was not read or not made.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum JwsError {
    /// Longer than [`MAX_LENGTH`].
    #[error("the token is too long")]
    TooLong,
    /// Not three parts of base64url, or the header is not a JSON object with `alg`.
    #[error("the token is not a JWS in compact serialization")]
    Malformed,
    /// The header has `crit` (RFC 7515 §4.1.11), and no extension is understood.
    #[error("the token has critical header parameters that are not understood")]
    Critical,
    /// `alg` is not the algorithm that the key is used with (RFC 8725 §3.1).
    #[error("the token is signed with another algorithm")]
    Algorithm,
    /// The signature does not verify.
    #[error("the signature is not valid")]
    Signature,
    /// The payload is not the expected JSON.
    #[error("the claims are not as expected")]
    Claims,
}

/// The header parameters that are read.
#[derive(Clone, Debug, Deserialize)]
pub struct Header {
    /// The signature algorithm's JOSE name.
    pub alg: String,
    /// What the token is.
    #[serde(default)]
    pub typ: Option<String>,
    /// Which key signed it.
    #[serde(default)]
    pub kid: Option<String>,
    #[serde(default)]
    crit: Option<serde::de::IgnoredAny>,
}

/// A token that was parsed and not verified.
#[derive(Debug)]
pub struct Jws<'a> {
    header: Header,
    signing_input: &'a str,
    payload: &'a str,
    signature: Vec<u8>,
}

impl<'a> Jws<'a> {
    /// Parses a token.
    ///
    /// # Errors
    /// [`JwsError`] for anything that cannot be verified whatever the key.
    pub fn parse(token: &'a str) -> Result<Self, JwsError> {
        if token.len() > MAX_LENGTH {
            return Err(JwsError::TooLong);
        }
        let (signing_input, signature) = token.rsplit_once('.').ok_or(JwsError::Malformed)?;
        let (header, payload) = signing_input.split_once('.').ok_or(JwsError::Malformed)?;
        let decode = |part| {
            URL_SAFE_NO_PAD
                .decode(part)
                .map_err(|_| JwsError::Malformed)
        };
        let header: Header =
            serde_json::from_slice(&decode(header)?).map_err(|_| JwsError::Malformed)?;
        if header.crit.is_some() {
            return Err(JwsError::Critical);
        }
        Ok(Self {
            header,
            signing_input,
            payload,
            signature: decode(signature)?,
        })
    }

    /// The header. Choose the key by `kid`, then let [`Self::verify`] check `alg`.
    pub fn header(&self) -> &Header {
        &self.header
    }

    /// Verifies the signature and returns the claims.
    ///
    /// # Errors
    /// [`JwsError`].
    pub fn verify<T: DeserializeOwned>(
        &self,
        key: &PublicKey,
        algorithm: SignatureAlgorithm,
    ) -> Result<T, JwsError> {
        if algorithm.jose() != Some(self.header.alg.as_str()) {
            return Err(JwsError::Algorithm);
        }
        let der;
        let signature = match raw_length(algorithm) {
            None => &self.signature,
            Some(length) if self.signature.len() == 2 * length => {
                der = ecdsa_raw_to_der(&self.signature).map_err(|_| JwsError::Signature)?;
                &der
            }
            Some(_) => return Err(JwsError::Signature),
        };
        key.verify(algorithm, self.signing_input.as_bytes(), signature)
            .map_err(|_| JwsError::Signature)?;
        let payload = URL_SAFE_NO_PAD
            .decode(self.payload)
            .map_err(|_| JwsError::Malformed)?;
        serde_json::from_slice(&payload).map_err(|_| JwsError::Claims)
    }
}

/// An encoded header with the dot after it, to be made once for a key and a type.
pub fn encode_header(alg: &str, kid: &str, typ: &str) -> String {
    // Names of algorithms and types, and thumbprints, need no escaping in JSON.
    let json = format!(r#"{{"alg":"{alg}","kid":"{kid}","typ":"{typ}"}}"#);
    format!("{}.", URL_SAFE_NO_PAD.encode(json))
}

/// A token that lacks its signature.
#[derive(Debug)]
pub struct UnsignedJws(String);

impl UnsignedJws {
    /// Joins a header of [`encode_header`] and claims.
    ///
    /// # Errors
    /// [`JwsError::Claims`] for claims that JSON cannot hold.
    pub fn new(header: &str, claims: &impl Serialize) -> Result<Self, JwsError> {
        /// The longest signature, of RSA-4096, in base64url.
        const SIGNATURE: usize = 684;
        let claims = serde_json::to_vec(claims).map_err(|_| JwsError::Claims)?;
        let mut token = String::with_capacity(header.len() + claims.len() * 4 / 3 + SIGNATURE);
        token.push_str(header);
        URL_SAFE_NO_PAD.encode_string(claims, &mut token);
        Ok(Self(token))
    }

    /// What is signed.
    pub fn signing_input(&self) -> &[u8] {
        self.0.as_bytes()
    }

    /// The token, with a signature in the form in which adapters return it (DER for ECDSA).
    ///
    /// # Errors
    /// [`JwsError::Signature`] for one that is not.
    pub fn signed(
        self,
        algorithm: SignatureAlgorithm,
        signature: &[u8],
    ) -> Result<String, JwsError> {
        let mut token = self.0;
        token.push('.');
        match raw_length(algorithm) {
            None => URL_SAFE_NO_PAD.encode_string(signature, &mut token),
            Some(length) => {
                // RFC 7518 §3.4: r and s side by side.
                let raw = ecdsa_der_to_raw(signature, length).map_err(|_| JwsError::Signature)?;
                URL_SAFE_NO_PAD.encode_string(raw, &mut token);
            }
        }
        Ok(token)
    }
}

/// Length of r, and of s, for algorithms whose JOSE form is r ‖ s.
fn raw_length(algorithm: SignatureAlgorithm) -> Option<usize> {
    match algorithm.key_algorithm() {
        KeyAlgorithm::P256 => Some(32),
        KeyAlgorithm::P384 => Some(48),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_cannot_be_a_token_is_rejected() {
        for bad in ["", "a", "a.b", "!.!.!", "e30.e30.", "bm8.e30.AA"] {
            assert_eq!(Jws::parse(bad).unwrap_err(), JwsError::Malformed, "{bad}");
        }
        let crit = URL_SAFE_NO_PAD.encode(r#"{"alg":"ES256","crit":["b64"],"b64":false}"#);
        let token = format!("{crit}.e30.AA");
        assert_eq!(Jws::parse(&token).unwrap_err(), JwsError::Critical);
        let long = "a".repeat(MAX_LENGTH + 1);
        assert_eq!(Jws::parse(&long).unwrap_err(), JwsError::TooLong);
    }

    #[test]
    fn the_example_of_rfc_7515() {
        // RFC 7515 appendix A.3, with the key of A.3.1.
        let token = "eyJhbGciOiJFUzI1NiJ9.eyJpc3MiOiJqb2UiLA0KICJleHAiOjEzMDA4MTkzODAsDQogImh0dHA6Ly9leGFtcGxlLmNvbS9pc19yb290Ijp0cnVlfQ.DtEhU3ljbEg8L38VWAfUAqOyKAM6-Xx-F4GawxaepmXFCgfTjDxw5djxLa8ISlSApmWQxfKTUJqPP3-Kg6NU1Q";
        let point = |text| URL_SAFE_NO_PAD.decode(text).unwrap();
        let mut spki = p256_prefix();
        spki.extend(point("f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU"));
        spki.extend(point("x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0"));
        let key = PublicKey::from_der(&spki).unwrap();
        let jws = Jws::parse(token).unwrap();
        let claims: serde_json::Value = jws
            .verify(&key, SignatureAlgorithm::EcdsaP256Sha256)
            .unwrap();
        assert_eq!(claims["iss"], "joe");
        assert_eq!(
            jws.verify::<serde_json::Value>(&key, SignatureAlgorithm::RsaPkcs1Sha256),
            Err(JwsError::Algorithm)
        );
        // One bit of the payload: the signature is over the text.
        let altered = token.replace("eyJpc3Mi", "eyJpc3Mj");
        let altered = Jws::parse(&altered).unwrap();
        assert_eq!(
            altered.verify::<serde_json::Value>(&key, SignatureAlgorithm::EcdsaP256Sha256),
            Err(JwsError::Signature)
        );
    }

    /// A SubjectPublicKeyInfo of P-256 up to the point's coordinates (RFC 5480 §2).
    fn p256_prefix() -> Vec<u8> {
        vec![
            0x30, 0x59, 0x30, 0x13, 0x06, 0x07, 0x2a, 0x86, 0x48, 0xce, 0x3d, 0x02, 0x01, 0x06,
            0x08, 0x2a, 0x86, 0x48, 0xce, 0x3d, 0x03, 0x01, 0x07, 0x03, 0x42, 0x00, 0x04,
        ]
    }
}
