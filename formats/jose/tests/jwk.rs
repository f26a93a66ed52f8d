//! The JWK of every algorithm's public key.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use aws_lc_rs::{
    encoding::AsDer,
    rsa::KeySize,
    signature::{self as aws, EcdsaKeyPair, Ed25519KeyPair, KeyPair as _, RsaKeyPair},
};
use crypto::PublicKey;
use jose::Jwk;
use sm2::pkcs8::EncodePublicKey as _;

#[test]
fn keys_become_jwks() {
    let p256 = EcdsaKeyPair::generate(&aws::ECDSA_P256_SHA256_ASN1_SIGNING).unwrap();
    let p384 = EcdsaKeyPair::generate(&aws::ECDSA_P384_SHA384_ASN1_SIGNING).unwrap();
    let rsa = RsaKeyPair::generate(KeySize::Rsa2048).unwrap();
    let ed25519 = Ed25519KeyPair::generate().unwrap();
    for (spki, names) in [
        (
            p256.public_key().as_der().unwrap(),
            vec!["crv", "kty", "x", "y"],
        ),
        (
            p384.public_key().as_der().unwrap(),
            vec!["crv", "kty", "x", "y"],
        ),
        (rsa.public_key().as_der().unwrap(), vec!["e", "kty", "n"]),
        (
            ed25519.public_key().as_der().unwrap(),
            vec!["crv", "kty", "x"],
        ),
    ] {
        let key = PublicKey::from_der(spki.as_ref()).unwrap();
        let jwk = Jwk::from_public_key(&key).unwrap();
        let read: Vec<_> = jwk.members().iter().map(|(name, _)| *name).collect();
        assert_eq!(read, names);
        assert_eq!(jwk.thumbprint().len(), 43);
        assert!(
            jwk.members()
                .iter()
                .all(|(_, value)| !value.contains(['"', '=']))
        );
    }
    let sm2 = sm2::SecretKey::from_slice(&[7; 32]).unwrap().public_key();
    let sm2 = PublicKey::from_der(sm2.to_public_key_der().unwrap().as_bytes()).unwrap();
    assert!(Jwk::from_public_key(&sm2).is_err());
}
