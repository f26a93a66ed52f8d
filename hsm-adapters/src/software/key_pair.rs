//! The key pairs themselves: generated, read and used. The only place to change for
//! a new algorithm in software.

use aws_lc_rs::{
    agreement,
    encoding::{AsDer, Pkcs8V1Der, PublicKeyX509Der},
    rand::SystemRandom,
    rsa::{self, OaepPrivateDecryptingKey, Pkcs1PrivateDecryptingKey, PrivateDecryptingKey},
    signature::{
        self, ECDSA_P256_SHA256_ASN1_SIGNING, ECDSA_P384_SHA384_ASN1_SIGNING, EcdsaKeyPair,
        EcdsaSigningAlgorithm, Ed25519KeyPair, KeyPair as _, RsaEncoding,
    },
};
use const_oid::ObjectIdentifier;
use pkcs8::{EncodePrivateKey, PrivateKeyInfoRef, SecretDocument};
use sm2::pkcs8::EncodePublicKey;
use zeroize::Zeroizing;

use super::sm2_key::Sm2KeyPair;
use crate::{
    KeySpec, KeyUsage,
    wrapping::{self, ecdh, shared_secret},
};
use crypto::{EncryptionAlgorithm, KeyAlgorithm, PublicKey, SignatureAlgorithm, ecdsa_raw_to_der};

/// A private key in memory. Its types overwrite their secrets when dropped.
pub(super) struct KeyPair {
    spec: KeySpec,
    signer: Signer,
    /// For RSA keys that decrypt or unwrap.
    rsa: Option<RsaDecryption>,
    /// For elliptic-curve keys that agree.
    ecdh: Option<Ecdh>,
}

enum Signer {
    /// P-256 and P-384.
    Ecdsa(KeyAlgorithm, EcdsaKeyPair),
    /// RSA of any size.
    Rsa(KeyAlgorithm, rsa::KeyPair),
    /// Ed25519.
    Ed25519(Ed25519KeyPair),
    /// SM2.
    Sm2(Box<Sm2KeyPair>),
}

struct RsaDecryption {
    oaep: OaepPrivateDecryptingKey,
    pkcs1: Pkcs1PrivateDecryptingKey,
}

struct Ecdh {
    curve: &'static agreement::Algorithm,
    key: agreement::PrivateKey,
}

/// Why a key pair cannot be used: a text without secrets.
pub(super) type Rejected = &'static str;

const REJECTED: Rejected = "the private key in it is not valid";

impl KeyPair {
    /// Generates a key pair, which takes seconds for RSA, and its PKCS#8 form.
    pub(super) fn generate(
        spec: KeySpec,
        sm2_id: &str,
    ) -> Result<(Self, SecretDocument), Rejected> {
        let pkcs8 = generate_pkcs8(spec.algorithm)?;
        let pair = Self::from_pkcs8(pkcs8.as_bytes(), spec.usage, spec.exportable, sm2_id)?;
        Ok((pair, pkcs8))
    }

    /// Reads an unencrypted PKCS#8 structure.
    pub(super) fn from_pkcs8(
        der: &[u8],
        usage: KeyUsage,
        exportable: bool,
        sm2_id: &str,
    ) -> Result<Self, Rejected> {
        let signer = Signer::from_pkcs8(der, sm2_id)?;
        let spec = KeySpec {
            algorithm: signer.algorithm(),
            usage,
            exportable,
        };
        spec.validate()
            .map_err(|_| "its usage is not one that its algorithm has")?;
        let decrypts = usage.contains(KeyUsage::DECRYPT) || usage.contains(KeyUsage::WRAP);
        let rsa = match &signer {
            Signer::Rsa(..) if decrypts => Some(RsaDecryption::from_pkcs8(der)?),
            _ => None,
        };
        let ecdh = match ecdh(spec.algorithm) {
            Some(curve) if usage.contains(KeyUsage::AGREE) => Some(Ecdh {
                curve,
                key: agreement::PrivateKey::from_private_key_der(curve, der)
                    .map_err(|_| REJECTED)?,
            }),
            _ => None,
        };
        Ok(Self {
            spec,
            signer,
            rsa,
            ecdh,
        })
    }

    pub(super) fn spec(&self) -> KeySpec {
        self.spec
    }

    /// The public half as a DER SubjectPublicKeyInfo.
    pub(super) fn public_key(&self) -> Result<Vec<u8>, Rejected> {
        self.signer.public_key()
    }

    /// True if a signature is so fast that handing it to another thread would cost
    /// more: P-256 takes 16 µs, Ed25519 11 µs, SM2 about 30 µs.
    pub(super) fn is_fast(&self) -> bool {
        matches!(
            self.spec.algorithm,
            KeyAlgorithm::P256 | KeyAlgorithm::Ed25519 | KeyAlgorithm::Sm2
        )
    }

