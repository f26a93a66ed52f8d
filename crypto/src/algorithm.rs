//! The one table of algorithms (rule 10).
//!
//! Key algorithms, the signature schemes of each, their OIDs, JOSE names, digests
//! and strengths are rows here and nowhere else; their PKCS#11 columns are in
//! `mechanism.rs`. Adding an algorithm is one row in each table, plus what a row
//! cannot hold: its mechanism, its verifier in `public_key.rs` and its key pair in
//! the software key store.

use std::{fmt, str::FromStr};

use const_oid::ObjectIdentifier;

use crate::{Digest, EncryptionAlgorithm};

/// What kind of key pair a key is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum KeyAlgorithm {
    /// ECDSA on NIST P-256 (secp256r1).
    P256,
    /// ECDSA on NIST P-384 (secp384r1).
    P384,
    /// RSA with a 2048-bit modulus.
    Rsa2048,
    /// RSA with a 3072-bit modulus.
    Rsa3072,
    /// RSA with a 4096-bit modulus.
    Rsa4096,
    /// Ed25519 (RFC 8032).
    Ed25519,
    /// SM2 on sm2p256v1 (GB/T 32918), always with SM3.
    Sm2,
}

/// How a signature is made: the scheme, its padding and its digest.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum SignatureAlgorithm {
    /// ECDSA P-256 with SHA-256, encoded as `ECDSA-Sig-Value` (RFC 3279 §2.2.3).
    EcdsaP256Sha256,
    /// ECDSA P-384 with SHA-384, encoded as `ECDSA-Sig-Value`.
    EcdsaP384Sha384,
    /// RSASSA-PKCS1-v1_5 with SHA-256 (RFC 8017 §8.2).
    RsaPkcs1Sha256,
    /// RSASSA-PKCS1-v1_5 with SHA-384.
    RsaPkcs1Sha384,
    /// RSASSA-PKCS1-v1_5 with SHA-512.
    RsaPkcs1Sha512,
    /// RSASSA-PSS with SHA-256, MGF1-SHA-256 and a 32-byte salt (RFC 8017 §8.1).
    RsaPssSha256,
    /// RSASSA-PSS with SHA-384, MGF1-SHA-384 and a 48-byte salt.
    RsaPssSha384,
    /// RSASSA-PSS with SHA-512, MGF1-SHA-512 and a 64-byte salt.
    RsaPssSha512,
    /// Pure Ed25519, 64 raw bytes (RFC 8410).
    Ed25519,
    /// SM2 with SM3, encoded as a SEQUENCE of r and s (GM/T 0009).
    Sm2Sm3,
}

/// One row of the table of key algorithms.
struct KeyRow {
    algorithm: KeyAlgorithm,
    name: &'static str,
    oid: ObjectIdentifier,
    curve: Option<ObjectIdentifier>,
    bits: u32,
    strength: u16,
    signatures: &'static [SignatureAlgorithm],
    encryptions: &'static [EncryptionAlgorithm],
    agrees: bool,
    jose: Option<JoseKey>,
}

/// How a JWK names a kind of key (RFC 7518 §6, RFC 8037 §2).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct JoseKey {
    /// `kty`.
    pub key_type: &'static str,
    /// `crv`; RSA keys have none.
    pub curve: Option<&'static str>,
}

impl JoseKey {
    const RSA: Self = Self {
        key_type: "RSA",
        curve: None,
    };

    const fn ec(curve: &'static str) -> Self {
        Self {
            key_type: "EC",
            curve: Some(curve),
        }
    }

    const fn okp(curve: &'static str) -> Self {
        Self {
            key_type: "OKP",
            curve: Some(curve),
        }
    }
}

/// One row of the table of signature algorithms.
struct SignatureRow {
    algorithm: SignatureAlgorithm,
    name: &'static str,
    oid: ObjectIdentifier,
    digest: Option<Digest>,
    jose: Option<&'static str>,
}

const fn oid(text: &str) -> ObjectIdentifier {
    ObjectIdentifier::new_unwrap(text)
}

