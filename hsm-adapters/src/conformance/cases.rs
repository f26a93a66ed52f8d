//! The cases about signing keys, each for one promise of the traits.

use std::{
    sync::Arc,
    time::{Duration, Instant},
};

use tokio::task::JoinSet;

use super::{Outcome, Reference, Subject};
use crate::{Key, KeyError, KeyStore, KeyUri};
use crypto::{KeyAlgorithm, SignatureAlgorithm};

/// The adapter under test and the keys generated on it.
pub(super) struct Suite<'a> {
    subject: &'a dyn Subject,
    reference: &'a dyn Reference,
    store: Arc<dyn KeyStore>,
    keys: Vec<Arc<dyn Key>>,
    run: String,
}

pub(super) type Checked = Result<(), String>;

impl<'a> Suite<'a> {
    pub(super) async fn open(
        subject: &'a dyn Subject,
        reference: &'a dyn Reference,
    ) -> Result<Self, KeyError> {
        let random = crypto::random::bytes::<4>();
        Ok(Self {
            subject,
            reference,
            store: subject.open().await?,
            keys: Vec::new(),
            run: hex::encode(random),
        })
    }

    pub(super) fn store(&self) -> &dyn KeyStore {
        self.store.as_ref()
    }

    /// What the names of this run's keys begin with.
    pub(super) fn name_of_run(&self) -> String {
        format!("conformance-{}", self.run)
    }

    pub(super) async fn algorithms(&self) -> Result<Vec<KeyAlgorithm>, KeyError> {
        self.store.algorithms().await
    }

    /// A key is generated, is in the list, and its name cannot be used again.
    pub(super) async fn generate(&mut self, algorithm: KeyAlgorithm) -> Outcome {
        let label = self.label(algorithm.name());
        let key = match self.store.generate(&label, algorithm.into()).await {
            Ok(key) => key,
            Err(error) => return Outcome::Failed(error.to_string()),
        };
        self.keys.push(Arc::clone(&key));
        let checked: Checked = async {
            ensure(
                key.spec() == algorithm.into(),
                "it has another algorithm or usage",
            )?;
            ensure(
                key.uri().parse::<KeyUri>().is_ok(),
                "its address does not parse",
            )?;
            let listed = self.store.list().await.map_err(text)?;
            let entry = listed.iter().find(|info| info.uri == key.uri());
            ensure(
                entry.is_some_and(|info| info.spec == key.spec()),
                "it is not in the list",
            )?;
            match self.store.generate(&label, algorithm.into()).await {
                Err(KeyError::KeyExists { .. }) => Ok(()),
                other => Err(format!("a second of its name: {other:?}")),
            }
        }
        .await;
        outcome(checked)
    }

    /// Every key with every scheme that it can sign with.
    pub(super) fn signatures(&self) -> Vec<(Arc<dyn Key>, SignatureAlgorithm)> {
        let of_key = |key: &Arc<dyn Key>| {
            let schemes = key.algorithm().signatures().iter();
            schemes
                .map(|scheme| (Arc::clone(key), *scheme))
                .collect::<Vec<_>>()
        };
        self.keys.iter().flat_map(of_key).collect()
    }

    /// A signature verifies, also by the public key that the adapter returns, and over
    /// another message it does not.
    pub(super) async fn sign(&self, key: &Arc<dyn Key>, scheme: SignatureAlgorithm) -> Outcome {
        let signed = key.sign(scheme, MESSAGE).await;
        outcome(signed.map_err(text).and_then(|signature| {
            self.reference
                .verify(key.public_key().der(), scheme, MESSAGE, &signature)?;
            let verified = key.public_key().verify(scheme, MESSAGE, &signature);
            verified.map_err(text)?;
            let other = self
                .reference
                .verify(key.public_key().der(), scheme, b"other", &signature);
            ensure(other.is_err(), "it verifies over another message too")
        }))
    }

    /// An unknown name is reported as such.
    pub(super) async fn unknown_key(&self) -> Outcome {
        let Some(key) = self.keys.first() else {
            return no_keys();
        };
        let unknown = key.uri().replace(&self.run, "nobody");
        outcome(match self.store.find(&unknown).await {
            Err(KeyError::NoSuchKey { .. }) => Ok(()),
            other => Err(format!("{other:?}")),
        })
    }

    /// A destroyed key is gone for its handles, for a search and after a restart.
    pub(super) async fn destroyed_key(&mut self) -> Outcome {
        let Some(algorithm) = self.keys.first().map(|key| key.algorithm()) else {
            return no_keys();
        };
        let checked: Checked = async {
            let made = self
                .store
                .generate(&self.label("destroyed"), algorithm.into())
                .await;
            let key = made.map_err(text)?;
            let scheme = algorithm.default_signature();
            key.sign(scheme, MESSAGE).await.map_err(text)?;
            self.store.destroy(key.uri()).await.map_err(text)?;
            gone("its handle", key.sign(scheme, MESSAGE).await)?;
            gone("a search", self.store.find(key.uri()).await)?;
            gone("a second destruction", self.store.destroy(key.uri()).await)?;
            self.reopen().await?;
            gone("a search after a restart", self.store.find(key.uri()).await)
        }
        .await;
        outcome(checked)
    }

