//! Signing through the key trait, with the proof that it was done.

use asn1::Writer;
use crypto::SignatureAlgorithm;
use hsm_adapters::Key;

use crate::{Error, PublicKey, Result, algorithm::write_signature_algorithm};

/// Signs `message` by `key`, which must be the one that is meant to. A device's
/// signature is checked by the public key: a faulty device or a bit that flipped on
/// the way does not get out (RFC 8017 has no such step; Boneh, DeMillo and Lipton
/// say why). Within this process the library itself checks the one kind of signature
/// that betrays a key if it is faulty, RSA by its primes, and a verification of the
/// others would cost three times the signature.
pub(crate) async fn sign_checked(
    key: &dyn Key,
    expected: &PublicKey,
    algorithm: SignatureAlgorithm,
    message: &[u8],
) -> Result<Vec<u8>> {
    let otherwise = |reason| Error::SignedOtherwise {
        uri: key.uri().to_owned(),
        reason,
    };
    if key.public_key() != expected {
        return Err(otherwise("not the key of this issuer"));
    }
    let signature = key.sign(algorithm, message).await?;
    if !key.is_in_process() {
        key.public_key()
            .verify(algorithm, message, &signature)
            .map_err(|_| otherwise("the signature does not verify"))?;
    }
    Ok(signature)
}

/// `SEQUENCE { tbs, signatureAlgorithm, signature BIT STRING }`: how certificates,
/// CRLs, requests and OCSP responses are put together.
pub(crate) fn assemble(tbs: &[u8], algorithm: SignatureAlgorithm, signature: &[u8]) -> Vec<u8> {
    let mut out = Writer::with_capacity(tbs.len() + signature.len() + 100);
    out.sequence(|w| {
        w.raw(tbs);
        write_signature_algorithm(w, algorithm);
        w.bits(signature);
    });
    out.into_bytes()
}
