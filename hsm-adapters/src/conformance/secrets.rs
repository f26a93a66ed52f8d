//! The cases about keys that decrypt, agree and move between stores.

use std::sync::Arc;

use crypto::{EncryptionAlgorithm, KeyAlgorithm, PublicKey};

use super::{
    Outcome, Reference,
    cases::{Checked, ensure, outcome, text},
};
use crate::{Key, KeyError, KeySpec, KeyStore, KeyUsage, Wrap};

type Case = (String, Outcome);

/// Runs all of them on `store`; the names of their keys begin with `run`.
pub(super) async fn run(store: &dyn KeyStore, reference: &dyn Reference, run: String) -> Vec<Case> {
    let suite = Secrets {
        store,
        reference,
        run,
    };
    let mut cases = Vec::new();
    let algorithms = store.algorithms().await.unwrap_or_default();
    // The other sizes of RSA use the same mechanisms, and take long to generate.
    let decrypting = [KeyAlgorithm::Rsa2048, KeyAlgorithm::Sm2];
    for algorithm in decrypting
        .into_iter()
        .filter(|one| algorithms.contains(one))
    {
        suite.decrypt(algorithm, &mut cases).await;
    }
    for algorithm in algorithms.iter().copied().filter(|one| one.can_agree()) {
        suite.agree(algorithm, &mut cases).await;
    }
    if algorithms.contains(&KeyAlgorithm::Rsa2048) {
        suite.wrap(&algorithms, &mut cases).await;
    }
    if let Some(algorithm) = algorithms.first() {
        let outcome = suite.other_uses(*algorithm).await;
        cases.push(("what a key is not for".to_owned(), outcome));
    }
    cases
}

struct Secrets<'a> {
    store: &'a dyn KeyStore,
    reference: &'a dyn Reference,
    run: String,
}

