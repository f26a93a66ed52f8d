//! Public keys: SubjectPublicKeyInfo in, verification out.

use std::{fmt, sync::Arc};

use asn1::{Cursor, check_length, tag};
use aws_lc_rs::signature::{
    self as aws, ParsedPublicKey, UnparsedPublicKey, VerificationAlgorithm,
};
use hsm_adapters::{Digest, KeyAlgorithm, SignatureAlgorithm};
use sm2::dsa::signature::Verifier;

use crate::{Error, Result, algorithm::unsupported, ecdsa::ecdsa_der_to_raw};

/// The identity that SM2 signatures carry where nothing else was agreed (GM/T 0009 §10).
pub const SM2_DEFAULT_ID: &str = "1234567812345678";

const WHAT: &str = "SubjectPublicKeyInfo";
const MAX_LENGTH: usize = 4096;
/// As RFC 8017 §3.1 with the bounds of the CA/Browser Forum's baseline §6.1.6.
const MAX_EXPONENT_LENGTH: usize = 8;

/// What kind of key a public key is. RSA keys of strangers have any size from 2048 to 8192.
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

/// The 20 octets of a subject or authority key identifier.
pub type KeyIdentifier = [u8; 20];

/// A public key that was read, checked to be a sound one, and can verify.
#[derive(Clone)]
pub struct PublicKey {
    der: Vec<u8>,
    kind: KeyKind,
    /// Where the contents of subjectPublicKey begin in `der`.
    bits_at: usize,
    verifier: Verifying,
}

#[derive(Clone)]
enum Verifying {
    Parsed(Arc<ParsedPublicKey>),
    Rsa,
    Sm2(Arc<sm2::dsa::VerifyingKey>),
}

impl PublicKey {
    /// Reads a DER SubjectPublicKeyInfo (RFC 5280 §4.1.2.7).
    ///
    /// # Errors
    /// [`Error::Syntax`], [`Error::UnsupportedAlgorithm`], and [`Error::BadKey`]
    /// for a point off its curve or an RSA key that is small, large or malformed.
    pub fn from_der(der: &[u8]) -> Result<Self> {
        check_length(WHAT, MAX_LENGTH, der)?;
        let mut spki = Cursor::outer(WHAT, der)?;
        let mut identifier = spki.sequence("algorithm")?;
        let bits = spki.bits("subjectPublicKey")?;
        spki.end("subjectPublicKey")?;
        let oid = identifier.oid("algorithm")?;

        let named = if oid == KeyAlgorithm::P256.oid() {
            let curve = identifier.oid("namedCurve")?;
            KeyAlgorithm::all()
                .find(|algorithm| algorithm.curve() == Some(curve))
                .ok_or_else(|| unsupported(WHAT, format!("curve {curve}")))?
        } else if oid == KeyAlgorithm::Rsa2048.oid() {
            // RFC 4055 §1.2: NULL and nothing else.
            if !identifier.expect(tag::NULL, "parameters")?.is_empty() {
                return identifier.fail("parameters", "NULL with content");
            }
            KeyAlgorithm::Rsa2048
        } else if oid == KeyAlgorithm::Ed25519.oid() {
            KeyAlgorithm::Ed25519
        } else {
            return Err(unsupported(WHAT, oid));
        };
        identifier.end("algorithm")?;

        let off_curve = |_| Error::BadKey {
            reason: format!("not a point on the curve of {named}"),
        };
        let parsed = |algorithm: &'static dyn VerificationAlgorithm| {
            ParsedPublicKey::new(algorithm, bits)
                .map(|key| Verifying::Parsed(Arc::new(key)))
                .map_err(|error| Error::BadKey {
                    reason: format!("not a point on the curve of {named}: {error}"),
                })
        };
        let uncompressed = |length: usize| {
            if bits.len() == 1 + 2 * length && bits[0] == 4 {
                Ok(())
            } else {
                // RFC 5480 §2.2 lets conforming software ask for this form.
                Err(Error::BadKey {
                    reason: "the point is not uncompressed, or of the wrong length".into(),
                })
            }
        };
        let (kind, verifier) = match named {
            KeyAlgorithm::P256 => {
                uncompressed(32)?;
                (KeyKind::P256, parsed(&aws::ECDSA_P256_SHA256_ASN1)?)
            }
            KeyAlgorithm::P384 => {
                uncompressed(48)?;
                (KeyKind::P384, parsed(&aws::ECDSA_P384_SHA384_ASN1)?)
            }
            KeyAlgorithm::Sm2 => {
                uncompressed(32)?;
                let key = sm2::dsa::VerifyingKey::from_sec1_bytes(SM2_DEFAULT_ID, bits)
                    .map_err(off_curve)?;
                (KeyKind::Sm2, Verifying::Sm2(Arc::new(key)))
            }
            KeyAlgorithm::Ed25519 => {
                if bits.len() != 32 {
                    return Err(Error::BadKey {
                        reason: format!("an Ed25519 key has 32 bytes, not {}", bits.len()),
                    });
                }
                (KeyKind::Ed25519, parsed(&aws::ED25519)?)
            }
            KeyAlgorithm::Rsa2048 | KeyAlgorithm::Rsa3072 | KeyAlgorithm::Rsa4096 => {
                let (modulus, _) = rsa_numbers(bits)?;
                let bits = modulus.len() as u32 * 8 - modulus[0].leading_zeros();
                (KeyKind::Rsa { bits }, Verifying::Rsa)
            }
        };
        Ok(Self {
            der: der.to_vec(),
            kind,
            bits_at: der.len() - bits.len(),
            verifier,
        })
    }

    /// The SubjectPublicKeyInfo.
    pub fn der(&self) -> &[u8] {
        &self.der
    }

    /// What kind of key it is.
    pub fn kind(&self) -> KeyKind {
        self.kind
    }

    /// The row of the algorithm table; none for RSA keys of a size that we do not make ourselves.
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

    /// The contents of the subjectPublicKey BIT STRING.
    pub fn bits(&self) -> &[u8] {
        &self.der[self.bits_at..]
    }

    /// The key identifier: the leftmost 160 bits of the SHA-256 of the
    /// subjectPublicKey (RFC 7093 §2, method 1), so that nothing rests on SHA-1.
    pub fn key_identifier(&self) -> KeyIdentifier {
        let hash = Digest::Sha256.hash(self.bits());
        let mut identifier = [0; 20];
        identifier.copy_from_slice(&hash[..20]);
        identifier
    }

    /// True where a key of this kind can make such a signature.
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
    /// [`Error::UnsupportedAlgorithm`] where the key cannot make such
    /// signatures, [`Error::BadSignature`] where it did not make this one.
    pub fn verify(
        &self,
        algorithm: SignatureAlgorithm,
        message: &[u8],
        signature: &[u8],
    ) -> Result<()> {
        self.verify_of(None, algorithm, message, signature)
    }

    /// As [`Self::verify`], where an SM2 signer has another identity than the default.
    ///
    /// # Errors
    /// As [`Self::verify`].
    pub fn verify_of(
        &self,
        sm2_id: Option<&str>,
        algorithm: SignatureAlgorithm,
        message: &[u8],
        signature: &[u8],
    ) -> Result<()> {
        if !self.can_make(algorithm) {
            return Err(unsupported(WHAT, algorithm));
        }
        if let (Verifying::Sm2(_), Some(id)) = (&self.verifier, sm2_id) {
            let key = sm2::dsa::VerifyingKey::from_sec1_bytes(id, self.bits());
            let good = key.is_ok_and(|key| verifies(&key, message, signature));
            return told(good, algorithm);
        }
        let good = match &self.verifier {
            Verifying::Parsed(key) => key.verify_sig(message, signature).is_ok(),
            Verifying::Sm2(key) => verifies(key, message, signature),
            Verifying::Rsa => rsa_verification(algorithm).is_some_and(|scheme| {
                UnparsedPublicKey::new(scheme, self.bits())
                    .verify(message, signature)
                    .is_ok()
            }),
        };
        told(good, algorithm)
    }

    /// Modulus and public exponent of an RSA key.
    pub fn rsa(&self) -> Option<(&[u8], &[u8])> {
        match self.kind {
            KeyKind::Rsa { .. } => rsa_numbers(self.bits()).ok(),
            _ => None,
        }
    }
}

