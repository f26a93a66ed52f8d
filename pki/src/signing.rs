//! Signing through the key trait, with the proof that it was done.

use hsm_adapters::{Key, SignatureAlgorithm};

use crate::{Error, PublicKey, Result, algorithm::encode_signature_algorithm, asn1::Writer};

/// Signs `message` by `key` and checks the signature by the public key that is
/// meant to have made it: a wrong key, a faulty device or a bit that flipped
/// does not get out (RFC 8017 has no such step; Boneh, DeMillo and Lipton say why).
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
    if key.public_key() != expected.der() {
        return Err(otherwise("not the key of this issuer"));
    }
    let signature = key.sign(algorithm, message).await?;
    expected
        .verify(algorithm, message, &signature)
        .map_err(|_| otherwise("the signature does not verify"))?;
    Ok(signature)
}

/// `SEQUENCE { tbs, signatureAlgorithm, signature BIT STRING }`: how certificates,
/// CRLs, requests and OCSP responses are put together.
pub(crate) fn assemble(tbs: &[u8], algorithm: SignatureAlgorithm, signature: &[u8]) -> Vec<u8> {
    let mut out = Writer::with_capacity(tbs.len() + signature.len() + 100);
    out.sequence(|w| {
        w.raw(tbs);
        w.raw(&encode_signature_algorithm(algorithm));
        w.bits(signature);
    });
    out.into_bytes()
}
