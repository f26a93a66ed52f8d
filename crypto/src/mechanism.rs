//! The PKCS#11 columns of the table: how a token makes each kind of key and
//! signature.

use std::str::FromStr;

use cryptoki::{
    mechanism::{
        Mechanism, MechanismType,
        eddsa::{EddsaParams, EddsaSignatureScheme},
        rsa::{PkcsMgfType, PkcsOaepParams, PkcsOaepSource, PkcsPssParams},
        vendor_defined::VendorDefinedMechanism,
    },
    object::KeyType,
    types::Ulong,
};
use der::Encode;

use crate::{Digest, EncryptionAlgorithm, KeyAlgorithm, SignatureAlgorithm};

/// What a token calls SM2. PKCS#11 assigns no numbers to it, so each vendor chose
/// its own; the vendor's header file has them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Sm2Mechanisms {
    /// Makes a key pair, such as `CKM_SM2_KEY_PAIR_GEN`.
    pub key_pair_gen: u64,
    /// Signs a digest of 32 bytes and returns r and s, such as `CKM_SM2`.
    pub sign: u64,
    /// The `CKA_KEY_TYPE`, if it is not `CKK_EC`.
    pub key_type: Option<u64>,
}

impl FromStr for Sm2Mechanisms {
    type Err = &'static str;

    /// Parses two or three numbers separated by commas, in the order of the fields:
    /// `0x80000201,0x80000203`.
    fn from_str(text: &str) -> Result<Self, Self::Err> {
        const WRONG: &str =
            "two or three numbers separated by commas, such as 0x80000201,0x80000203";
        let number = |text: &str| {
            let text = text.trim();
            match text.strip_prefix("0x") {
                Some(digits) => u64::from_str_radix(digits, 16),
                None => text.parse(),
            }
            .map_err(|_| WRONG)
        };
        let numbers: Vec<u64> = text.split(',').map(number).collect::<Result<_, _>>()?;
        let (key_pair_gen, sign, key_type) = match numbers[..] {
            [key_pair_gen, sign] => (key_pair_gen, sign, None),
            [key_pair_gen, sign, key_type] => (key_pair_gen, sign, Some(key_type)),
            _ => return Err(WRONG),
        };
        Ok(Self {
            key_pair_gen,
            sign,
            key_type,
        })
    }
}

/// What `C_Sign` takes, and what it returns.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum MechanismInput {
    /// The message; the signature is in the form that X.509 carries.
    Message,
    /// The digest; the signature is r and s of equal length.
    Digest(Digest),
    /// SM3 over the signer's identity and the message; the signature is r and s.
    Sm2,
}

/// The mechanism that generates such a key; `None` for SM2 without the vendor's numbers.
pub fn key_pair_gen(
    algorithm: KeyAlgorithm,
    sm2: Option<&Sm2Mechanisms>,
) -> Option<Mechanism<'static>> {
    Some(match algorithm {
        KeyAlgorithm::P256 | KeyAlgorithm::P384 => Mechanism::EccKeyPairGen,
        KeyAlgorithm::Rsa2048 | KeyAlgorithm::Rsa3072 | KeyAlgorithm::Rsa4096 => {
            Mechanism::RsaPkcsKeyPairGen
        }
        KeyAlgorithm::Ed25519 => Mechanism::EccEdwardsKeyPairGen,
        KeyAlgorithm::Sm2 => vendor_defined(sm2?.key_pair_gen)?,
    })
}

/// The `CKA_KEY_TYPE` of such a key.
pub fn key_type(algorithm: KeyAlgorithm, sm2: Option<&Sm2Mechanisms>) -> Option<KeyType> {
    Some(match algorithm {
        KeyAlgorithm::P256 | KeyAlgorithm::P384 => KeyType::EC,
        KeyAlgorithm::Rsa2048 | KeyAlgorithm::Rsa3072 | KeyAlgorithm::Rsa4096 => KeyType::RSA,
        KeyAlgorithm::Ed25519 => KeyType::EC_EDWARDS,
        KeyAlgorithm::Sm2 => match sm2?.key_type {
            Some(value) => KeyType::new_vendor_defined(value).ok()?,
            None => KeyType::EC,
        },
    })
}

/// The forms of `CKA_EC_PARAMS` that tokens accept, the more common first.
///
/// PKCS#11 3.0 §2.3.5 lets an Edwards curve be named by text or by OID, and
/// tokens take one or the other.
pub fn ec_params(algorithm: KeyAlgorithm) -> Vec<Vec<u8>> {
    let named = |oid: const_oid::ObjectIdentifier| oid.to_der().ok();
    match algorithm {
        KeyAlgorithm::Ed25519 => [Some(EDWARDS25519.to_vec()), named(algorithm.oid())]
            .into_iter()
            .flatten()
            .collect(),
        _ => algorithm.curve().and_then(named).into_iter().collect(),
    }
}

