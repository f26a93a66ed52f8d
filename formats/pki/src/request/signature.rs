//! The signature of a request: its scheme, and the proof that its sender holds the key.

use asn1::{BerCursor, Malformed, tag};
use const_oid::ObjectIdentifier;
use crypto::{Digest, KeyKind, PublicKey, SignatureScheme};

use crate::{Error, RequestError, Result, oid, oid_name::name_of};

const fn oid(text: &str) -> ObjectIdentifier {
    ObjectIdentifier::new_unwrap(text)
}

const RSASSA_PSS: ObjectIdentifier = oid("1.2.840.113549.1.1.10");

/// Schemes whose identifiers have no parameters, or NULL: peers write either (RFC 4055 §5 asks
/// to accept both for RSA).
#[rustfmt::skip]
const SCHEMES: &[(ObjectIdentifier, SignatureScheme)] = &[
    (oid("1.2.840.113549.1.1.11"), SignatureScheme::RsaPkcs1(Digest::Sha256)),
    (oid("1.2.840.113549.1.1.12"), SignatureScheme::RsaPkcs1(Digest::Sha384)),
    (oid("1.2.840.113549.1.1.13"), SignatureScheme::RsaPkcs1(Digest::Sha512)),
    (oid("1.2.840.10045.4.3.2"), SignatureScheme::Ecdsa(Digest::Sha256)),
    (oid("1.2.840.10045.4.3.3"), SignatureScheme::Ecdsa(Digest::Sha384)),
    (oid("1.2.840.10045.4.3.4"), SignatureScheme::Ecdsa(Digest::Sha512)),
    (oid("1.3.101.112"), SignatureScheme::Ed25519),
    (oid("1.2.156.10197.1.501"), SignatureScheme::Sm2Sm3),
];

/// Schemes and digests for which collisions can be computed.
const WEAK: &[(ObjectIdentifier, &str)] = &[
    (oid("1.2.840.113549.1.1.5"), "SHA-1"),
    (oid("1.3.14.3.2.29"), "SHA-1"),
    (oid("1.2.840.10045.4.1"), "SHA-1"),
    (oid("1.2.840.10040.4.3"), "SHA-1"),
    (oid("1.3.14.3.2.26"), "SHA-1"),
    (oid("1.2.840.113549.1.1.4"), "MD5"),
    (oid("1.3.14.3.2.3"), "MD5"),
    (oid("1.2.840.113549.2.5"), "MD5"),
    (oid("1.2.840.113549.1.1.3"), "MD4"),
    (oid("1.2.840.113549.1.1.2"), "MD2"),
];

/// The scheme that an AlgorithmIdentifier names.
pub(super) fn read_scheme(identifier: &[u8]) -> Result<SignatureScheme, RequestError> {
    let failed = |reason: Malformed| RequestError::malformed("signatureAlgorithm", reason);
    let mut sequence = BerCursor::new(identifier).sequence().map_err(failed)?;
    let oid = sequence.oid().map_err(failed)?;
    let parameters = if sequence.is_empty() {
        None
    } else {
        Some(sequence.any().map_err(failed)?)
    };
    sequence.end().map_err(failed)?;
    if oid == RSASSA_PSS {
        let parameters = match parameters {
            Some(element) if element.tag == tag::SEQUENCE => element.value,
            // All of them have defaults, and the default digest is SHA-1 (RFC 4055 §3.1).
            _ => &[],
        };
        return read_pss(BerCursor::new(parameters));
    }
    let scheme = SCHEMES.iter().find(|(known, _)| *known == oid);
    let Some((_, scheme)) = scheme else {
        return Err(unsupported(oid));
    };
    match parameters {
        None => Ok(*scheme),
        Some(element) if element.tag == tag::NULL => Ok(*scheme),
        Some(_) => Err(RequestError::malformed(
            "signatureAlgorithm",
            format!("parameters that {} does not have", scheme.name()),
        )),
    }
}

/// RSASSA-PSS-params (RFC 4055 §3.1).
fn read_pss(mut parameters: BerCursor<'_>) -> Result<SignatureScheme, RequestError> {
    let failed = |reason: Malformed| RequestError::malformed("signatureAlgorithm", reason);
    let mut field = |number| {
        parameters
            .optional(tag::constructed(number))
            .map(|element| element.map(|element| BerCursor::new(element.value)))
            .map_err(failed)
    };
    let hash = match field(0)? {
        Some(mut hash) => hash
            .sequence()
            .and_then(|mut hash| hash.oid())
            .map_err(failed)?,
        None => oid::SHA1,
    };
    let mask = match field(1)? {
        Some(mut mask) => {
            let mut mask = mask.sequence().map_err(failed)?;
            if mask.oid().map_err(failed)? != oid::ID_MGF1 {
                return Err(RequestError::UnsupportedSignature {
                    scheme: "RSASSA-PSS with another mask than MGF1".to_owned(),
                });
            }
            mask.sequence()
                .and_then(|mut hash| hash.oid())
                .map_err(failed)?
        }
        None => oid::SHA1,
    };
    let salt_length = match field(2)? {
        Some(mut salt) => match salt.unsigned().map_err(failed)? {
            [] => 0,
            [octet] => u16::from(*octet),
            [high, low] => u16::from_be_bytes([*high, *low]),
            _ => {
                return Err(RequestError::malformed(
                    "signatureAlgorithm",
                    "a salt longer than any RSA key",
                ));
            }
        },
        None => 20,
    };
    // trailerField has one value (RFC 8017 §A.2.3).
    field(3)?;
    parameters.end().map_err(failed)?;
    let digest = Digest::from_oid(hash).ok_or_else(|| unsupported(hash))?;
    if mask != hash {
        return Err(RequestError::UnsupportedSignature {
            scheme: format!(
                "RSASSA-PSS with {} and a mask of {}",
                name_of(hash),
                name_of(mask)
            ),
        });
    }
    Ok(SignatureScheme::RsaPss {
        digest,
        salt_length,
    })
}

fn unsupported(oid: ObjectIdentifier) -> RequestError {
    match WEAK.iter().find(|(known, _)| *known == oid) {
        Some((_, digest)) => RequestError::WeakDigest { digest },
        None => RequestError::UnsupportedSignature {
            scheme: name_of(oid),
        },
    }
}

/// Checks that the holder of `key` signed `message`.
pub(super) fn verify(
    key: &PublicKey,
    scheme: SignatureScheme,
    message: &[u8],
    signature: &[u8],
) -> Result<()> {
    let Err(error) = key.verify_scheme(scheme, message, signature) else {
        return Ok(());
    };
    Err(match error {
        crypto::Error::BadSignature { .. } if key.kind() == KeyKind::Sm2 => {
            let without_id = key.clone().with_sm2_id("");
            let empty_id =
                without_id.is_ok_and(|key| key.verify_scheme(scheme, message, signature).is_ok());
            RequestError::BadSm2Signature { empty_id }.into()
        }
        crypto::Error::BadSignature { .. } => RequestError::BadSignature.into(),
        crypto::Error::UnsupportedAlgorithm { .. } => RequestError::SchemeDoesNotFitKey {
            scheme: scheme.name(),
            key: key.kind(),
        }
        .into(),
        other => Error::from(other),
    })
}
