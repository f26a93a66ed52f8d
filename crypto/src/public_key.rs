//! Public keys: SubjectPublicKeyInfo in, verification out.

use std::{fmt, sync::Arc};

use aws_lc_rs::signature::{
    self as aws, ParsedPublicKey, UnparsedPublicKey, VerificationAlgorithm,
};
use const_oid::ObjectIdentifier;
use der::{Decode, Sequence, asn1::UintRef};
use sm2::dsa::{VerifyingKey, signature::Verifier as _};
use spki::{AlgorithmIdentifierRef, SubjectPublicKeyInfoRef};

use crate::{
    Digest, Error, KeyAlgorithm, Result, SM2_DEFAULT_ID, SignatureAlgorithm, ecdsa_der_to_raw,
};

const WHAT: &str = "SubjectPublicKeyInfo";
const MAX_LENGTH: usize = 4096;
/// As RFC 8017 §3.1 with the bounds of the CA/Browser Forum's baseline §6.1.6.
const MAX_EXPONENT_LENGTH: usize = 8;

/// What kind of key a public key is. Other people's RSA keys have any size from 2048 to 8192.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum KeyKind {
    /// ECDSA on NIST P-256.
    P256,
    /// ECDSA on NIST P-384.
    P384,
    /// RSA.
    Rsa {
        /// Size of the modulus.
        bits: u32,
    },
    /// Ed25519.
    Ed25519,
    /// SM2.
    Sm2,
}

impl fmt::Display for KeyKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::P256 => f.write_str("P-256"),
            Self::P384 => f.write_str("P-384"),
            Self::Rsa { bits } => write!(f, "{bits}-bit RSA"),
            Self::Ed25519 => f.write_str("Ed25519"),
            Self::Sm2 => f.write_str("SM2"),
        }
    }
}

/// The 20 octets of a subject or authority key identifier.
pub type KeyIdentifier = [u8; 20];

/// A public key that was parsed and validated, and can verify.
#[derive(Clone)]
pub struct PublicKey {
    der: Vec<u8>,
    kind: KeyKind,
    /// Where the contents of subjectPublicKey begin in `der`.
    key_at: usize,
    verifier: KeyVerifier,
}

#[derive(Clone)]
enum KeyVerifier {
    Parsed(Arc<ParsedPublicKey>),
    Rsa,
    Sm2(Arc<VerifyingKey>),
}

impl PublicKey {
    /// Parses a DER SubjectPublicKeyInfo (RFC 5280 §4.1.2.7).
    ///
    /// # Errors
    /// [`Error::Syntax`], [`Error::UnsupportedAlgorithm`], and [`Error::BadKey`]
    /// for a point off its curve or an RSA key that is small, large or malformed.
    pub fn from_der(der: &[u8]) -> Result<Self> {
        if der.len() > MAX_LENGTH {
            return Err(Error::TooLong {
                what: WHAT,
                limit: MAX_LENGTH,
                actual: der.len(),
            });
        }
        let spki =
            SubjectPublicKeyInfoRef::from_der(der).map_err(|error| syntax(WHAT, "DER", &error))?;
        let key = spki
            .subject_public_key
            .as_bytes()
            .ok_or_else(|| syntax(WHAT, "subjectPublicKey", &"not a whole number of bytes"))?;
        let (kind, verifier) = match algorithm_of(&spki.algorithm)? {
            KeyAlgorithm::P256 => ec_key(KeyKind::P256, key, 32, &aws::ECDSA_P256_SHA256_ASN1)?,
            KeyAlgorithm::P384 => ec_key(KeyKind::P384, key, 48, &aws::ECDSA_P384_SHA384_ASN1)?,
            KeyAlgorithm::Sm2 => sm2_key(key, SM2_DEFAULT_ID)?,
            KeyAlgorithm::Ed25519 => ed25519_key(key)?,
            KeyAlgorithm::Rsa2048 | KeyAlgorithm::Rsa3072 | KeyAlgorithm::Rsa4096 => rsa_key(key)?,
        };
        Ok(Self {
            der: der.to_vec(),
            kind,
            key_at: der.len() - key.len(),
            verifier,
        })
    }

