//! AlgorithmIdentifiers of signatures and digests, both ways.

use std::sync::LazyLock;

use asn1::{Cursor, Writer, tag};
use crypto::{Digest, SignatureAlgorithm};

use crate::{Error, Result, oid};

/// The AlgorithmIdentifier of a signature: NULL parameters for PKCS #1 v1.5
/// (RFC 4055 §5), RSASSA-PSS-params for PSS (§3.1), none for the others
/// (RFC 5758 §3.2, RFC 8410 §3, GM/T 0015).
pub fn encode_signature_algorithm(algorithm: SignatureAlgorithm) -> Vec<u8> {
    Writer::build(|w| {
        w.sequence(|w| {
            w.oid(algorithm.oid());
            if algorithm.is_pkcs1() {
                w.null();
            } else if let (true, Some(digest)) = (algorithm.is_pss(), algorithm.digest()) {
                pss_parameters(w, digest);
            }
        });
    })
}

/// Every encoding, computed once: parsing compares with these, and most signing copies them.
static ENCODED: LazyLock<Vec<(SignatureAlgorithm, Vec<u8>)>> = LazyLock::new(|| {
    SignatureAlgorithm::all()
        .map(|algorithm| (algorithm, encode_signature_algorithm(algorithm)))
        .collect()
});

/// Writes the AlgorithmIdentifier of a signature, as [`encode_signature_algorithm`] encodes it.
pub(crate) fn write_signature_algorithm(w: &mut Writer, algorithm: SignatureAlgorithm) {
    let known = ENCODED.iter().find(|(known, _)| *known == algorithm);
    match known {
        Some((_, encoded)) => w.raw(encoded),
        None => w.raw(&encode_signature_algorithm(algorithm)),
    }
}

/// The row of the table that a signature's AlgorithmIdentifier names.
///
/// # Errors
/// [`crypto::Error::UnsupportedAlgorithm`] for any other algorithm or parameters: a row
/// has one encoding, and another is not taken for it.
pub fn decode_signature_algorithm(der: &[u8]) -> Result<SignatureAlgorithm> {
    signature_algorithm(der, "AlgorithmIdentifier")
}

pub(crate) fn signature_algorithm(der: &[u8], what: &'static str) -> Result<SignatureAlgorithm> {
    if let Some((algorithm, _)) = ENCODED.iter().find(|(_, encoded)| encoded == der) {
        return Ok(*algorithm);
    }
    let mut cursor = Cursor::outer(what, der)?;
    Err(unsupported(what, cursor.oid("algorithm")?))
}

/// The AlgorithmIdentifier of a digest, parameters absent (RFC 5754 §2).
pub(crate) fn digest_algorithm(w: &mut Writer, digest: Digest) {
    w.sequence(|w| w.oid(digest.oid()));
}

/// A digest's AlgorithmIdentifier: its OID, with parameters absent or NULL.
pub(crate) fn read_digest_oid(
    cursor: &mut Cursor<'_>,
    field: &'static str,
) -> Result<const_oid::ObjectIdentifier> {
    let mut identifier = cursor.sequence(field)?;
    let oid = identifier.oid(field)?;
    if let Some(parameters) = identifier.optional(tag::NULL, field)?
        && !parameters.is_empty()
    {
        return identifier.fail(field, "NULL with content");
    }
    identifier.end(field)?;
    Ok(oid)
}

pub(crate) fn unsupported(what: &'static str, algorithm: impl std::fmt::Display) -> Error {
    Error::Crypto(crypto::Error::UnsupportedAlgorithm {
        what,
        algorithm: algorithm.to_string(),
    })
}

/// RSASSA-PSS-params with the salt as long as the digest; trailerField is its default.
fn pss_parameters(w: &mut Writer, digest: Digest) {
    // RFC 4055 §2.1: within these, SHA-2 identifiers carry NULL.
    let hash = |w: &mut Writer| {
        w.sequence(|w| {
            w.oid(digest.oid());
            w.null();
        });
    };
    w.sequence(|w| {
        w.nested(tag::constructed(0), hash);
        w.nested(tag::constructed(1), |w| {
            w.sequence(|w| {
                w.oid(oid::ID_MGF1);
                hash(w);
            });
        });
        w.nested(tag::constructed(2), |w| w.integer(digest.len() as u64));
    });
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_signature_algorithm_round_trips() {
        for algorithm in SignatureAlgorithm::all() {
            let der = encode_signature_algorithm(algorithm);
            assert_eq!(decode_signature_algorithm(&der).unwrap(), algorithm);
        }
    }

    #[test]
    fn parameters_must_be_the_right_ones() {
        // sha256WithRSAEncryption without NULL, ecdsa-with-SHA256 with NULL.
        let without = Writer::build(|w| {
            w.sequence(|w| w.oid(SignatureAlgorithm::RsaPkcs1Sha256.oid()));
        });
        let with = Writer::build(|w| {
            w.sequence(|w| {
                w.oid(SignatureAlgorithm::EcdsaP256Sha256.oid());
                w.null();
            });
        });
        for der in [without, with] {
            assert!(matches!(
                decode_signature_algorithm(&der),
                Err(Error::Crypto(crypto::Error::UnsupportedAlgorithm { .. }))
            ));
        }
    }
}
