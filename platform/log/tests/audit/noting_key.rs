//! A log key that can be watched.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::{
        Arc, Mutex,
        atomic::{AtomicBool, Ordering},
    },
};

use crypto::{KeyAlgorithm, PublicKey, SignatureAlgorithm};
use hsm_adapters::{Key, KeyError};
use platform_log::Sequencer;

use crate::log::Log;

/// A log key that notes what it signs, slowly, and fails when it is told to.
#[derive(Debug)]
pub(crate) struct NotingKey {
    key: Arc<dyn Key>,
    signed: Mutex<Vec<String>>,
    pub(crate) fails: AtomicBool,
}

#[async_trait::async_trait]
impl Key for NotingKey {
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
        let text = String::from_utf8(message.to_vec()).unwrap();
        self.signed.lock().unwrap().push(text);
        tokio::time::sleep(std::time::Duration::from_millis(3)).await;
        if self.fails.load(Ordering::SeqCst) {
            return Err(KeyError::Busy {
                store: "test".to_owned(),
                limit: 1,
            });
        }
        self.key.sign(algorithm, message).await
    }
}

impl NotingKey {
    pub(crate) fn new(log: &Log) -> Arc<Self> {
        Arc::new(Self {
            key: Arc::clone(&log.key),
            signed: Mutex::default(),
            fails: AtomicBool::new(false),
        })
    }

    pub(crate) fn node(self: &Arc<Self>, log: &Log) -> Sequencer {
        Sequencer::new(log.store.clone(), Arc::clone(self) as _, log.clock.clone())
    }

    /// The root that was signed for each size.
    pub(crate) fn roots(&self) -> BTreeMap<String, BTreeSet<String>> {
        let mut roots = BTreeMap::<_, BTreeSet<_>>::new();
        for text in self.signed.lock().unwrap().iter() {
            let mut lines = text.lines().skip(1).map(str::to_owned);
            let (size, root) = (lines.next().unwrap(), lines.next().unwrap());
            roots.entry(size).or_default().insert(root);
        }
        roots
    }
}