    /// The same key with another signer's id in its SM2 signatures than
    /// [`SM2_DEFAULT_ID`]; keys of other algorithms have no such id and stay as they are.
    ///
    /// # Errors
    /// [`Error::BadKey`] for an id that is too long.
    pub fn with_sm2_id(self, id: &str) -> Result<Self> {
        if self.kind != KeyKind::Sm2 {
            return Ok(self);
        }
        let (_, verifier) = sm2_key(self.subject_public_key(), id)?;
        Ok(Self { verifier, ..self })
    }

    /// The SubjectPublicKeyInfo.
    pub fn der(&self) -> &[u8] {
        &self.der
    }

    /// What kind of key it is.
    pub fn kind(&self) -> KeyKind {
        self.kind
    }

    /// The row of the algorithm table; `None` for an RSA key of a size that we do not generate.
    pub fn algorithm(&self) -> Option<KeyAlgorithm> {
        Some(match self.kind {
            KeyKind::P256 => KeyAlgorithm::P256,
            KeyKind::P384 => KeyAlgorithm::P384,
            KeyKind::Rsa { bits: 2048 } => KeyAlgorithm::Rsa2048,
            KeyKind::Rsa { bits: 3072 } => KeyAlgorithm::Rsa3072,
            KeyKind::Rsa { bits: 4096 } => KeyAlgorithm::Rsa4096,
            KeyKind::Rsa { .. } => return None,
            KeyKind::Ed25519 => KeyAlgorithm::Ed25519,
            KeyKind::Sm2 => KeyAlgorithm::Sm2,
        })
    }

    /// The contents of the subjectPublicKey BIT STRING: a point or an RSAPublicKey.
    pub fn subject_public_key(&self) -> &[u8] {
        &self.der[self.key_at..]
    }

    /// The key identifier: the leftmost 160 bits of the SHA-256 of the
    /// subjectPublicKey (RFC 7093 §2, method 1), so that nothing depends on SHA-1.
    pub fn key_identifier(&self) -> KeyIdentifier {
        let hash = Digest::Sha256.hash(self.subject_public_key());
        let mut identifier = [0; 20];
        identifier.copy_from_slice(&hash[..20]);
        identifier
    }

    /// True if a key of this kind can make such a signature.
    pub fn can_make(&self, algorithm: SignatureAlgorithm) -> bool {
        let row = match self.kind {
            KeyKind::Rsa { .. } => KeyAlgorithm::Rsa2048,
            _ => match self.algorithm() {
                Some(row) => row,
                None => return false,
            },
        };
        row.signatures().contains(&algorithm)
    }

    /// Checks a signature over `message`, in the form that X.509 carries.
    ///
    /// # Errors
    /// [`Error::UnsupportedAlgorithm`] if the key cannot make such signatures,
    /// [`Error::BadSignature`] if it did not make this one.
    pub fn verify(
        &self,
        algorithm: SignatureAlgorithm,
        message: &[u8],
        signature: &[u8],
    ) -> Result<()> {
        if !self.can_make(algorithm) {
            return Err(unsupported(algorithm));
        }
        let good = match &self.verifier {
            KeyVerifier::Parsed(key) => key.verify_sig(message, signature).is_ok(),
            KeyVerifier::Sm2(key) => verify_sm2(key, message, signature),
            KeyVerifier::Rsa => rsa_verification(algorithm).is_some_and(|scheme| {
                UnparsedPublicKey::new(scheme, self.subject_public_key())
                    .verify(message, signature)
                    .is_ok()
            }),
        };
        if good {
            Ok(())
        } else {
            Err(Error::BadSignature {
                what: algorithm.name(),
            })
        }
    }

