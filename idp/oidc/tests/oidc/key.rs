//! Keys in memory, so that tests need no keystore.

use std::{
    collections::HashMap,
    sync::{
        Arc, LazyLock,
        atomic::{AtomicBool, Ordering},
    },
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
use idp_oidc::KeySource;
use parking_lot::Mutex;

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

pub const ES256_URI: &str = "memory:es256";
pub const RS256_URI: &str = "memory:rs256";

/// A keyring in memory, which generates keys as a device would.
#[derive(Debug)]
pub struct MemoryKeys(Mutex<HashMap<String, Arc<dyn Key>>>);

/// RSA keys take a while, so all tests begin with the same ones.
static FIRST: LazyLock<[Arc<dyn Key>; 2]> =
    LazyLock::new(|| [KeyAlgorithm::P256, KeyAlgorithm::Rsa2048].map(generate));

impl MemoryKeys {
    pub fn new() -> Arc<Self> {
        let [es256, rs256] = FIRST.clone();
        let keys = [(ES256_URI, es256), (RS256_URI, rs256)];
        Arc::new(Self(Mutex::new(
            keys.map(|(uri, key)| (uri.to_owned(), key)).into(),
        )))
    }

    pub fn key(&self, uri: &str) -> Arc<dyn Key> {
        self.0.lock()[uri].clone()
    }

    pub fn put(&self, uri: &str, key: Arc<dyn Key>) {
        self.0.lock().insert(uri.to_owned(), key);
    }

    pub fn destroy(&self, uri: &str) {
        self.0.lock().remove(uri);
    }
}

#[async_trait]
impl KeySource for MemoryKeys {
    async fn find(&self, uri: &str) -> Result<Arc<dyn Key>, KeyError> {
        let found = self.0.lock().get(uri).cloned();
        found.ok_or_else(|| KeyError::NoSuchKey {
            uri: uri.to_owned(),
        })
    }

    async fn generate(&self, uri: &str, algorithm: KeyAlgorithm) -> Result<Arc<dyn Key>, KeyError> {
        let key = generate(algorithm);
        self.put(uri, Arc::clone(&key));
        Ok(key)
    }

    fn default_uri(&self, label: &str) -> String {
        format!("memory:{label}")
    }
}

fn generate(algorithm: KeyAlgorithm) -> Arc<dyn Key> {
    let spki = |der: PublicKeyX509Der<'_>| PublicKey::from_der(der.as_ref()).unwrap();
    Arc::new(match algorithm {
        KeyAlgorithm::P256 => {
            let pair = EcdsaKeyPair::generate(&ECDSA_P256_SHA256_ASN1_SIGNING).unwrap();
            MemoryKey {
                public_key: spki(pair.public_key().as_der().unwrap()),
                pair: Pair::P256(pair),
            }
        }
        KeyAlgorithm::Rsa2048 => {
            let pair = RsaKeyPair::generate(KeySize::Rsa2048).unwrap();
            MemoryKey {
                public_key: spki(pair.public_key().as_der().unwrap()),
                pair: Pair::Rsa(pair),
            }
        }
        other => panic!("no test needs {other}"),
    })
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