    /// Sixty-four tasks sign at once, and every signature is its own.
    pub(super) async fn many_tasks(&mut self) -> Outcome {
        let key = match self.current_key().await {
            Ok(key) => key,
            Err(outcome) => return outcome,
        };
        let scheme = key.algorithm().default_signature();
        let mut tasks = JoinSet::new();
        for number in 0..64 {
            let key = Arc::clone(&key);
            tasks.spawn(async move {
                let message = format!("task {number}").into_bytes();
                let mut last = Vec::new();
                for _ in 0..4 {
                    last = key.sign(scheme, &message).await.map_err(text)?;
                }
                Ok::<_, String>((message, last))
            });
        }
        let mut checked = Ok(());
        while let Some(done) = tasks.join_next().await {
            let verified = done
                .map_err(text)
                .flatten()
                .and_then(|(message, signature)| {
                    self.reference
                        .verify(key.public_key().der(), scheme, &message, &signature)
                });
            checked = checked.and(verified);
        }
        outcome(checked)
    }

    /// Cancelled calls leave the adapter working.
    pub(super) async fn caller_gives_up(&mut self) -> Outcome {
        let key = match self.current_key().await {
            Ok(key) => key,
            Err(outcome) => return outcome,
        };
        let scheme = key.algorithm().default_signature();
        for _ in 0..64 {
            // Polled once, then dropped.
            let _ = tokio::time::timeout(Duration::ZERO, key.sign(scheme, MESSAGE)).await;
        }
        self.sign(&key, scheme).await
    }

    /// The device loses its sessions: callers get an error at once, and it recovers soon.
    pub(super) async fn lost_session(&mut self) -> Outcome {
        let key = match self.current_key().await {
            Ok(key) => key,
            Err(outcome) => return outcome,
        };
        if !self.store.interrupt().await {
            return Outcome::NotApplicable("this adapter has no sessions to lose".to_owned());
        }
        let scheme = key.algorithm().default_signature();
        let start = Instant::now();
        let mut tick = tokio::time::interval(Duration::from_millis(50));
        while start.elapsed() < RECOVERY {
            let asked = Instant::now();
            match key.sign(scheme, MESSAGE).await {
                Ok(_) => return self.sign(&key, scheme).await,
                Err(error) if error.is_transient() && asked.elapsed() < AT_ONCE => {}
                Err(error) => {
                    let took_ms = asked.elapsed().as_millis();
                    return Outcome::Failed(format!("after {took_ms} ms: {error}"));
                }
            }
            tick.tick().await;
        }
        Outcome::Failed(format!(
            "it did not recover within {} s",
            RECOVERY.as_secs()
        ))
    }

    /// A wrong PIN is reported as such, and the right one works after it.
    pub(super) async fn wrong_pin(&mut self) -> Outcome {
        let Some(key) = self.keys.first() else {
            return no_keys();
        };
        // A token stays open for the whole process while anyone is logged in.
        self.store.close().await;
        let Some(opened) = self.subject.open_with_wrong_pin().await else {
            let checked = self.reopen().await;
            return checked.map_or_else(Outcome::Failed, |()| {
                Outcome::NotApplicable("a wrong PIN is not to be tried on this device".to_owned())
            });
        };
        // The software keystore opens without a look at its files.
        let tried = match opened {
            Ok(store) => {
                let found = store.find(key.uri()).await.map(drop);
                store.close().await;
                found
            }
            Err(error) => Err(error),
        };
        let reopened = self.reopen().await;
        outcome(reopened.and_then(|()| match tried {
            Err(KeyError::BadPin { .. }) => Ok(()),
            other => Err(format!("{other:?}")),
        }))
    }

    /// Every key is there after a restart, with the same public half.
    pub(super) async fn restart(&mut self) -> Outcome {
        let checked: Checked = async {
            self.reopen().await?;
            for key in &self.keys {
                let found = self.store.find(key.uri()).await.map_err(text)?;
                ensure(found.public_key() == key.public_key(), "it is another key")?;
                let scheme = found.algorithm().default_signature();
                found.sign(scheme, MESSAGE).await.map_err(text)?;
            }
            Ok(())
        }
        .await;
        outcome(checked)
    }

    /// Every key that the suite generated is destroyed.
    pub(super) async fn clean_up(&mut self) -> Outcome {
        let mut checked = Ok(());
        for key in &self.keys {
            checked = checked.and(self.store.destroy(key.uri()).await.map_err(text));
        }
        self.store.close().await;
        outcome(checked)
    }

    async fn reopen(&mut self) -> Checked {
        self.store.close().await;
        self.store = self.subject.open().await.map_err(text)?;
        Ok(())
    }

    /// The first key, by the store that is open now.
    async fn current_key(&self) -> Result<Arc<dyn Key>, Outcome> {
        let Some(key) = self.keys.first() else {
            return Err(no_keys());
        };
        let found = self.store.find(key.uri()).await;
        found.map_err(|error| Outcome::Failed(error.to_string()))
    }

    fn label(&self, what: &str) -> String {
        format!("{}-{what}", self.name_of_run())
    }
}

pub(super) fn ensure(holds: bool, otherwise: &str) -> Checked {
    if holds {
        Ok(())
    } else {
        Err(otherwise.to_owned())
    }
}

fn gone<T: std::fmt::Debug>(what: &str, result: Result<T, KeyError>) -> Checked {
    match result {
        Err(KeyError::NoSuchKey { .. }) => Ok(()),
        other => Err(format!("{what}: {other:?}")),
    }
}

pub(super) fn outcome(checked: Checked) -> Outcome {
    checked.map_or_else(Outcome::Failed, |()| Outcome::Passed)
}

fn no_keys() -> Outcome {
    Outcome::NotApplicable("no key could be made".to_owned())
}

pub(super) fn text(error: impl std::fmt::Display) -> String {
    error.to_string()
}

const MESSAGE: &[u8] = b"What the adapter signs, another program verifies.";
const RECOVERY: Duration = Duration::from_secs(60);
const AT_ONCE: Duration = Duration::from_secs(1);
