//! SM2 signatures, with what never changes computed once per key.

use crypto::{random, sm2_identity};
use pkcs8::DecodePrivateKey;
use sm2::{
    FieldBytes, NonZeroScalar, ProjectivePoint, PublicKey, Scalar, SecretKey, U256,
    elliptic_curve::{
        Group as _, PrimeField, ops::Reduce, point::AffineCoordinates, sec1::ToSec1Point as _,
        subtle::ConstantTimeEq as _,
    },
    pke::DecryptingKey,
};
use sm3::{Digest as _, Sm3};
use zeroize::{Zeroize, Zeroizing};

/// An SM2 key in memory. Its secrets are overwritten when it is dropped.
///
/// GB/T 32918.2 §6.1 with d only in (1+d)⁻¹, from which s = (1+d)⁻¹(k + r) − r follows:
/// neither an inversion nor the identity Z is computed for a signature, and k·G comes
/// from the library's table of multiples of G. All arithmetic on secrets is the
/// library's, in constant time.
pub(super) struct Sm2KeyPair {
    secret: SecretKey,
    /// (1+d)⁻¹.
    inverse: Scalar,
    /// Z of GB/T 32918.2 §5.5.
    identity: [u8; 32],
    /// Makes nonces secret even if the random generator were predictable.
    nonce_key: Zeroizing<[u8; 32]>,
    public_key: PublicKey,
}

impl Sm2KeyPair {
    /// Generates a secret.
    pub(super) fn generate() -> Option<SecretKey> {
        loop {
            let bytes = Zeroizing::new(random::bytes::<32>());
            // All but one in 2^32 draws are in range (the order is close to 2^256).
            if let Ok(secret) = SecretKey::from_slice(&*bytes) {
                return Some(secret);
            }
        }
    }

    pub(super) fn from_pkcs8(der: &[u8], id: &str) -> Option<Self> {
        let secret = SecretKey::from_pkcs8_der(der).ok()?;
        let public_key = secret.public_key();
        let d = Zeroizing::new(secret.to_nonzero_scalar());
        // None for d = n − 1, with which nobody can sign.
        let inverse = Option::from((**d + Scalar::ONE).invert())?;
        let point = public_key.to_sec1_point(false);
        let nonce_key = Sm3::new()
            .chain_update(b"xinshu SM2 nonce key")
            .chain_update(*Zeroizing::new(d.to_bytes()))
            .finalize();
        Some(Self {
            identity: sm2_identity(id, point.as_bytes())?,
            inverse,
            nonce_key: Zeroizing::new(nonce_key.into()),
            secret,
            public_key,
        })
    }

    pub(super) fn public_key(&self) -> &PublicKey {
        &self.public_key
    }

    /// Signs: r and s side by side.
    pub(super) fn sign(&self, message: &[u8]) -> [u8; 64] {
        let digest: [u8; 32] = Sm3::new()
            .chain_update(self.identity)
            .chain_update(message)
            .finalize()
            .into();
        loop {
            let nonce = self.nonce(&digest);
            if let Some(signature) = self.sign_with_nonce(&digest, &nonce) {
                return signature;
            }
        }
    }

    /// A number below the order, uniform and known to nobody: a hash of a secret, fresh
    /// random bytes and the digest (RFC 6979 §3.6 suggests such additional data).
    fn nonce(&self, digest: &[u8; 32]) -> Zeroizing<NonZeroScalar> {
        loop {
            let random = Zeroizing::new(random::bytes::<32>());
            let hash = Sm3::new()
                .chain_update(&self.nonce_key[..])
                .chain_update(&random[..])
                .chain_update(digest)
                .finalize();
            let hash: Zeroizing<[u8; 32]> = Zeroizing::new(hash.into());
            // Rejection keeps the number uniform; it happens once in 2^32 draws.
            if let Ok(nonce) = NonZeroScalar::try_from(&hash[..]) {
                return Zeroizing::new(nonce);
            }
        }
    }