    /// Modulus and public exponent of an RSA key, without leading zeros.
    pub fn rsa_components(&self) -> Option<(&[u8], &[u8])> {
        match self.kind {
            KeyKind::Rsa { .. } => rsa_components(self.subject_public_key()).ok(),
            _ => None,
        }
    }
}

/// Checks a signature by a public key in DER.
///
/// # Errors
/// Those of [`PublicKey::from_der`] and [`PublicKey::verify`].
pub fn verify(
    spki: &[u8],
    algorithm: SignatureAlgorithm,
    message: &[u8],
    signature: &[u8],
) -> Result<()> {
    PublicKey::from_der(spki)?.verify(algorithm, message, signature)
}

impl fmt::Debug for PublicKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "PublicKey({:?}, {})",
            self.kind,
            hex::encode(self.key_identifier())
        )
    }
}

impl PartialEq for PublicKey {
    fn eq(&self, other: &Self) -> bool {
        self.der == other.der
    }
}

impl Eq for PublicKey {}

/// The row that an AlgorithmIdentifier names; `Rsa2048` stands for RSA of any size.
fn algorithm_of(identifier: &AlgorithmIdentifierRef<'_>) -> Result<KeyAlgorithm> {
    let (oid, parameters) = (identifier.oid, identifier.parameters);
    let parameter_error =
        |reason: &dyn fmt::Display| Err(syntax(WHAT, "algorithm parameters", reason));
    if oid == KeyAlgorithm::P256.oid() {
        let Some(curve) = parameters.and_then(|any| any.decode_as::<ObjectIdentifier>().ok())
        else {
            return parameter_error(&"no named curve");
        };
        return KeyAlgorithm::all()
            .find(|algorithm| algorithm.curve() == Some(curve))
            .ok_or_else(|| unsupported(format!("curve {curve}")));
    }
    if oid == KeyAlgorithm::Rsa2048.oid() {
        // RFC 4055 §1.2: NULL and nothing else.
        return match parameters {
            Some(any) if any.is_null() => Ok(KeyAlgorithm::Rsa2048),
            _ => parameter_error(&"RSA keys have NULL here"),
        };
    }
    if oid == KeyAlgorithm::Ed25519.oid() {
        // RFC 8410 §3: absent.
        return match parameters {
            None => Ok(KeyAlgorithm::Ed25519),
            Some(_) => parameter_error(&"Ed25519 keys have none"),
        };
    }
    Err(unsupported(oid))
}

fn ec_key(
    kind: KeyKind,
    point: &[u8],
    field: usize,
    scheme: &'static dyn VerificationAlgorithm,
) -> Result<(KeyKind, KeyVerifier)> {
    check_uncompressed(point, field)?;
    Ok((kind, parse(scheme, point)?))
}

fn ed25519_key(key: &[u8]) -> Result<(KeyKind, KeyVerifier)> {
    if key.len() != 32 {
        return bad_key(format!("an Ed25519 key has 32 bytes, not {}", key.len()));
    }
    Ok((KeyKind::Ed25519, parse(&aws::ED25519, key)?))
}

fn sm2_key(point: &[u8], id: &str) -> Result<(KeyKind, KeyVerifier)> {
    check_uncompressed(point, 32)?;
    match VerifyingKey::from_sec1_bytes(id, point) {
        Ok(key) => Ok((KeyKind::Sm2, KeyVerifier::Sm2(Arc::new(key)))),
        Err(_) => bad_key("not a point on its curve, or the signer's id is too long".into()),
    }
}

fn rsa_key(key: &[u8]) -> Result<(KeyKind, KeyVerifier)> {
    let (modulus, _) = rsa_components(key)?;
    let bits = modulus.len() as u32 * 8 - modulus[0].leading_zeros();
    Ok((KeyKind::Rsa { bits }, KeyVerifier::Rsa))
}