    /// Signs; the caller has checked that the key can use the scheme.
    pub(super) fn sign(
        &self,
        algorithm: SignatureAlgorithm,
        message: &[u8],
    ) -> Result<Vec<u8>, Rejected> {
        self.signer.sign(algorithm, message)
    }

    /// Decrypts; `None` if the ciphertext is not for this key.
    pub(super) fn decrypt(
        &self,
        algorithm: EncryptionAlgorithm,
        ciphertext: &[u8],
    ) -> Option<Zeroizing<Vec<u8>>> {
        match (&self.signer, &self.rsa) {
            (Signer::Sm2(pair), _) => pair.decrypt(ciphertext),
            (_, Some(rsa)) => rsa.decrypt(algorithm, ciphertext),
            _ => None,
        }
    }

    /// Agrees on a secret; `None` for a peer of another curve.
    pub(super) fn agree(&self, peer: &PublicKey) -> Option<Zeroizing<Vec<u8>>> {
        let Ecdh { curve, key } = self.ecdh.as_ref()?;
        shared_secret(key, curve, peer)
    }

    /// Decrypts a wrapped PKCS#8 key; `None` if it was not wrapped for this key.
    pub(super) fn unwrap(&self, ciphertext: &[u8]) -> Option<Zeroizing<Vec<u8>>> {
        wrapping::unwrap(&self.rsa.as_ref()?.oaep, ciphertext)
    }
}

impl RsaDecryption {
    fn from_pkcs8(der: &[u8]) -> Result<Self, Rejected> {
        let key = || PrivateDecryptingKey::from_pkcs8(der).map_err(|_| REJECTED);
        Ok(Self {
            oaep: OaepPrivateDecryptingKey::new(key()?).map_err(|_| REJECTED)?,
            pkcs1: Pkcs1PrivateDecryptingKey::new(key()?).map_err(|_| REJECTED)?,
        })
    }

    fn decrypt(
        &self,
        algorithm: EncryptionAlgorithm,
        ciphertext: &[u8],
    ) -> Option<Zeroizing<Vec<u8>>> {
        let mut buffer = Zeroizing::new(vec![0; self.oaep.min_output_size()]);
        let oaep = match algorithm {
            EncryptionAlgorithm::RsaOaepSha1 => Some(&rsa::OAEP_SHA1_MGF1SHA1),
            EncryptionAlgorithm::RsaOaepSha256 => Some(&rsa::OAEP_SHA256_MGF1SHA256),
            EncryptionAlgorithm::RsaPkcs1 => None,
            EncryptionAlgorithm::Sm2 => return None,
        };
        let plaintext = match oaep {
            Some(oaep) => self.oaep.decrypt(oaep, ciphertext, &mut buffer, None),
            None => self.pkcs1.decrypt(ciphertext, &mut buffer),
        };
        let length = plaintext.ok()?.len();
        buffer.truncate(length);
        Some(buffer)
    }
}

/// Generates a key pair in PKCS#8.
fn generate_pkcs8(algorithm: KeyAlgorithm) -> Result<SecretDocument, Rejected> {
    const FAILED: Rejected = "the generator failed";
    match algorithm {
        KeyAlgorithm::P256 | KeyAlgorithm::P384 => {
            let pair = EcdsaKeyPair::generate(curve(algorithm)).map_err(|_| FAILED)?;
            secret(pair.to_pkcs8v1().map_err(|_| FAILED)?.as_ref())
        }
        KeyAlgorithm::Rsa2048 | KeyAlgorithm::Rsa3072 | KeyAlgorithm::Rsa4096 => {
            let size = match algorithm {
                KeyAlgorithm::Rsa2048 => rsa::KeySize::Rsa2048,
                KeyAlgorithm::Rsa3072 => rsa::KeySize::Rsa3072,
                _ => rsa::KeySize::Rsa4096,
            };
            let pair = rsa::KeyPair::generate(size).map_err(|_| FAILED)?;
            let der = AsDer::<Pkcs8V1Der<'_>>::as_der(&pair).map_err(|_| FAILED)?;
            secret(der.as_ref())
        }
        KeyAlgorithm::Ed25519 => {
            let pair = Ed25519KeyPair::generate().map_err(|_| FAILED)?;
            secret(pair.to_pkcs8v1().map_err(|_| FAILED)?.as_ref())
        }
        KeyAlgorithm::Sm2 => Sm2KeyPair::generate()
            .ok_or(FAILED)?
            .to_pkcs8_der()
            .map_err(|_| FAILED),
    }
}