/// The mechanism that signs and its input; `None` for SM2 without the vendor's numbers.
pub fn signature(
    algorithm: SignatureAlgorithm,
    sm2: Option<&Sm2Mechanisms>,
) -> Option<(Mechanism<'static>, MechanismInput)> {
    Some(match algorithm {
        SignatureAlgorithm::EcdsaP256Sha256 => {
            (Mechanism::Ecdsa, MechanismInput::Digest(Digest::Sha256))
        }
        SignatureAlgorithm::EcdsaP384Sha384 => {
            (Mechanism::Ecdsa, MechanismInput::Digest(Digest::Sha384))
        }
        SignatureAlgorithm::RsaPkcs1Sha256 => (Mechanism::Sha256RsaPkcs, MechanismInput::Message),
        SignatureAlgorithm::RsaPkcs1Sha384 => (Mechanism::Sha384RsaPkcs, MechanismInput::Message),
        SignatureAlgorithm::RsaPkcs1Sha512 => (Mechanism::Sha512RsaPkcs, MechanismInput::Message),
        SignatureAlgorithm::RsaPssSha256 => (
            Mechanism::Sha256RsaPkcsPss(PSS_SHA256),
            MechanismInput::Message,
        ),
        SignatureAlgorithm::RsaPssSha384 => (
            Mechanism::Sha384RsaPkcsPss(PSS_SHA384),
            MechanismInput::Message,
        ),
        SignatureAlgorithm::RsaPssSha512 => (
            Mechanism::Sha512RsaPkcsPss(PSS_SHA512),
            MechanismInput::Message,
        ),
        SignatureAlgorithm::Ed25519 => (
            Mechanism::Eddsa(EddsaParams::new(EddsaSignatureScheme::Ed25519)),
            MechanismInput::Message,
        ),
        SignatureAlgorithm::Sm2Sm3 => (vendor_defined(sm2?.sign)?, MechanismInput::Sm2),
    })
}

/// The mechanism that decrypts; `None` for SM2, whose numbers are not configured.
pub fn decryption(algorithm: EncryptionAlgorithm) -> Option<Mechanism<'static>> {
    let oaep =
        |hash, mgf| Mechanism::RsaPkcsOaep(PkcsOaepParams::new(hash, mgf, PkcsOaepSource::empty()));
    match algorithm {
        EncryptionAlgorithm::RsaOaepSha1 => Some(oaep(MechanismType::SHA1, PkcsMgfType::MGF1_SHA1)),
        EncryptionAlgorithm::RsaOaepSha256 => {
            Some(oaep(MechanismType::SHA256, PkcsMgfType::MGF1_SHA256))
        }
        EncryptionAlgorithm::RsaPkcs1 => Some(Mechanism::RsaPkcs),
        EncryptionAlgorithm::Sm2 => None,
    }
}

fn vendor_defined(value: u64) -> Option<Mechanism<'static>> {
    let kind = MechanismType::new_vendor_defined(value).ok()?;
    Some(Mechanism::VendorDefined(VendorDefinedMechanism::new::<()>(
        kind, None,
    )))
}

/// PrintableString "edwards25519".
const EDWARDS25519: &[u8] = b"\x13\x0cedwards25519";

const PSS_SHA256: PkcsPssParams = PkcsPssParams {
    hash_alg: MechanismType::SHA256,
    mgf: PkcsMgfType::MGF1_SHA256,
    s_len: Ulong::new(32),
};
const PSS_SHA384: PkcsPssParams = PkcsPssParams {
    hash_alg: MechanismType::SHA384,
    mgf: PkcsMgfType::MGF1_SHA384,
    s_len: Ulong::new(48),
};
const PSS_SHA512: PkcsPssParams = PkcsPssParams {
    hash_alg: MechanismType::SHA512,
    mgf: PkcsMgfType::MGF1_SHA512,
    s_len: Ulong::new(64),
};

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_vendors_numbers_are_read() {
        let read = |text: &str| text.parse::<Sm2Mechanisms>();
        let two = read("0x80000201, 2147484163").expect("two numbers");
        assert_eq!((two.key_pair_gen, two.sign), (0x8000_0201, 0x8000_0203));
        assert_eq!(two.key_type, None);
        let three = read("1,2,0x80000001").expect("three numbers");
        assert_eq!(three.key_type, Some(0x8000_0001));
        for wrong in ["", "1", "1,2,3,4", "1,0xg", "CKM_SM2,1"] {
            assert!(read(wrong).is_err(), "{wrong:?}");
        }
    }
}
