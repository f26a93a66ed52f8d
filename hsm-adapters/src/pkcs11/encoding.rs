//! Between the forms of PKCS#11 and those of X.509.

use cryptoki::object::Attribute;
use der::{
    Any, Decode, Encode, Sequence,
    asn1::{BitString, Null, OctetStringRef, UintRef},
};
use spki::{AlgorithmIdentifierOwned, SubjectPublicKeyInfoOwned};

use crate::KeyAlgorithm;

/// `RSAPublicKey` (RFC 8017 §A.1.1).
#[derive(Sequence)]
struct RsaPublicKey<'a> {
    modulus: UintRef<'a>,
    public_exponent: UintRef<'a>,
}

/// What a token tells of a key pair, gathered from both halves.
#[derive(Default)]
pub(super) struct Halves {
    pub(super) label: Option<String>,
    pub(super) id: Option<Vec<u8>>,
    ec_params: Option<Vec<u8>>,
    ec_point: Option<Vec<u8>>,
    modulus: Option<Vec<u8>>,
    public_exponent: Option<Vec<u8>>,
}

impl Halves {
    /// Adds what one object tells; the first word on each attribute stays.
    pub(super) fn add(&mut self, attributes: Vec<Attribute>) {
        for attribute in attributes {
            let (place, bytes) = match attribute {
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
                place.get_or_insert(bytes);
            }
        }
    }

    /// Which row of the table the key belongs to.
    pub(super) fn algorithm(&self) -> Option<KeyAlgorithm> {
        if let Some(params) = &self.ec_params {
            return KeyAlgorithm::all().find(|row| row.ec_params().contains(params));
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

/// r and s of equal length, as a SEQUENCE of two INTEGERs (RFC 3279 §2.2.3).
pub(super) fn signature(raw: &[u8]) -> Option<Vec<u8>> {
    // 2 × 48 bytes for P-384: every length below fits one byte.
    if raw.is_empty() || !raw.len().is_multiple_of(2) || raw.len() > 96 {
        return None;
    }
    let mut der = Vec::with_capacity(raw.len() + 8);
    der.extend([0x30, 0]);
    for number in raw.chunks_exact(raw.len() / 2) {
        let zeros = number.iter().take_while(|byte| **byte == 0).count();
        let number = &number[zeros.min(number.len() - 1)..];
        let pad = number[0] & 0x80 != 0;
        der.extend([0x02, u8::try_from(number.len() + usize::from(pad)).ok()?]);
        der.extend(pad.then_some(0));
        der.extend_from_slice(number);
    }
    der[1] = u8::try_from(der.len() - 2).ok()?;
    Some(der)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[derive(Sequence)]
    struct Pair<'a> {
        r: UintRef<'a>,
        s: UintRef<'a>,
    }

    proptest! {
        #[test]
        fn signatures_encode_as_der_does(
            raw in prop::collection::vec(prop_oneof![Just(0_u8), Just(0x80), any::<u8>()], 1..=48)
                .prop_flat_map(|r| (Just(r.clone()), prop::collection::vec(any::<u8>(), r.len())))
        ) {
            let (r, s) = raw;
            let expected = Pair { r: UintRef::new(&r).unwrap(), s: UintRef::new(&s).unwrap() };
            prop_assert_eq!(signature(&[&r[..], &s].concat()).unwrap(), expected.to_der().unwrap());
        }
    }

    #[test]
    fn what_is_no_pair_is_refused() {
        assert_eq!(signature(&[]), None);
        assert_eq!(signature(&[1, 2, 3]), None);
        assert_eq!(signature(&[1; 98]), None);
    }
}
