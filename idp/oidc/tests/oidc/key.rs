//! Keys in memory, so that tests need no keystore.

use std::sync::{
    Arc, LazyLock,
    atomic::{AtomicBool, Ordering},
};

use async_trait::async_trait;
use aws_lc_rs::{
    encoding::{AsDer as _, PublicKeyX509Der},
    rand::SystemRandom,
    rsa::{KeyPair as RsaKeyPair, KeySize},
    signature::{ECDSA_P256_SHA256_ASN1_SIGNING, EcdsaKeyPair, KeyPair as _, RSA_PKCS1_SHA256},
};
use crypto::{KeyAlgorithm, PublicKey, SignatureAlgorithm};
use hsm_adapters::{Key, KeyError};
use idp::SigningKeys;

#[derive(Debug)]
struct MemoryKey {
    pair: Pair,
    public_key: PublicKey,
}

#[derive(Debug)]
enum Pair {
    P256(EcdsaKeyPair),
    Rsa(RsaKeyPair),
}

#[async_trait]
impl Key for MemoryKey {
    fn uri(&self) -> &str {
        "memory:test"
    }

    fn algorithm(&self) -> KeyAlgorithm {
        match self.pair {
            Pair::P256(_) => KeyAlgorithm::P256,
            Pair::Rsa(_) => KeyAlgorithm::Rsa2048,
        }
    }

    fn public_key(&self) -> &PublicKey {
        &self.public_key
    }

    async fn sign(&self, _: SignatureAlgorithm, message: &[u8]) -> Result<Vec<u8>, KeyError> {
        let random = SystemRandom::new();
        Ok(match &self.pair {
            Pair::P256(pair) => pair.sign(&random, message).unwrap().as_ref().to_vec(),
            Pair::Rsa(pair) => {
                let mut signature = vec![0; pair.public_modulus_len()];
                pair.sign(&RSA_PKCS1_SHA256, &random, message, &mut signature)
                    .unwrap();
                signature
            }
        })
    }
}

static KEYS: LazyLock<SigningKeys> = LazyLock::new(|| {
    let p256 = EcdsaKeyPair::generate(&ECDSA_P256_SHA256_ASN1_SIGNING).unwrap();
    let rsa = RsaKeyPair::generate(KeySize::Rsa2048).unwrap();
    let spki = |der: PublicKeyX509Der<'_>| PublicKey::from_der(der.as_ref()).unwrap();
    SigningKeys {
        es256: Arc::new(MemoryKey {
            public_key: spki(p256.public_key().as_der().unwrap()),
            pair: Pair::P256(p256),
        }),
        rs256: Arc::new(MemoryKey {
            public_key: spki(rsa.public_key().as_der().unwrap()),
            pair: Pair::Rsa(rsa),
        }),
    }
});

pub fn signing_keys() -> SigningKeys {
    KEYS.clone()
}

/// A key whose device can be pulled out.
#[derive(Debug)]
pub struct Unplugged {
    key: Arc<dyn Key>,
    pub gone: AtomicBool,
}

impl Unplugged {
    pub fn new(key: Arc<dyn Key>) -> Arc<Self> {
        Arc::new(Self {
            key,
            gone: AtomicBool::new(false),
        })
    }
}

#[async_trait]
impl Key for Unplugged {
    fn uri(&self) -> &str {
        self.key.uri()
    }

    fn algorithm(&self) -> KeyAlgorithm {
        self.key.algorithm()
    }

    fn public_key(&self) -> &PublicKey {
        self.key.public_key()
    }

    async fn sign(
        &self,
        algorithm: SignatureAlgorithm,
        message: &[u8],
    ) -> Result<Vec<u8>, KeyError> {
        if self.gone.load(Ordering::SeqCst) {
            return Err(KeyError::Unavailable {
                store: "test".to_owned(),
                reason: "pulled out".to_owned(),
            });
        }
        self.key.sign(algorithm, message).await
    }
}