fn parse(scheme: &'static dyn VerificationAlgorithm, key: &[u8]) -> Result<KeyVerifier> {
    match ParsedPublicKey::new(scheme, key) {
        Ok(key) => Ok(KeyVerifier::Parsed(Arc::new(key))),
        Err(error) => bad_key(format!("not a point on its curve: {error}")),
    }
}

/// RFC 5480 §2.2 allows compressed points; we require the form that all software reads.
fn check_uncompressed(point: &[u8], field: usize) -> Result<()> {
    if point.len() == 1 + 2 * field && point[0] == 4 {
        return Ok(());
    }
    bad_key("the point is not uncompressed, or of the wrong length".into())
}

/// `RSAPublicKey` (RFC 8017 §A.1.1).
#[derive(Sequence)]
struct RsaPublicKey<'a> {
    modulus: UintRef<'a>,
    public_exponent: UintRef<'a>,
}

/// Modulus and exponent of an RSAPublicKey, validated.
fn rsa_components(der: &[u8]) -> Result<(&[u8], &[u8])> {
    let key = RsaPublicKey::from_der(der).map_err(|error| syntax("RSAPublicKey", "DER", &error))?;
    let (modulus, exponent) = (key.modulus.as_bytes(), key.public_exponent.as_bytes());
    let size = modulus.len() * 8 - modulus[0].leading_zeros() as usize;
    if !(2048..=8192).contains(&size) {
        return bad_key(format!("an RSA modulus has 2048 to 8192 bits, not {size}"));
    }
    if modulus[modulus.len() - 1].is_multiple_of(2) {
        return bad_key("the RSA modulus is even".into());
    }
    if exponent.len() > MAX_EXPONENT_LENGTH
        || exponent[exponent.len() - 1].is_multiple_of(2)
        || exponent
            .iter()
            .fold(0, |sum, byte| (sum << 8) | u64::from(*byte))
            < 65_537
    {
        return bad_key("the RSA exponent is even, below 65537 or above 64 bits".into());
    }
    Ok((modulus, exponent))
}

fn rsa_verification(algorithm: SignatureAlgorithm) -> Option<&'static dyn VerificationAlgorithm> {
    Some(match algorithm {
        SignatureAlgorithm::RsaPkcs1Sha256 => &aws::RSA_PKCS1_2048_8192_SHA256,
        SignatureAlgorithm::RsaPkcs1Sha384 => &aws::RSA_PKCS1_2048_8192_SHA384,
        SignatureAlgorithm::RsaPkcs1Sha512 => &aws::RSA_PKCS1_2048_8192_SHA512,
        SignatureAlgorithm::RsaPssSha256 => &aws::RSA_PSS_2048_8192_SHA256,
        SignatureAlgorithm::RsaPssSha384 => &aws::RSA_PSS_2048_8192_SHA384,
        SignatureAlgorithm::RsaPssSha512 => &aws::RSA_PSS_2048_8192_SHA512,
        _ => return None,
    })
}

/// GM/T 0009 §7.3: a SEQUENCE of r and s, as for ECDSA.
fn verify_sm2(key: &VerifyingKey, message: &[u8], signature: &[u8]) -> bool {
    ecdsa_der_to_raw(signature, 32)
        .ok()
        .and_then(|raw| sm2::dsa::Signature::from_slice(&raw).ok())
        .is_some_and(|signature| key.verify(message, &signature).is_ok())
}

fn syntax(what: &'static str, field: &'static str, reason: &dyn fmt::Display) -> Error {
    Error::Syntax {
        what,
        field,
        reason: reason.to_string(),
    }
}

fn unsupported(algorithm: impl fmt::Display) -> Error {
    Error::UnsupportedAlgorithm {
        what: WHAT,
        algorithm: algorithm.to_string(),
    }
}

fn bad_key<T>(reason: String) -> Result<T> {
    Err(Error::BadKey { reason })
}
