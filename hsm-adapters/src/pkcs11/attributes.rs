//! The attributes of a key pair, and its public half as X.509 encodes it.

use cryptoki::object::Attribute;
use der::{
    Any, Decode, Encode, Sequence,
    asn1::{BitString, Null, OctetStringRef, UintRef},
};
use spki::{AlgorithmIdentifierOwned, SubjectPublicKeyInfoOwned};

use crypto::{KeyAlgorithm, mechanism};

use crate::{KeySpec, KeyUsage};

/// `RSAPublicKey` (RFC 8017 §A.1.1).
#[derive(Sequence)]
struct RsaPublicKey<'a> {
    modulus: UintRef<'a>,
    public_exponent: UintRef<'a>,
}

/// What a token reports of a key pair, from both objects.
#[derive(Default)]
pub(super) struct KeyPairAttributes {
    pub(super) label: Option<String>,
    pub(super) id: Option<Vec<u8>>,
    ec_params: Option<Vec<u8>>,
    ec_point: Option<Vec<u8>>,
    modulus: Option<Vec<u8>>,
    public_exponent: Option<Vec<u8>>,
    usage: Option<KeyUsage>,
    exportable: bool,
}

impl KeyPairAttributes {
    /// Adds one object's attributes; a value that is there already is not replaced.
    pub(super) fn add(&mut self, attributes: Vec<Attribute>) {
        for attribute in attributes {
            let (field, bytes) = match attribute {
                Attribute::Sign(true) => {
                    self.add_usage(KeyUsage::SIGN);
                    continue;
                }
                Attribute::Decrypt(true) => {
                    self.add_usage(KeyUsage::DECRYPT);
                    continue;
                }
                Attribute::Derive(true) => {
                    self.add_usage(KeyUsage::AGREE);
                    continue;
                }
                Attribute::Unwrap(true) => {
                    self.add_usage(KeyUsage::WRAP);
                    continue;
                }
                Attribute::Extractable(true) => {
                    self.exportable = true;
                    continue;
                }
                Attribute::Label(bytes) => {
                    if let Ok(label) = String::from_utf8(bytes) {
                        self.label.get_or_insert(label);
                    }
                    continue;
                }
                Attribute::Id(bytes) => (&mut self.id, bytes),
                Attribute::EcParams(bytes) => (&mut self.ec_params, bytes),
                Attribute::EcPoint(bytes) => (&mut self.ec_point, bytes),
                Attribute::Modulus(bytes) => (&mut self.modulus, bytes),
                Attribute::PublicExponent(bytes) => (&mut self.public_exponent, bytes),
                _ => continue,
            };
            if !bytes.is_empty() {
                field.get_or_insert(bytes);
            }
        }
    }

    fn add_usage(&mut self, usage: KeyUsage) {
        self.usage = Some(self.usage.unwrap_or(KeyUsage::NONE) | usage);
    }

    /// What the key is for; `None` for an algorithm that is not in the table.
    ///
    /// A token may allow more than we use: such as `CKA_DERIVE` on an Ed25519 key.
    pub(super) fn spec(&self) -> Option<KeySpec> {
        let algorithm = self.algorithm()?;
        let usage = self.usage.unwrap_or(KeyUsage::NONE);
        Some(KeySpec {
            algorithm,
            usage: usage & KeyUsage::possible(algorithm),
            exportable: self.exportable,
        })
    }

    /// Which row of the table the key belongs to.
    pub(super) fn algorithm(&self) -> Option<KeyAlgorithm> {
        if let Some(params) = &self.ec_params {
            return KeyAlgorithm::all().find(|row| mechanism::ec_params(*row).contains(params));
        }
        let modulus = self.modulus.as_deref()?;
        let bits = modulus.iter().skip_while(|byte| **byte == 0).count() * 8;
        KeyAlgorithm::all().find(|row| row.is_rsa() && row.bits() as usize == bits)
    }

    /// The DER SubjectPublicKeyInfo.
    pub(super) fn public_key(&self) -> Option<Vec<u8>> {
        let algorithm = self.algorithm()?;
        let parameters = match algorithm.curve() {
            Some(curve) => Some(Any::encode_from(&curve).ok()?),
            None if algorithm.is_rsa() => Some(Any::encode_from(&Null).ok()?),
            None => None,
        };
        let key = if algorithm.is_rsa() {
            RsaPublicKey {
                modulus: UintRef::new(self.modulus.as_deref()?).ok()?,
                public_exponent: UintRef::new(self.public_exponent.as_deref()?).ok()?,
            }
            .to_der()
            .ok()?
        } else {
            let point = self.ec_point.as_deref()?;
            let field = algorithm.bits() as usize / 8;
            let bare = if algorithm.curve().is_some() {
                2 * field + 1
            } else {
                field
            };
            // PKCS#11 wraps the point in an OCTET STRING; some tokens leave it bare.
            if point.len() == bare {
                point.to_vec()
            } else {
                <&OctetStringRef>::from_der(point).ok()?.as_bytes().to_vec()
            }
        };
        SubjectPublicKeyInfoOwned {
            algorithm: AlgorithmIdentifierOwned {
                oid: algorithm.oid(),
                parameters,
            },
            subject_public_key: BitString::from_bytes(&key).ok()?,
        }
        .to_der()
        .ok()
    }
}