    /// `None` for the nonces that the standard excludes.
    fn sign_with_nonce(&self, digest: &[u8; 32], nonce: &NonZeroScalar) -> Option<[u8; 64]> {
        let e = <Scalar as Reduce<U256>>::reduce(&U256::from_be_slice(digest));
        let point = ProjectivePoint::mul_by_generator(nonce).to_affine();
        let r = e + <Scalar as Reduce<FieldBytes>>::reduce(&point.x());
        let sum = Zeroizing::new(**nonce + r);
        let s = self.inverse * *sum - r;
        let excluded = r.ct_eq(&Scalar::ZERO) | sum.ct_eq(&Scalar::ZERO) | s.ct_eq(&Scalar::ZERO);
        if bool::from(excluded) {
            return None;
        }
        let mut signature = [0; 64];
        signature[..32].copy_from_slice(&r.to_repr());
        signature[32..].copy_from_slice(&s.to_repr());
        Some(signature)
    }

    /// Decrypts an `SM2Cipher` (GM/T 0009 §7.2).
    pub(super) fn decrypt(&self, ciphertext: &[u8]) -> Option<Zeroizing<Vec<u8>>> {
        let key = DecryptingKey::new(self.secret.clone());
        key.decrypt_der(ciphertext).ok().map(Zeroizing::new)
    }
}

impl Drop for Sm2KeyPair {
    fn drop(&mut self) {
        // `SecretKey` and `Zeroizing` overwrite themselves.
        self.inverse.zeroize();
    }
}

#[cfg(test)]
mod tests {
    use pkcs8::EncodePrivateKey as _;
    use sm2::dsa::{Signature, VerifyingKey, signature::Verifier as _};

    use super::*;

    fn pair(secret: &SecretKey, id: &str) -> Sm2KeyPair {
        Sm2KeyPair::from_pkcs8(secret.to_pkcs8_der().unwrap().as_bytes(), id).unwrap()
    }

    fn from_hex(text: &str) -> Vec<u8> {
        hex::decode(text.replace(' ', "")).unwrap()
    }

    #[test]
    fn the_signature_is_that_of_the_standards_example() {
        // GB/T 32918.5-2017, annex A.2.
        let d = from_hex("3945208F 7B2144B1 3F36E38A C6D39F95 88939369 2860B51A 42FB81EF 4DF7C5B8");
        let k = from_hex("59276E27 D506861A 16680F3A D9C02DCC EF3CC1FA 3CDBE4CE 6D54B80D EAC1BC21");
        let expected = from_hex(concat!(
            "F5A03B06 48D2C463 0EEAC513 E1BB81A1 5944DA38 27D5B741 43AC7EAC EEE720B3",
            "B1B6AA29 DF212FD8 763182BC 0D421CA1 BB9038FD 1F7F42D4 840B69C4 85BBC1AA",
        ));
        let pair = pair(&SecretKey::from_slice(&d).unwrap(), crypto::SM2_DEFAULT_ID);
        let digest = Sm3::new()
            .chain_update(pair.identity)
            .chain_update(b"message digest")
            .finalize();
        let nonce = NonZeroScalar::try_from(&k[..]).unwrap();
        let signature = pair.sign_with_nonce(&digest.into(), &nonce).unwrap();
        assert_eq!(hex::encode(signature), hex::encode(expected));
    }

    #[test]
    fn the_reference_implementation_verifies_our_signatures() {
        for id in ["1234567812345678", "ALICE123@YAHOO.COM", ""] {
            let secret = Sm2KeyPair::generate().unwrap();
            let pair = pair(&secret, id);
            let reference = VerifyingKey::new(id, secret.public_key()).unwrap();
            let other = VerifyingKey::new("another", secret.public_key()).unwrap();
            for length in 0..100 {
                let message = vec![0x5a; length * 7];
                let signature = Signature::from_slice(&pair.sign(&message)).unwrap();
                reference.verify(&message, &signature).unwrap();
                assert!(other.verify(&message, &signature).is_err());
            }
        }
    }

    #[test]
    fn nonces_differ_for_the_same_message() {
        let pair = pair(&Sm2KeyPair::generate().unwrap(), "");
        assert_ne!(pair.sign(b"message"), pair.sign(b"message"));
        assert_ne!(*pair.nonce(&[0; 32]), *pair.nonce(&[0; 32]));
    }
}