impl Secrets<'_> {
    /// What the reference encrypts, the key decrypts; what is damaged, it does not.
    async fn decrypt(&self, algorithm: KeyAlgorithm, cases: &mut Vec<Case>) {
        let spec = KeySpec::signing(algorithm).with_usage(KeyUsage::DECRYPT);
        let Some(key) = self.generate("decrypt", spec, cases).await else {
            return;
        };
        for encryption in algorithm.encryptions() {
            let outcome = self.decrypt_one(key.as_ref(), *encryption).await;
            cases.push((format!("decrypt {encryption} with {algorithm}"), outcome));
        }
        self.destroy(key.as_ref(), cases).await;
    }

    async fn decrypt_one(&self, key: &dyn Key, encryption: EncryptionAlgorithm) -> Outcome {
        let Some(decryption) = key.as_decrypt() else {
            return Outcome::Failed("the key does not decrypt".to_owned());
        };
        let encrypted = self
            .reference
            .encrypt(key.public_key().der(), encryption, SECRET);
        let mut ciphertext = match encrypted {
            Ok(ciphertext) => ciphertext,
            Err(error) => return Outcome::Failed(error),
        };
        match decryption.decrypt(encryption, &ciphertext).await {
            Ok(plaintext) if *plaintext == SECRET => {}
            Ok(_) => return Outcome::Failed("it is another plaintext".to_owned()),
            Err(error @ KeyError::UnsupportedOperation { .. }) => {
                return Outcome::NotApplicable(error.to_string());
            }
            Err(error) => return Outcome::Failed(error.to_string()),
        }
        let last = ciphertext.len() - 1;
        ciphertext[last] ^= 1;
        outcome(match decryption.decrypt(encryption, &ciphertext).await {
            Err(KeyError::BadCiphertext { .. }) => Ok(()),
            // Some implementations answer a wrong PKCS #1 v1.5 padding with a random
            // plaintext, so that nobody learns that it was wrong.
            Ok(other) if encryption == EncryptionAlgorithm::RsaPkcs1 && *other != SECRET => Ok(()),
            other => Err(format!("a damaged ciphertext: {:?}", other.map(drop))),
        })
    }

    /// The reference and the key agree on the same secret.
    async fn agree(&self, algorithm: KeyAlgorithm, cases: &mut Vec<Case>) {
        let spec = KeySpec::signing(algorithm).with_usage(KeyUsage::AGREE);
        let Some(key) = self.generate("agree", spec, cases).await else {
            return;
        };
        let outcome = self.agree_one(key.as_ref(), algorithm).await;
        cases.push((format!("agree with {algorithm}"), outcome));
        self.destroy(key.as_ref(), cases).await;
    }

    async fn agree_one(&self, key: &dyn Key, algorithm: KeyAlgorithm) -> Outcome {
        let Some(agreement) = key.as_agree() else {
            return Outcome::Failed("the key does not agree".to_owned());
        };
        let checked: Checked = async {
            let (peer, secret) = self.reference.agree(key.public_key().der(), algorithm)?;
            let peer = PublicKey::from_der(&peer).map_err(text)?;
            let agreed = agreement.agree(&peer).await.map_err(text)?;
            ensure(*agreed == secret, "it is another secret")?;
            let signed = key.sign(algorithm.default_signature(), SECRET).await;
            match signed {
                Err(KeyError::NotPermitted { .. }) => Ok(()),
                other => Err(format!("signing: {other:?}")),
            }
        }
        .await;
        outcome(checked)
    }

    /// Exportable keys move to another name and do there what they did before.
    async fn wrap(&self, algorithms: &[KeyAlgorithm], cases: &mut Vec<Case>) {
        let Some(wrap) = self.store.as_wrap() else {
            let why = Outcome::NotApplicable("this adapter does not wrap keys".to_owned());
            cases.push(("wrap keys".to_owned(), why));
            return;
        };
        let spec = KeySpec::signing(KeyAlgorithm::Rsa2048).with_usage(KeyUsage::WRAP);
        let Some(wrapping_key) = self.generate("wrap", spec, cases).await else {
            return;
        };
        let moved = [
            KeySpec::signing(KeyAlgorithm::P256),
            KeySpec::signing(KeyAlgorithm::P384).with_usage(KeyUsage::AGREE),
            KeySpec::signing(KeyAlgorithm::Rsa2048),
            KeySpec::signing(KeyAlgorithm::Sm2),
        ];
        for spec in moved {
            if algorithms.contains(&spec.algorithm) {
                let outcome = self
                    .wrap_one(wrap, wrapping_key.as_ref(), spec.exportable())
                    .await;
                let KeySpec {
                    algorithm, usage, ..
                } = spec;
                cases.push((format!("wrap and unwrap {algorithm} to {usage}"), outcome));
            }
        }
        self.destroy(wrapping_key.as_ref(), cases).await;
    }

    async fn wrap_one(&self, wrap: &dyn Wrap, wrapping_key: &dyn Key, spec: KeySpec) -> Outcome {
        let label = |what: &str| format!("{}-{what}-{}", self.run, spec.algorithm);
        let key = match self.store.generate(&label("moved"), spec).await {
            Ok(key) => key,
            Err(error) => return Outcome::Failed(error.to_string()),
        };
        let checked: Result<(), KeyError> = async {
            let wrapped = wrap.wrap(key.uri(), wrapping_key.public_key()).await?;
            let new = label("new");
            let moved = wrap.unwrap(wrapping_key.uri(), &new, &wrapped).await?;
            let is_same = moved.public_key() == key.public_key() && moved.spec() == spec;
            let mut damaged = wrapped.clone();
            let last = damaged.ciphertext.len() - 1;
            damaged.ciphertext[last] ^= 1;
            let refused = wrap
                .unwrap(wrapping_key.uri(), &label("damaged"), &damaged)
                .await;
            let again = wrap.unwrap(wrapping_key.uri(), &new, &wrapped).await;
            self.store.destroy(moved.uri()).await?;
            let failed = |reason: &str| KeyError::Refused {
                store: self.store.name().to_owned(),
                reason: reason.to_owned(),
            };
            match (is_same, refused, again) {
                (true, Err(KeyError::BadCiphertext { .. }), Err(KeyError::KeyExists { .. })) => {
                    Ok(())
                }
                (false, ..) => Err(failed("the key changed on its way")),
                (_, refused, again) => Err(failed(&format!(
                    "a damaged key: {refused:?}; a taken name: {again:?}"
                ))),
            }
        }
        .await;
        if let Err(error) = self.store.destroy(key.uri()).await {
            return Outcome::Failed(error.to_string());
        }
        match checked {
            Ok(()) => Outcome::Passed,
            Err(error @ KeyError::UnsupportedOperation { .. }) => {
                Outcome::NotApplicable(error.to_string())
            }
            Err(error) => Outcome::Failed(error.to_string()),
        }
    }

    /// A signing key neither decrypts nor agrees, and does not leave its store.
    async fn other_uses(&self, algorithm: KeyAlgorithm) -> Outcome {
        let label = format!("{}-sign", self.run);
        let key = match self.store.generate(&label, algorithm.into()).await {
            Ok(key) => key,
            Err(error) => return Outcome::Failed(error.to_string()),
        };
        let checked: Checked = async {
            ensure(key.as_decrypt().is_none(), "it decrypts")?;
            ensure(key.as_agree().is_none(), "it agrees")?;
            if let Some(wrap) = self.store.as_wrap() {
                match wrap.wrap(key.uri(), key.public_key()).await {
                    Err(KeyError::NotExportable { .. }) => {}
                    other => return Err(format!("wrapping: {other:?}")),
                }
            }
            let impossible = KeySpec::signing(KeyAlgorithm::Ed25519).with_usage(KeyUsage::WRAP);
            match self
                .store
                .generate("conformance-impossible", impossible)
                .await
            {
                Err(KeyError::UnsupportedUsage { .. }) => Ok(()),
                other => Err(format!("an impossible usage: {other:?}")),
            }
        }
        .await;
        outcome(checked.and(self.store.destroy(key.uri()).await.map_err(text)))
    }

    async fn generate(
        &self,
        what: &str,
        spec: KeySpec,
        cases: &mut Vec<Case>,
    ) -> Option<Arc<dyn Key>> {
        let label = format!("{}-{what}-{}", self.run, spec.algorithm);
        let (key, outcome) = match self.store.generate(&label, spec).await {
            Ok(key) if key.spec() == spec => (Some(key), Outcome::Passed),
            Ok(key) => {
                let failed = format!("its spec is {:?}", key.spec());
                (Some(key), Outcome::Failed(failed))
            }
            Err(error) => (None, Outcome::Failed(error.to_string())),
        };
        cases.push((
            format!("generate {} to {}", spec.algorithm, spec.usage),
            outcome,
        ));
        key
    }

    async fn destroy(&self, key: &dyn Key, cases: &mut Vec<Case>) {
        if let Err(error) = self.store.destroy(key.uri()).await {
            let failed = Outcome::Failed(error.to_string());
            cases.push((format!("destroy {}", key.uri()), failed));
        }
    }
}

/// As long as a content-encryption key.
const SECRET: &[u8] = b"thirty-two bytes are an AES key.";
