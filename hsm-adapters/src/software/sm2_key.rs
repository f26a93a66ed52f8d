//! An SM2 key in memory.

use pkcs8::DecodePrivateKey;
use sm2::{NonZeroScalar, PublicKey, SecretKey, dsa::SigningKey};
use zeroize::Zeroizing;

/// An SM2 signing key that is overwritten when dropped; `sm2`'s own is not.
pub(super) struct Sm2KeyPair {
    signing_key: SigningKey,
    public_key: PublicKey,
}

impl Sm2KeyPair {
    /// Draws a new secret.
    pub(super) fn generate() -> Option<SecretKey> {
        loop {
            let mut bytes = Zeroizing::new([0; 32]);
            aws_lc_rs::rand::fill(&mut *bytes).ok()?;
            // All but one in 2^32 draws are in range (the order is close to 2^256).
            if let Ok(secret) = SecretKey::from_slice(&*bytes) {
                return Some(secret);
            }
        }
    }

    pub(super) fn from_pkcs8(der: &[u8], id: &str) -> Option<Self> {
        let secret = SecretKey::from_pkcs8_der(der).ok()?;
        Some(Self {
            signing_key: SigningKey::new(id, &secret).ok()?,
            public_key: secret.public_key(),
        })
    }

    pub(super) fn signing_key(&self) -> &SigningKey {
        &self.signing_key
    }

    pub(super) fn public_key(&self) -> &PublicKey {
        &self.public_key
    }
}

impl Drop for Sm2KeyPair {
    fn drop(&mut self) {
        // `SigningKey` gives no mutable way to its scalar, so the whole value is
        // replaced in place; `black_box` keeps the store from being left out.
        let mut one = [0; 32];
        one[31] = 1;
        if let Some(scalar) = NonZeroScalar::try_from(&one[..]).ok()
            && let Ok(harmless) = SigningKey::from_nonzero_scalar("", scalar)
        {
            self.signing_key = harmless;
            std::hint::black_box(&self.signing_key);
        }
    }
}