const ID_EC_PUBLIC_KEY: ObjectIdentifier = oid("1.2.840.10045.2.1");
const RSA_ENCRYPTION: ObjectIdentifier = oid("1.2.840.113549.1.1.1");
const RSASSA_PSS: ObjectIdentifier = oid("1.2.840.113549.1.1.10");
const ID_ED25519: ObjectIdentifier = oid("1.3.101.112");

const RSA_SIGNATURES: &[SignatureAlgorithm] = &[
    SignatureAlgorithm::RsaPkcs1Sha256,
    SignatureAlgorithm::RsaPkcs1Sha384,
    SignatureAlgorithm::RsaPkcs1Sha512,
    SignatureAlgorithm::RsaPssSha256,
    SignatureAlgorithm::RsaPssSha384,
    SignatureAlgorithm::RsaPssSha512,
];

const RSA_ENCRYPTIONS: &[EncryptionAlgorithm] = &[
    EncryptionAlgorithm::RsaOaepSha1,
    EncryptionAlgorithm::RsaOaepSha256,
    EncryptionAlgorithm::RsaPkcs1,
];

#[rustfmt::skip]
const KEYS: &[KeyRow] = &[
    KeyRow { algorithm: KeyAlgorithm::P256, name: "p256", oid: ID_EC_PUBLIC_KEY, curve: Some(oid("1.2.840.10045.3.1.7")), bits: 256, strength: 128, signatures: &[SignatureAlgorithm::EcdsaP256Sha256], encryptions: &[], agrees: true, jose: Some(JoseKey::ec("P-256")) },
    KeyRow { algorithm: KeyAlgorithm::P384, name: "p384", oid: ID_EC_PUBLIC_KEY, curve: Some(oid("1.3.132.0.34")), bits: 384, strength: 192, signatures: &[SignatureAlgorithm::EcdsaP384Sha384], encryptions: &[], agrees: true, jose: Some(JoseKey::ec("P-384")) },
    KeyRow { algorithm: KeyAlgorithm::Rsa2048, name: "rsa2048", oid: RSA_ENCRYPTION, curve: None, bits: 2048, strength: 112, signatures: RSA_SIGNATURES, encryptions: RSA_ENCRYPTIONS, agrees: false, jose: Some(JoseKey::RSA) },
    KeyRow { algorithm: KeyAlgorithm::Rsa3072, name: "rsa3072", oid: RSA_ENCRYPTION, curve: None, bits: 3072, strength: 128, signatures: RSA_SIGNATURES, encryptions: RSA_ENCRYPTIONS, agrees: false, jose: Some(JoseKey::RSA) },
    KeyRow { algorithm: KeyAlgorithm::Rsa4096, name: "rsa4096", oid: RSA_ENCRYPTION, curve: None, bits: 4096, strength: 152, signatures: RSA_SIGNATURES, encryptions: RSA_ENCRYPTIONS, agrees: false, jose: Some(JoseKey::RSA) },
    KeyRow { algorithm: KeyAlgorithm::Ed25519, name: "ed25519", oid: ID_ED25519, curve: None, bits: 256, strength: 128, signatures: &[SignatureAlgorithm::Ed25519], encryptions: &[], agrees: false, jose: Some(JoseKey::okp("Ed25519")) },
    KeyRow { algorithm: KeyAlgorithm::Sm2, name: "sm2", oid: ID_EC_PUBLIC_KEY, curve: Some(oid("1.2.156.10197.1.301")), bits: 256, strength: 128, signatures: &[SignatureAlgorithm::Sm2Sm3], encryptions: &[EncryptionAlgorithm::Sm2], agrees: false, jose: None },
];