/// Checks a signature by a key that is still bytes.
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

/// Modulus and exponent of an RSAPublicKey (RFC 8017 §A.1.1), checked.
fn rsa_numbers(bits: &[u8]) -> Result<(&[u8], &[u8])> {
    let mut key = Cursor::outer("RSAPublicKey", bits)?;
    let modulus = key.unsigned("modulus")?;
    let exponent = key.unsigned("publicExponent")?;
    key.end("publicExponent")?;
    let bad = |reason: String| Err(Error::BadKey { reason });
    let size = modulus.len() * 8 - modulus[0].leading_zeros() as usize;
    if !(2048..=8192).contains(&size) {
        return bad(format!("an RSA modulus has 2048 to 8192 bits, not {size}"));
    }
    if modulus[modulus.len() - 1] % 2 == 0 {
        return bad("the RSA modulus is even".into());
    }
    if exponent.len() > MAX_EXPONENT_LENGTH
        || exponent[exponent.len() - 1] % 2 == 0
        || exponent
            .iter()
            .fold(0, |sum, byte| (sum << 8) | u64::from(*byte))
            < 65_537
    {
        return bad("the RSA exponent is even, below 65537 or above 64 bits".into());
    }
    Ok((modulus, exponent))
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

/// GM/T 0009 §7.3: a SEQUENCE of r and s, as for ECDSA.
fn verifies(key: &sm2::dsa::VerifyingKey, message: &[u8], signature: &[u8]) -> bool {
    ecdsa_der_to_raw(signature, 32)
        .ok()
        .and_then(|raw| sm2::dsa::Signature::from_slice(&raw).ok())
        .is_some_and(|signature| key.verify(message, &signature).is_ok())
}

fn told(good: bool, algorithm: SignatureAlgorithm) -> Result<()> {
    if good {
        Ok(())
    } else {
        Err(Error::BadSignature {
            what: algorithm.name(),
        })
    }
}
