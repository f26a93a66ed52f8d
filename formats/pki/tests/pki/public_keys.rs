//! Public keys and signatures of every algorithm.

use crypto::{Error, verify};
use pki::{Key as _, KeyAlgorithm, PublicKey, SignatureAlgorithm, ecdsa_der_to_raw};

use crate::support::{Openssl, TestKey, wait};

#[test]
fn every_scheme_verifies_and_only_its_own_signature() {
    for key in KeyAlgorithm::all() {
        let pair = TestKey::named(key, "root");
        let public = pair.public();
        assert_eq!(public.algorithm(), Some(key));
        for algorithm in SignatureAlgorithm::all() {
            if !key.signatures().contains(&algorithm) {
                assert!(matches!(
                    public.verify(algorithm, b"m", b"s"),
                    Err(Error::UnsupportedAlgorithm { .. })
                ));
                continue;
            }
            let mut signature = wait(pair.sign(algorithm, b"message")).unwrap();
            verify(public.der(), algorithm, b"message", &signature).unwrap();
            assert!(public.verify(algorithm, b"massage", &signature).is_err());
            let other = TestKey::named(key, "leaf").public();
            assert!(matches!(
                other.verify(algorithm, b"message", &signature),
                Err(Error::BadSignature { .. })
            ));
            assert!(
                public
                    .verify(algorithm, b"message", &signature[1..])
                    .is_err()
            );
            let middle = signature.len() / 2;
            signature[middle] ^= 1;
            assert!(public.verify(algorithm, b"message", &signature).is_err());
        }
    }
}

#[test]
fn openssl_verifies_sm2_with_the_default_id() {
    let pair = TestKey::named(KeyAlgorithm::Sm2, "root");
    let signature = wait(pair.sign(SignatureAlgorithm::Sm2Sm3, b"message")).unwrap();
    let openssl = Openssl::new();
    openssl.file(
        "key.pem",
        pki::pem::encode("PUBLIC KEY", pair.public().der()),
    );
    openssl.file("message", b"message");
    openssl.file("signature", signature);
    let text = openssl.text(
        "dgst -sm3 -verify key.pem -signature signature -sigopt distid:1234567812345678 message",
    );
    assert!(text.contains("Verified OK"), "{text}");
    // Another identity is another signature.
    let public = pair.public();
    let signature = wait(pair.sign(SignatureAlgorithm::Sm2Sm3, b"message")).unwrap();
    let verified = |key: &PublicKey| key.verify(SignatureAlgorithm::Sm2Sm3, b"message", &signature);
    verified(&public).unwrap();
    let with_id = |id| public.clone().with_sm2_id(id).unwrap();
    verified(&with_id("1234567812345678")).unwrap();
    assert!(verified(&with_id("ALICE123@YAHOO.COM")).is_err());
}

#[test]
fn unsound_keys_are_refused() {
    for key in KeyAlgorithm::all() {
        let der = TestKey::named(key, "root").public().der().to_vec();
        // Truncated anywhere, it is no key.
        for length in 0..der.len() {
            assert!(PublicKey::from_der(&der[..length]).is_err());
        }
        let mut longer = der.clone();
        longer.push(0);
        assert!(PublicKey::from_der(&longer).is_err());
        if matches!(
            key,
            KeyAlgorithm::P256 | KeyAlgorithm::P384 | KeyAlgorithm::Sm2
        ) {
            // A point off its curve.
            let mut off = der.clone();
            let last = off.len() - 1;
            off[last] ^= 1;
            assert!(
                matches!(PublicKey::from_der(&off), Err(Error::BadKey { .. })),
                "{key}"
            );
        }
    }
}

#[test]
fn ecdsa_signatures_are_of_fixed_length_for_jose() {
    let pair = TestKey::named(KeyAlgorithm::P384, "root");
    for _ in 0..50 {
        let der = wait(pair.sign(SignatureAlgorithm::EcdsaP384Sha384, b"m")).unwrap();
        let raw = ecdsa_der_to_raw(&der, 48).unwrap();
        assert_eq!(raw.len(), 96);
        assert_eq!(pki::ecdsa_raw_to_der(&raw).unwrap(), der);
    }
}

#[test]
fn key_identifiers_are_those_of_rfc_7093() {
    let public = TestKey::named(KeyAlgorithm::P256, "root").public();
    let hash = pki::Digest::Sha256.hash(public.subject_public_key());
    assert_eq!(public.key_identifier(), hash[..20]);
    assert_eq!(public.subject_public_key()[0], 4);
    assert_eq!(public.subject_public_key().len(), 65);
}