#[rustfmt::skip]
const SIGNATURES: &[SignatureRow] = &[
    SignatureRow { algorithm: SignatureAlgorithm::EcdsaP256Sha256, name: "ecdsa-with-SHA256", oid: oid("1.2.840.10045.4.3.2"), digest: Some(Digest::Sha256), jose: Some("ES256") },
    SignatureRow { algorithm: SignatureAlgorithm::EcdsaP384Sha384, name: "ecdsa-with-SHA384", oid: oid("1.2.840.10045.4.3.3"), digest: Some(Digest::Sha384), jose: Some("ES384") },
    SignatureRow { algorithm: SignatureAlgorithm::RsaPkcs1Sha256, name: "sha256WithRSAEncryption", oid: oid("1.2.840.113549.1.1.11"), digest: Some(Digest::Sha256), jose: Some("RS256") },
    SignatureRow { algorithm: SignatureAlgorithm::RsaPkcs1Sha384, name: "sha384WithRSAEncryption", oid: oid("1.2.840.113549.1.1.12"), digest: Some(Digest::Sha384), jose: Some("RS384") },
    SignatureRow { algorithm: SignatureAlgorithm::RsaPkcs1Sha512, name: "sha512WithRSAEncryption", oid: oid("1.2.840.113549.1.1.13"), digest: Some(Digest::Sha512), jose: Some("RS512") },
    SignatureRow { algorithm: SignatureAlgorithm::RsaPssSha256, name: "rsassaPss-SHA256", oid: RSASSA_PSS, digest: Some(Digest::Sha256), jose: Some("PS256") },
    SignatureRow { algorithm: SignatureAlgorithm::RsaPssSha384, name: "rsassaPss-SHA384", oid: RSASSA_PSS, digest: Some(Digest::Sha384), jose: Some("PS384") },
    SignatureRow { algorithm: SignatureAlgorithm::RsaPssSha512, name: "rsassaPss-SHA512", oid: RSASSA_PSS, digest: Some(Digest::Sha512), jose: Some("PS512") },
    SignatureRow { algorithm: SignatureAlgorithm::Ed25519, name: "Ed25519", oid: ID_ED25519, digest: None, jose: Some("EdDSA") },
    SignatureRow { algorithm: SignatureAlgorithm::Sm2Sm3, name: "SM2-with-SM3", oid: oid("1.2.156.10197.1.501"), digest: Some(Digest::Sm3), jose: None },
];

impl KeyAlgorithm {
    /// Every key algorithm, in the table's order.
    pub fn all() -> impl Iterator<Item = Self> {
        KEYS.iter().map(|row| row.algorithm)
    }

    fn row(self) -> &'static KeyRow {
        // The table has one row for each variant, in the variants' order;
        // the test `every_algorithm_has_its_row` checks that.
        &KEYS[self as usize]
    }

    /// The name that settings and the command line use, such as `p256`.
    pub fn name(self) -> &'static str {
        self.row().name
    }

    /// The `algorithm` OID of a SubjectPublicKeyInfo with such a key.
    pub fn oid(self) -> ObjectIdentifier {
        self.row().oid
    }

    /// The `namedCurve` of an elliptic-curve key (RFC 5480 §2.1.1).
    pub fn curve(self) -> Option<ObjectIdentifier> {
        self.row().curve
    }

    /// Size of the field or the modulus in bits.
    pub fn bits(self) -> u32 {
        self.row().bits
    }

    /// Security strength in bits (NIST SP 800-57 part 1, table 2).
    pub fn strength(self) -> u16 {
        self.row().strength
    }

    /// Every way in which such a key can decrypt.
    pub fn encryptions(self) -> &'static [EncryptionAlgorithm] {
        self.row().encryptions
    }

    /// True if such a key can agree on a secret by ECDH (NIST SP 800-56A §5.7.1.2).
    pub fn can_agree(self) -> bool {
        self.row().agrees
    }

    /// How a JWK names such a key; nothing is registered for SM2.
    pub fn jose(self) -> Option<JoseKey> {
        self.row().jose
    }

    /// True for RSA keys of any size.
    pub fn is_rsa(self) -> bool {
        self.row().oid == RSA_ENCRYPTION
    }

    /// True if today's browsers accept a TLS certificate with such a key or signature.
    pub fn works_in_browsers(self) -> bool {
        !matches!(self, Self::Sm2 | Self::Ed25519)
    }

    /// Every scheme such a key can sign with, the default first.
    pub fn signatures(self) -> &'static [SignatureAlgorithm] {
        self.row().signatures
    }

    /// The scheme to use unless another is asked for.
    pub fn default_signature(self) -> SignatureAlgorithm {
        self.row().signatures[0]
    }
}