impl Signer {
    fn from_pkcs8(der: &[u8], sm2_id: &str) -> Result<Self, Rejected> {
        let info = PrivateKeyInfoRef::try_from(der).map_err(|_| REJECTED)?;
        let oid = info.algorithm.oid;
        let named_curve = info
            .algorithm
            .parameters
            .and_then(|any| any.decode_as::<ObjectIdentifier>().ok());
        let mut rows = KeyAlgorithm::all().filter(|row| row.oid() == oid);
        let Some(row) = rows.find(|row| row.is_rsa() || row.curve() == named_curve) else {
            return Err("it holds a key of an unknown algorithm");
        };
        match row {
            KeyAlgorithm::P256 | KeyAlgorithm::P384 => EcdsaKeyPair::from_pkcs8(curve(row), der)
                .map(|pair| Self::Ecdsa(row, pair))
                .map_err(|_| REJECTED),
            KeyAlgorithm::Rsa2048 | KeyAlgorithm::Rsa3072 | KeyAlgorithm::Rsa4096 => {
                let pair = rsa::KeyPair::from_pkcs8(der).map_err(|_| REJECTED)?;
                let bits = pair.public_modulus_len() * 8;
                KeyAlgorithm::all()
                    .find(|row| row.is_rsa() && row.bits() as usize == bits)
                    .map(|row| Self::Rsa(row, pair))
                    .ok_or("its RSA modulus has none of 2048, 3072 and 4096 bits")
            }
            KeyAlgorithm::Ed25519 => Ed25519KeyPair::from_pkcs8(der)
                .map(Self::Ed25519)
                .map_err(|_| REJECTED),
            KeyAlgorithm::Sm2 => Sm2KeyPair::from_pkcs8(der, sm2_id)
                .map(|pair| Self::Sm2(Box::new(pair)))
                .ok_or(REJECTED),
        }
    }

    fn algorithm(&self) -> KeyAlgorithm {
        match self {
            Self::Ecdsa(algorithm, _) | Self::Rsa(algorithm, _) => *algorithm,
            Self::Ed25519(_) => KeyAlgorithm::Ed25519,
            Self::Sm2(_) => KeyAlgorithm::Sm2,
        }
    }

    /// The public half as a DER SubjectPublicKeyInfo.
    fn public_key(&self) -> Result<Vec<u8>, Rejected> {
        const FAILED: Rejected = "its public key cannot be encoded";
        let spki = match self {
            Self::Ecdsa(_, pair) => AsDer::<PublicKeyX509Der<'_>>::as_der(pair.public_key()),
            Self::Rsa(_, pair) => AsDer::<PublicKeyX509Der<'_>>::as_der(pair.public_key()),
            Self::Ed25519(pair) => AsDer::<PublicKeyX509Der<'_>>::as_der(pair.public_key()),
            Self::Sm2(pair) => {
                let document = pair.public_key().to_public_key_der();
                return document.map(|spki| spki.into_vec()).map_err(|_| FAILED);
            }
        };
        spki.map(|spki| spki.as_ref().to_vec()).map_err(|_| FAILED)
    }

    fn sign(&self, algorithm: SignatureAlgorithm, message: &[u8]) -> Result<Vec<u8>, Rejected> {
        const FAILED: Rejected = "the signature failed";
        let random = SystemRandom::new();
        match self {
            Self::Ecdsa(_, pair) => pair
                .sign(&random, message)
                .map(|signature| signature.as_ref().to_vec())
                .map_err(|_| FAILED),
            Self::Rsa(_, pair) => {
                let mut signature = vec![0; pair.public_modulus_len()];
                pair.sign(
                    rsa_encoding(algorithm).ok_or(FAILED)?,
                    &random,
                    message,
                    &mut signature,
                )
                .map_err(|_| FAILED)?;
                Ok(signature)
            }
            Self::Ed25519(pair) => pair
                .try_sign(message)
                .map(|signature| signature.as_ref().to_vec())
                .map_err(|_| FAILED),
            Self::Sm2(pair) => ecdsa_raw_to_der(&pair.sign(message)).map_err(|_| FAILED),
        }
    }
}

fn secret(der: &[u8]) -> Result<SecretDocument, Rejected> {
    SecretDocument::try_from(der).map_err(|_| "the generator returned no DER")
}

fn curve(algorithm: KeyAlgorithm) -> &'static EcdsaSigningAlgorithm {
    match algorithm {
        KeyAlgorithm::P384 => &ECDSA_P384_SHA384_ASN1_SIGNING,
        _ => &ECDSA_P256_SHA256_ASN1_SIGNING,
    }
}

fn rsa_encoding(algorithm: SignatureAlgorithm) -> Option<&'static dyn RsaEncoding> {
    Some(match algorithm {
        SignatureAlgorithm::RsaPkcs1Sha256 => &signature::RSA_PKCS1_SHA256,
        SignatureAlgorithm::RsaPkcs1Sha384 => &signature::RSA_PKCS1_SHA384,
        SignatureAlgorithm::RsaPkcs1Sha512 => &signature::RSA_PKCS1_SHA512,
        SignatureAlgorithm::RsaPssSha256 => &signature::RSA_PSS_SHA256,
        SignatureAlgorithm::RsaPssSha384 => &signature::RSA_PSS_SHA384,
        SignatureAlgorithm::RsaPssSha512 => &signature::RSA_PSS_SHA512,
        _ => return None,
    })
}
