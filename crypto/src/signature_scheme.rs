//! How other people sign, which is more than we do ourselves.

use aws_lc_rs::signature::{
    self as aws, RsaPssSaltLength, UnparsedPublicKey, VerificationAlgorithm,
};

use crate::{Digest, Error, KeyKind, PublicKey, Result, SignatureAlgorithm};

/// A scheme that signatures of other people are verified with.
///
/// [`SignatureAlgorithm`] lists the schemes that we sign with: one digest for each curve, and a
/// salt as long as the digest. Peers combine any SHA-2 digest with any curve (RFC 5758 §3.2) and
/// choose any salt length (RFC 4055 §3.1).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum SignatureScheme {
    /// RSASSA-PKCS1-v1_5 (RFC 8017 §8.2).
    RsaPkcs1(Digest),
    /// RSASSA-PSS (RFC 8017 §8.1), with MGF1 over the same digest.
    RsaPss {
        /// The digest of the message and of MGF1.
        digest: Digest,
        /// How many octets of salt.
        salt_length: u16,
    },
    /// ECDSA, encoded as `ECDSA-Sig-Value` (RFC 3279 §2.2.3).
    Ecdsa(Digest),
    /// Pure Ed25519 (RFC 8032).
    Ed25519,
    /// SM2 with SM3 (GM/T 0009).
    Sm2Sm3,
}

impl SignatureScheme {
    /// Its name in the standards, such as `ecdsa-with-SHA256`.
    pub fn name(self) -> &'static str {
        match self {
            Self::RsaPkcs1(Digest::Sha384) => "sha384WithRSAEncryption",
            Self::RsaPkcs1(Digest::Sha512) => "sha512WithRSAEncryption",
            Self::RsaPkcs1(_) => "sha256WithRSAEncryption",
            Self::RsaPss { .. } => "RSASSA-PSS",
            Self::Ecdsa(Digest::Sha384) => "ecdsa-with-SHA384",
            Self::Ecdsa(Digest::Sha512) => "ecdsa-with-SHA512",
            Self::Ecdsa(_) => "ecdsa-with-SHA256",
            Self::Ed25519 => "Ed25519",
            Self::Sm2Sm3 => "SM2-with-SM3",
        }
    }
}

impl From<SignatureAlgorithm> for SignatureScheme {
    fn from(algorithm: SignatureAlgorithm) -> Self {
        let pss = |digest: Digest| Self::RsaPss {
            digest,
            salt_length: digest.len() as u16,
        };
        match algorithm {
            SignatureAlgorithm::EcdsaP256Sha256 => Self::Ecdsa(Digest::Sha256),
            SignatureAlgorithm::EcdsaP384Sha384 => Self::Ecdsa(Digest::Sha384),
            SignatureAlgorithm::RsaPkcs1Sha256 => Self::RsaPkcs1(Digest::Sha256),
            SignatureAlgorithm::RsaPkcs1Sha384 => Self::RsaPkcs1(Digest::Sha384),
            SignatureAlgorithm::RsaPkcs1Sha512 => Self::RsaPkcs1(Digest::Sha512),
            SignatureAlgorithm::RsaPssSha256 => pss(Digest::Sha256),
            SignatureAlgorithm::RsaPssSha384 => pss(Digest::Sha384),
            SignatureAlgorithm::RsaPssSha512 => pss(Digest::Sha512),
            SignatureAlgorithm::Ed25519 => Self::Ed25519,
            SignatureAlgorithm::Sm2Sm3 => Self::Sm2Sm3,
        }
    }
}

impl PublicKey {
    /// Checks a signature by any scheme that fits the key, in the form that X.509 carries.
    ///
    /// # Errors
    /// [`Error::UnsupportedAlgorithm`] if the scheme does not fit the key,
    /// [`Error::BadSignature`] if the key did not make this signature.
    pub fn verify_scheme(
        &self,
        scheme: SignatureScheme,
        message: &[u8],
        signature: &[u8],
    ) -> Result<()> {
        if let Some(ours) = self.algorithm().and_then(|key| {
            let mut schemes = key.signatures().iter();
            schemes.find(|ours| SignatureScheme::from(**ours) == scheme)
        }) {
            return self.verify(*ours, message, signature);
        }
        let bad = || Error::BadSignature {
            what: scheme.name(),
        };
        let key = self.subject_public_key();
        if let (KeyKind::Rsa { .. }, SignatureScheme::RsaPss { salt_length, .. }) =
            (self.kind(), scheme)
            && let Some(pss) = pss(scheme)
        {
            return pss
                .with_pss_salt_length(RsaPssSaltLength::Custom(salt_length))
                .verify_sig(key, message, signature)
                .map_err(|_| bad());
        }
        let verification =
            verification(self.kind(), scheme).ok_or_else(|| Error::UnsupportedAlgorithm {
                what: "signature",
                algorithm: format!("{} by a {} key", scheme.name(), self.kind()),
            })?;
        UnparsedPublicKey::new(verification, key)
            .verify(message, signature)
            .map_err(|_| bad())
    }
}

fn pss(scheme: SignatureScheme) -> Option<aws::RsaParameters> {
    match scheme {
        SignatureScheme::RsaPss { digest, .. } => match digest {
            Digest::Sha256 => Some(aws::RSA_PSS_2048_8192_SHA256),
            Digest::Sha384 => Some(aws::RSA_PSS_2048_8192_SHA384),
            Digest::Sha512 => Some(aws::RSA_PSS_2048_8192_SHA512),
            Digest::Sm3 => None,
        },
        _ => None,
    }
}

fn verification(
    key: KeyKind,
    scheme: SignatureScheme,
) -> Option<&'static dyn VerificationAlgorithm> {
    Some(match (key, scheme) {
        (KeyKind::P256, SignatureScheme::Ecdsa(Digest::Sha384)) => &aws::ECDSA_P256_SHA384_ASN1,
        (KeyKind::P256, SignatureScheme::Ecdsa(Digest::Sha512)) => &aws::ECDSA_P256_SHA512_ASN1,
        (KeyKind::P384, SignatureScheme::Ecdsa(Digest::Sha256)) => &aws::ECDSA_P384_SHA256_ASN1,
        (KeyKind::P384, SignatureScheme::Ecdsa(Digest::Sha512)) => &aws::ECDSA_P384_SHA512_ASN1,
        // RSA keys of sizes that we do not generate are in no row of the table.
        (KeyKind::Rsa { .. }, SignatureScheme::RsaPkcs1(Digest::Sha256)) => {
            &aws::RSA_PKCS1_2048_8192_SHA256
        }
        (KeyKind::Rsa { .. }, SignatureScheme::RsaPkcs1(Digest::Sha384)) => {
            &aws::RSA_PKCS1_2048_8192_SHA384
        }
        (KeyKind::Rsa { .. }, SignatureScheme::RsaPkcs1(Digest::Sha512)) => {
            &aws::RSA_PKCS1_2048_8192_SHA512
        }
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn our_algorithms_are_schemes_of_the_same_name() {
        for algorithm in SignatureAlgorithm::all() {
            let scheme = SignatureScheme::from(algorithm);
            if !algorithm.is_pss() {
                assert_eq!(scheme.name(), algorithm.name());
            }
        }
    }
}
