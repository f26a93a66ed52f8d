//! The table of public-key encryption (rule 10).

use std::fmt;

use const_oid::ObjectIdentifier;

/// How a message, such as a content-encryption key, is encrypted to a public key.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum EncryptionAlgorithm {
    /// RSAES-OAEP with SHA-1 and MGF1-SHA-1 (RFC 8017 §7.1), the default of most
    /// software and all that some tokens can do. OAEP does not depend on collision
    /// resistance, so SHA-1 is sound here.
    RsaOaepSha1,
    /// RSAES-OAEP with SHA-256 and MGF1-SHA-256.
    RsaOaepSha256,
    /// RSAES-PKCS1-v1_5 (RFC 8017 §7.2), which old CMS and SCEP clients use. Whoever
    /// decrypts must not reveal whether the padding was right.
    RsaPkcs1,
    /// SM2 encryption, encoded as `SM2Cipher` (GM/T 0009 §7.2).
    Sm2,
}

/// One row of the table of encryption algorithms.
struct EncryptionRow {
    algorithm: EncryptionAlgorithm,
    name: &'static str,
    oid: ObjectIdentifier,
    jose: Option<&'static str>,
}

const fn oid(text: &str) -> ObjectIdentifier {
    ObjectIdentifier::new_unwrap(text)
}

const ID_RSAES_OAEP: ObjectIdentifier = oid("1.2.840.113549.1.1.7");

#[rustfmt::skip]
const ENCRYPTIONS: &[EncryptionRow] = &[
    EncryptionRow { algorithm: EncryptionAlgorithm::RsaOaepSha1, name: "RSAES-OAEP-SHA1", oid: ID_RSAES_OAEP, jose: Some("RSA-OAEP") },
    EncryptionRow { algorithm: EncryptionAlgorithm::RsaOaepSha256, name: "RSAES-OAEP-SHA256", oid: ID_RSAES_OAEP, jose: Some("RSA-OAEP-256") },
    // No JOSE name: RSA1_5 must not be offered (RFC 8725 §3.2).
    EncryptionRow { algorithm: EncryptionAlgorithm::RsaPkcs1, name: "RSAES-PKCS1-v1_5", oid: oid("1.2.840.113549.1.1.1"), jose: None },
    EncryptionRow { algorithm: EncryptionAlgorithm::Sm2, name: "SM2-encryption", oid: oid("1.2.156.10197.1.301.3"), jose: None },
];

impl EncryptionAlgorithm {
    /// Every encryption algorithm, in the table's order.
    pub fn all() -> impl Iterator<Item = Self> {
        ENCRYPTIONS.iter().map(|row| row.algorithm)
    }

    fn row(self) -> &'static EncryptionRow {
        // As in `KeyAlgorithm::row`.
        &ENCRYPTIONS[self as usize]
    }

    /// The name in the standards, such as `RSAES-OAEP-SHA256`.
    pub fn name(self) -> &'static str {
        self.row().name
    }

    /// The OID of the AlgorithmIdentifier.
    pub fn oid(self) -> ObjectIdentifier {
        self.row().oid
    }

    /// The `alg` of a JWE (RFC 7518 §4.1), if it may be offered.
    pub fn jose(self) -> Option<&'static str> {
        self.row().jose
    }
}

impl fmt::Display for EncryptionAlgorithm {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_algorithm_has_its_row() {
        for (index, row) in ENCRYPTIONS.iter().enumerate() {
            assert_eq!(row.algorithm as usize, index);
        }
        assert_eq!(EncryptionAlgorithm::Sm2 as usize + 1, ENCRYPTIONS.len());
    }
}
