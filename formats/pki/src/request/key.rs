//! The public key of a request, encoded again as RFC 5280 has it.

use asn1::{BerCursor, Malformed, Writer, tag};
use const_oid::ObjectIdentifier;
use crypto::{KeyAlgorithm, PublicKey, decompress_point, find_weakness};

use crate::{RequestError, Result, oid_name::name_of};

/// Reads a SubjectPublicKeyInfo.
pub(super) fn read(spki: &[u8]) -> Result<PublicKey> {
    let failed = |reason: Malformed| RequestError::malformed("public key", reason);
    let mut info = BerCursor::new(spki).sequence().map_err(failed)?;
    let mut identifier = info.sequence().map_err(failed)?;
    let oid = identifier.oid().map_err(failed)?;
    let key = info.bits().map_err(failed)?;
    info.end().map_err(failed)?;
    let algorithm = algorithm(oid, identifier)?;
    let der = match algorithm {
        KeyAlgorithm::Rsa2048 | KeyAlgorithm::Rsa3072 | KeyAlgorithm::Rsa4096 => {
            encode(algorithm, &rsa(key).map_err(failed)?)
        }
        KeyAlgorithm::Ed25519 => encode(algorithm, key),
        _ => match key {
            [2 | 3, ..] => {
                let point = decompress_point(algorithm, key).ok_or_else(|| {
                    RequestError::malformed("public key", "a point that is not on its curve")
                })?;
                encode(algorithm, &point)
            }
            _ => encode(algorithm, key),
        },
    };
    Ok(PublicKey::from_der(&der)?)
}

/// Refuses a key whose private key anyone can compute.
pub(super) fn check_strength(key: &PublicKey) -> Result<(), RequestError> {
    match key
        .rsa_components()
        .and_then(|(modulus, _)| find_weakness(modulus))
    {
        Some(weakness) => Err(RequestError::WeakKey(weakness)),
        None => Ok(()),
    }
}

/// The row of the table that an AlgorithmIdentifier names; `Rsa2048` stands for RSA of any size.
/// `parameters` is what follows the OID.
fn algorithm(
    oid: ObjectIdentifier,
    parameters: BerCursor<'_>,
) -> Result<KeyAlgorithm, RequestError> {
    let unsupported = |key: String| RequestError::UnsupportedKey { key };
    if oid == KeyAlgorithm::P256.oid() {
        let curve = match parameters.peek() {
            Some(tag::SEQUENCE) => {
                return Err(unsupported(
                    "Elliptic-curve (explicit parameters)".to_owned(),
                ));
            }
            _ => { parameters }.oid().map_err(|_| {
                RequestError::malformed("public key", "an elliptic-curve key without its curve")
            })?,
        };
        return curve_algorithm(curve).ok_or_else(|| unsupported(name_of(curve)));
    }
    // Some national devices name the curve itself as the algorithm.
    if KeyAlgorithm::Sm2.curve() == Some(oid) {
        return Ok(KeyAlgorithm::Sm2);
    }
    let algorithm = [KeyAlgorithm::Rsa2048, KeyAlgorithm::Ed25519]
        .into_iter()
        .find(|algorithm| algorithm.oid() == oid)
        .ok_or_else(|| unsupported(name_of(oid)))?;
    // NULL for RSA (RFC 3279 §2.3.1), nothing for Ed25519 (RFC 8410 §3): tools confuse them.
    match parameters.peek() {
        None | Some(tag::NULL) => Ok(algorithm),
        Some(_) => Err(RequestError::malformed(
            "public key",
            format!("parameters that {} keys do not have", name_of(oid)),
        )),
    }
}

fn curve_algorithm(curve: ObjectIdentifier) -> Option<KeyAlgorithm> {
    KeyAlgorithm::all().find(|algorithm| algorithm.curve() == Some(curve))
}

/// An RSAPublicKey (RFC 8017 §A.1.1) with its two numbers in the fewest octets.
fn rsa(key: &[u8]) -> Result<Vec<u8>, Malformed> {
    let mut numbers = BerCursor::new(key).sequence()?;
    let (modulus, exponent) = (numbers.unsigned()?, numbers.unsigned()?);
    numbers.end()?;
    Ok(Writer::build(|w| {
        w.sequence(|w| {
            w.unsigned(modulus);
            w.unsigned(exponent);
        });
    }))
}

fn encode(algorithm: KeyAlgorithm, key: &[u8]) -> Vec<u8> {
    Writer::build(|w| {
        w.sequence(|w| {
            w.sequence(|w| {
                w.oid(algorithm.oid());
                if let Some(curve) = algorithm.curve() {
                    w.oid(curve);
                } else if algorithm.is_rsa() {
                    w.null();
                }
            });
            w.bits(key);
        });
    })
}
