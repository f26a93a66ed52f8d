//! A key in memory, for tests alone.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, OnceLock},
};

use async_trait::async_trait;
use aws_lc_rs::{
    encoding::AsDer,
    rand::SystemRandom,
    rsa::KeySize,
    signature::{self as aws, EcdsaKeyPair, Ed25519KeyPair, KeyPair as _, RsaEncoding, RsaKeyPair},
};
use pki::{Key, KeyAlgorithm, KeyError, SignatureAlgorithm, ecdsa_raw_to_der};
use sm2::{dsa::signature::Signer as _, pkcs8::EncodePublicKey as _};

#[derive(Debug)]
pub(crate) struct TestKey {
    algorithm: KeyAlgorithm,
    public_key: pki::PublicKey,
    pair: Pair,
}

#[derive(Debug)]
enum Pair {
    Ecdsa(EcdsaKeyPair),
    Rsa(RsaKeyPair),
    Ed25519(Ed25519KeyPair),
    Sm2(Box<sm2::dsa::SigningKey>),
}

impl TestKey {
    pub(crate) fn generate(algorithm: KeyAlgorithm) -> Self {
        let rsa = |size| {
            let pair = RsaKeyPair::generate(size).unwrap();
            (
                pair.public_key().as_der().unwrap().as_ref().to_vec(),
                Pair::Rsa(pair),
            )
        };
        let ecdsa = |curve| {
            let pair = EcdsaKeyPair::generate(curve).unwrap();
            (
                pair.public_key().as_der().unwrap().as_ref().to_vec(),
                Pair::Ecdsa(pair),
            )
        };
        let (public_key, pair) = match algorithm {
            KeyAlgorithm::P256 => ecdsa(&aws::ECDSA_P256_SHA256_ASN1_SIGNING),
            KeyAlgorithm::P384 => ecdsa(&aws::ECDSA_P384_SHA384_ASN1_SIGNING),
            KeyAlgorithm::Rsa2048 => rsa(KeySize::Rsa2048),
            KeyAlgorithm::Rsa3072 => rsa(KeySize::Rsa3072),
            KeyAlgorithm::Rsa4096 => rsa(KeySize::Rsa4096),
            KeyAlgorithm::Ed25519 => {
                let pair = Ed25519KeyPair::generate().unwrap();
                (
                    pair.public_key().as_der().unwrap().as_ref().to_vec(),
                    Pair::Ed25519(pair),
                )
            }
            KeyAlgorithm::Sm2 => {
                let mut bytes = [0; 32];
                aws_lc_rs::rand::fill(&mut bytes).unwrap();
                bytes[0] &= 0x7f;
                let secret = sm2::SecretKey::from_slice(&bytes).unwrap();
                let der = secret.public_key().to_public_key_der().unwrap().into_vec();
                let pair = sm2::dsa::SigningKey::new(crypto::SM2_DEFAULT_ID, &secret).unwrap();
                (der, Pair::Sm2(Box::new(pair)))
            }
        };
        Self {
            algorithm,
            public_key: pki::PublicKey::from_der(&public_key).unwrap(),
            pair,
        }
    }

    /// The same key for the same algorithm and name, since RSA keys take long to make.
    pub(crate) fn named(algorithm: KeyAlgorithm, name: &'static str) -> Arc<Self> {
        type Kept = Mutex<HashMap<(KeyAlgorithm, &'static str), Arc<TestKey>>>;
        static KEPT: OnceLock<Kept> = OnceLock::new();
        let mut kept = KEPT.get_or_init(Mutex::default).lock().unwrap();
        let key = kept
            .entry((algorithm, name))
            .or_insert_with(|| Arc::new(Self::generate(algorithm)));
        Arc::clone(key)
    }

    pub(crate) fn public(&self) -> pki::PublicKey {
        self.public_key.clone()
    }
}

#[async_trait]
impl Key for TestKey {
    fn uri(&self) -> &str {
        "test:key"
    }

    fn algorithm(&self) -> KeyAlgorithm {
        self.algorithm
    }

    fn public_key(&self) -> &pki::PublicKey {
        &self.public_key
    }

    async fn sign(
        &self,
        algorithm: SignatureAlgorithm,
        message: &[u8],
    ) -> Result<Vec<u8>, KeyError> {
        if !self.algorithm.signatures().contains(&algorithm) {
            return Err(KeyError::UnsupportedSignature {
                key: self.algorithm,
                signature: algorithm,
            });
        }
        let random = SystemRandom::new();
        Ok(match &self.pair {
            Pair::Ecdsa(pair) => pair.sign(&random, message).unwrap().as_ref().to_vec(),
            Pair::Ed25519(pair) => pair.sign(message).as_ref().to_vec(),
            Pair::Sm2(pair) => ecdsa_raw_to_der(&pair.sign(message).to_bytes()).unwrap(),
            Pair::Rsa(pair) => {
                let mut signature = vec![0; pair.public_modulus_len()];
                let scheme = rsa_scheme(algorithm);
                pair.sign(scheme, &random, message, &mut signature).unwrap();
                signature
            }
        })
    }
}

fn rsa_scheme(algorithm: SignatureAlgorithm) -> &'static dyn RsaEncoding {
    match algorithm {
        SignatureAlgorithm::RsaPkcs1Sha256 => &aws::RSA_PKCS1_SHA256,
        SignatureAlgorithm::RsaPkcs1Sha384 => &aws::RSA_PKCS1_SHA384,
        SignatureAlgorithm::RsaPkcs1Sha512 => &aws::RSA_PKCS1_SHA512,
        SignatureAlgorithm::RsaPssSha256 => &aws::RSA_PSS_SHA256,
        SignatureAlgorithm::RsaPssSha384 => &aws::RSA_PSS_SHA384,
        SignatureAlgorithm::RsaPssSha512 => &aws::RSA_PSS_SHA512,
        other => unreachable!("{other} is not RSA"),
    }
}
