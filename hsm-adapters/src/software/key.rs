//! A key of the software keystore, and the threads that make its slow signatures.

use std::{
    fmt, io,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    thread,
};

use async_trait::async_trait;

use super::key_pair::KeyPair;
use crate::{
    Key, KeyError,
    lane::{Answers, Lane, LaneOwner},
};
use crypto::{KeyAlgorithm, PublicKey, SignatureAlgorithm};

/// A decrypted key, shared by all its handles.
pub(super) struct SoftwareKey {
    uri: String,
    algorithm: KeyAlgorithm,
    public_key: PublicKey,
    pair: Arc<KeyPair>,
    slow: Arc<LaneOwner<()>>,
    destroyed: AtomicBool,
}

impl SoftwareKey {
    pub(super) fn new(
        uri: String,
        pair: KeyPair,
        sm2_id: &str,
        slow: Arc<LaneOwner<()>>,
    ) -> Result<Self, &'static str> {
        Ok(Self {
            uri,
            algorithm: pair.algorithm(),
            public_key: PublicKey::from_der(&pair.public_key()?)
                .and_then(|key| key.with_sm2_id(sm2_id))
                .map_err(|_| "its public key is not valid")?,
            pair: Arc::new(pair),
            slow,
            destroyed: AtomicBool::new(false),
        })
    }

    /// From now on every handle answers that there is no such key.
    pub(super) fn destroy(&self) {
        self.destroyed.store(true, Ordering::Release);
    }
}

#[async_trait]
impl Key for SoftwareKey {
    fn uri(&self) -> &str {
        &self.uri
    }

    fn algorithm(&self) -> KeyAlgorithm {
        self.algorithm
    }

    fn public_key(&self) -> &PublicKey {
        &self.public_key
    }

    fn is_in_process(&self) -> bool {
        true
    }

    async fn sign(
        &self,
        algorithm: SignatureAlgorithm,
        message: &[u8],
    ) -> Result<Vec<u8>, KeyError> {
        if self.destroyed.load(Ordering::Acquire) {
            return Err(KeyError::NoSuchKey {
                uri: self.uri.clone(),
            });
        }
        if !self.algorithm.signatures().contains(&algorithm) {
            return Err(KeyError::UnsupportedSignature {
                key: self.algorithm,
                signature: algorithm,
            });
        }
        if self.pair.is_fast() {
            return self.pair.sign(algorithm, message).map_err(refused);
        }
        let (pair, message) = (Arc::clone(&self.pair), message.to_vec());
        self.slow
            .sign(move |()| pair.sign(algorithm, &message).map_err(refused))
            .await
    }
}

impl fmt::Debug for SoftwareKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SoftwareKey")
            .field("uri", &self.uri)
            .field("algorithm", &self.algorithm)
            .finish_non_exhaustive()
    }
}

/// Starts the threads that make RSA, P-384 and SM2 signatures, one a core.
pub(super) fn start_threads(lane: &Arc<Lane<()>>) -> io::Result<()> {
    let cores = thread::available_parallelism().map_or(1, usize::from);
    for number in 0..cores {
        let lane = Arc::clone(lane);
        thread::Builder::new()
            .name(format!("software-key-{number}"))
            .spawn(move || {
                let (mut batch, mut none) = (Vec::new(), Answers::new());
                while lane.take(cores, &mut batch, &mut none) {
                    for mut job in batch.drain(..) {
                        job.run(&mut ());
                        // Slow enough to be given one by one.
                        job.answer();
                    }
                }
            })?;
    }
    Ok(())
}

fn refused(reason: &str) -> KeyError {
    KeyError::Refused {
        store: "software".to_owned(),
        reason: reason.to_owned(),
    }
}