impl SignatureAlgorithm {
    /// Every signature algorithm, in the table's order.
    pub fn all() -> impl Iterator<Item = Self> {
        SIGNATURES.iter().map(|row| row.algorithm)
    }

    fn row(self) -> &'static SignatureRow {
        // As in `KeyAlgorithm::row`.
        &SIGNATURES[self as usize]
    }

    /// The name in the standards, such as `ecdsa-with-SHA256`.
    pub fn name(self) -> &'static str {
        self.row().name
    }

    /// The OID of the AlgorithmIdentifier.
    pub fn oid(self) -> ObjectIdentifier {
        self.row().oid
    }

    /// The digest; `None` for Ed25519, which takes the whole message.
    pub fn digest(self) -> Option<Digest> {
        self.row().digest
    }

    /// The `alg` of a JWS (RFC 7518 §3.1, RFC 8037); none is registered for SM2.
    pub fn jose(self) -> Option<&'static str> {
        self.row().jose
    }

    /// The scheme that a JWS names by this `alg`.
    pub fn from_jose(alg: &str) -> Option<Self> {
        let row = SIGNATURES.iter().find(|row| row.jose == Some(alg))?;
        Some(row.algorithm)
    }

    /// The default key algorithm among those that can sign this way.
    pub fn key_algorithm(self) -> KeyAlgorithm {
        let row = KEYS.iter().find(|row| row.signatures.contains(&self));
        // Each scheme is in some row; the test `every_algorithm_has_its_row` checks that.
        row.map_or(KeyAlgorithm::P256, |row| row.algorithm)
    }

    /// True for RSASSA-PSS, whose AlgorithmIdentifier carries parameters.
    pub fn is_pss(self) -> bool {
        self.row().oid == RSASSA_PSS
    }

    /// True for RSASSA-PKCS1-v1_5, whose AlgorithmIdentifier has NULL parameters (RFC 4055 §5).
    pub fn is_pkcs1(self) -> bool {
        matches!(
            self,
            Self::RsaPkcs1Sha256 | Self::RsaPkcs1Sha384 | Self::RsaPkcs1Sha512
        )
    }
}

impl fmt::Display for KeyAlgorithm {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

impl fmt::Display for SignatureAlgorithm {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// A name that is in no row of the table.
#[derive(Debug, thiserror::Error)]
#[error(
    "unknown key algorithm {0:?}; known are p256, p384, rsa2048, rsa3072, rsa4096, ed25519, sm2"
)]
pub struct UnknownAlgorithm(String);

impl FromStr for KeyAlgorithm {
    type Err = UnknownAlgorithm;

    fn from_str(name: &str) -> Result<Self, UnknownAlgorithm> {
        Self::all()
            .find(|algorithm| algorithm.name().eq_ignore_ascii_case(name))
            .ok_or_else(|| UnknownAlgorithm(name.to_owned()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_algorithm_has_its_row() {
        for (index, row) in KEYS.iter().enumerate() {
            assert_eq!(row.algorithm as usize, index);
            assert_eq!(
                row.algorithm.name().parse::<KeyAlgorithm>().unwrap(),
                row.algorithm
            );
        }
        assert_eq!(KeyAlgorithm::Sm2 as usize + 1, KEYS.len());
        for (index, row) in SIGNATURES.iter().enumerate() {
            assert_eq!(row.algorithm as usize, index);
            let key = row.algorithm.key_algorithm();
            assert!(key.signatures().contains(&row.algorithm));
            if let Some(alg) = row.jose {
                assert_eq!(SignatureAlgorithm::from_jose(alg), Some(row.algorithm));
            }
        }
        assert_eq!(SignatureAlgorithm::Sm2Sm3 as usize + 1, SIGNATURES.len());
        // RFC 7518 §3.1: the names are case-sensitive, and `none` is no scheme.
        assert_eq!(SignatureAlgorithm::from_jose("es256"), None);
        assert_eq!(SignatureAlgorithm::from_jose("none"), None);
    }
}
