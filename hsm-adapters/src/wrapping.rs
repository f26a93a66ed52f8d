//! The form of wrapped keys, in software (PKCS#11 3.0 §2.1.21, RFC 5649).

use aws_lc_rs::{
    key_wrap::{AES_256, AesKek, KeyWrapPadded},
    rsa::{
        OAEP_SHA1_MGF1SHA1 as OAEP_SHA1, OaepPrivateDecryptingKey, OaepPublicEncryptingKey,
        PublicEncryptingKey,
    },
};
use crypto::{KeyAlgorithm, PublicKey, random};
use zeroize::Zeroizing;

use crate::{Key, KeyError, KeyUsage};

/// Encrypts a PKCS#8 key to an RSA key; `None` if the recipient is no RSA key.
pub(crate) fn wrap(pkcs8: &[u8], recipient: &PublicKey) -> Option<Vec<u8>> {
    let kek = Zeroizing::new(random::bytes::<32>());
    let recipient = PublicEncryptingKey::from_der(recipient.der()).ok()?;
    let recipient = OaepPublicEncryptingKey::new(recipient).ok()?;
    let mut wrapped = vec![0; recipient.ciphertext_size()];
    recipient
        .encrypt(&OAEP_SHA1, &*kek, &mut wrapped, None)
        .ok()?;
    // RFC 5649 §4.1: padded to a multiple of 8 bytes, plus 8.
    let mut key = vec![0; pkcs8.len() + 16];
    let kek = AesKek::new(&AES_256, &*kek).ok()?;
    let key = kek.wrap_with_padding(pkcs8, &mut key).ok()?;
    wrapped.extend_from_slice(key);
    Some(wrapped)
}

/// Decrypts what [`wrap`] made, or a token: the PKCS#8 key.
pub(crate) fn unwrap(
    key: &OaepPrivateDecryptingKey,
    ciphertext: &[u8],
) -> Option<Zeroizing<Vec<u8>>> {
    let (kek, wrapped) = ciphertext.split_at_checked(key.key_size_bytes())?;
    let mut buffer = Zeroizing::new(vec![0; key.min_output_size()]);
    let kek = key.decrypt(&OAEP_SHA1, kek, &mut buffer, None).ok()?;
    let kek = AesKek::new(&AES_256, kek).ok()?;
    let mut pkcs8 = Zeroizing::new(vec![0; wrapped.len()]);
    let length = kek.unwrap_with_padding(wrapped, &mut pkcs8).ok()?.len();
    pkcs8.truncate(length);
    Some(pkcs8)
}

/// Checks that a private key belongs to its public half, by using it.
///
/// A key that only decrypts or unwraps is RSA or SM2, whose public half is part of
/// its private one.
pub(crate) async fn confirm_pair(key: &dyn Key) -> Result<(), KeyError> {
    let mismatch = || KeyError::BadCiphertext {
        uri: key.uri().to_owned(),
    };
    if key.spec().usage.contains(KeyUsage::SIGN) {
        const MESSAGE: &[u8] = b"pairwise consistency test";
        let scheme = key.algorithm().default_signature();
        let signature = key.sign(scheme, MESSAGE).await?;
        let verified = key.public_key().verify(scheme, MESSAGE, &signature);
        return verified.map_err(|_| mismatch());
    }
    let Some(agreement) = key.as_agree() else {
        return Ok(());
    };
    let (peer, expected) = agree_with(key.public_key()).ok_or_else(mismatch)?;
    let agreed = agreement.agree(&peer).await?;
    if *agreed == *expected {
        Ok(())
    } else {
        Err(mismatch())
    }
}

/// A fresh peer of an elliptic-curve key, and the secret that both agree on.
fn agree_with(key: &PublicKey) -> Option<(PublicKey, Zeroizing<Vec<u8>>)> {
    use aws_lc_rs::{agreement, encoding::AsDer};
    let curve = ecdh(key.algorithm()?)?;
    let peer = agreement::PrivateKey::generate(curve).ok()?;
    let spki = peer.compute_public_key().ok()?.as_der().ok()?;
    let spki = PublicKey::from_der(spki.as_ref()).ok()?;
    let secret = shared_secret(&peer, curve, key)?;
    Some((spki, secret))
}

/// The ECDH scheme of a kind of key.
pub(crate) fn ecdh(algorithm: KeyAlgorithm) -> Option<&'static aws_lc_rs::agreement::Algorithm> {
    match algorithm {
        KeyAlgorithm::P256 => Some(&aws_lc_rs::agreement::ECDH_P256),
        KeyAlgorithm::P384 => Some(&aws_lc_rs::agreement::ECDH_P384),
        _ => None,
    }
}

/// Z of ECDH; `None` for a peer on another curve.
pub(crate) fn shared_secret(
    key: &aws_lc_rs::agreement::PrivateKey,
    curve: &'static aws_lc_rs::agreement::Algorithm,
    peer: &PublicKey,
) -> Option<Zeroizing<Vec<u8>>> {
    let peer = aws_lc_rs::agreement::UnparsedPublicKey::new(curve, peer.subject_public_key());
    aws_lc_rs::agreement::agree(key, peer, (), |secret| Ok(Zeroizing::new(secret.to_vec()))).ok()
}
