//! A key of the software key store, and the threads for its slow operations.

use std::{
    fmt, io,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    thread,
};

use async_trait::async_trait;
use crypto::{EncryptionAlgorithm, KeyAlgorithm, PublicKey, SignatureAlgorithm};
use zeroize::Zeroizing;

use super::{NAME, key_pair::KeyPair, refused};
use crate::{
    Agree, Decrypt, Key, KeyError, KeySpec, KeyUsage,
    job_queue::{JobQueue, JobQueueOwner},
};

/// A decrypted key, shared by all its handles.
pub(super) struct SoftwareKey {
    uri: String,
    public_key: PublicKey,
    pair: Arc<KeyPair>,
    slow: Arc<JobQueueOwner<()>>,
    destroyed: AtomicBool,
}

impl SoftwareKey {
    pub(super) fn new(
        uri: String,
        pair: KeyPair,
        sm2_id: &str,
        slow: Arc<JobQueueOwner<()>>,
    ) -> Result<Self, &'static str> {
        Ok(Self {
            uri,
            public_key: PublicKey::from_der(&pair.public_key()?)
                .and_then(|key| key.with_sm2_id(sm2_id))
                .map_err(|_| "its public key is not valid")?,
            pair: Arc::new(pair),
            slow,
            destroyed: AtomicBool::new(false),
        })
    }

    /// From now on every handle reports that there is no such key.
    pub(super) fn destroy(&self) {
        self.destroyed.store(true, Ordering::Release);
    }

    /// Refuses a use that the key was not generated for.
    pub(super) fn permit(&self, asked: KeyUsage) -> Result<(), KeyError> {
        if self.destroyed.load(Ordering::Acquire) {
            return Err(KeyError::NoSuchKey {
                uri: self.uri.clone(),
            });
        }
        self.spec().permit(&self.uri, asked)
    }

    /// Has slow work done by the threads for it; `None` from it is a bad ciphertext.
    pub(super) async fn open_secret(
        &self,
        work: impl FnOnce(&KeyPair) -> Option<Zeroizing<Vec<u8>>> + Send + 'static,
    ) -> Result<Zeroizing<Vec<u8>>, KeyError> {
        let (pair, uri) = (Arc::clone(&self.pair), self.uri.clone());
        self.slow
            .call(move |()| work(&pair).ok_or(KeyError::BadCiphertext { uri }))
            .await
    }
}

#[async_trait]
impl Key for SoftwareKey {
    fn uri(&self) -> &str {
        &self.uri
    }

    fn algorithm(&self) -> KeyAlgorithm {
        self.spec().algorithm
    }

    fn public_key(&self) -> &PublicKey {
        &self.public_key
    }

    fn spec(&self) -> KeySpec {
        self.pair.spec()
    }

    fn is_in_process(&self) -> bool {
        true
    }

    async fn sign(
        &self,
        algorithm: SignatureAlgorithm,
        message: &[u8],
    ) -> Result<Vec<u8>, KeyError> {
        self.permit(KeyUsage::SIGN)?;
        if !self.algorithm().signatures().contains(&algorithm) {
            return Err(KeyError::UnsupportedSignature {
                key: self.algorithm(),
                signature: algorithm,
            });
        }
        if self.pair.is_fast() {
            return self.pair.sign(algorithm, message).map_err(refused);
        }
        let (pair, message) = (Arc::clone(&self.pair), message.to_vec());
        self.slow
            .call(move |()| pair.sign(algorithm, &message).map_err(refused))
            .await
    }

    fn as_decrypt(&self) -> Option<&dyn Decrypt> {
        let decrypts = self.spec().usage.contains(KeyUsage::DECRYPT);
        decrypts.then_some(self)
    }

    fn as_agree(&self) -> Option<&dyn Agree> {
        let agrees = self.spec().usage.contains(KeyUsage::AGREE);
        agrees.then_some(self)
    }
}

#[async_trait]
impl Decrypt for SoftwareKey {
    async fn decrypt(
        &self,
        algorithm: EncryptionAlgorithm,
        ciphertext: &[u8],
    ) -> Result<Zeroizing<Vec<u8>>, KeyError> {
        self.permit(KeyUsage::DECRYPT)?;
        if !self.algorithm().encryptions().contains(&algorithm) {
            return Err(KeyError::UnsupportedOperation {
                store: NAME.to_owned(),
                operation: format!("decrypt {algorithm} with a key of {}", self.algorithm()),
            });
        }
        let ciphertext = ciphertext.to_vec();
        self.open_secret(move |pair| pair.decrypt(algorithm, &ciphertext))
            .await
    }
}

#[async_trait]
impl Agree for SoftwareKey {
    async fn agree(&self, peer: &PublicKey) -> Result<Zeroizing<Vec<u8>>, KeyError> {
        self.permit(KeyUsage::AGREE)?;
        let peer = peer.clone();
        self.open_secret(move |pair| pair.agree(&peer)).await
    }
}

impl fmt::Debug for SoftwareKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SoftwareKey")
            .field("uri", &self.uri)
            .field("spec", &self.spec())
            .finish_non_exhaustive()
    }
}

/// Starts the threads for RSA, P-384, decryption and agreement, one a core.
pub(super) fn start_threads(queue: &Arc<JobQueue<()>>) -> io::Result<()> {
    let cores = thread::available_parallelism().map_or(1, usize::from);
    for number in 0..cores {
        let queue = Arc::clone(queue);
        thread::Builder::new()
            .name(format!("software-key-{number}"))
            .spawn(move || {
                let mut batch = Vec::new();
                while queue.take(cores, &mut batch) {
                    for job in batch.drain(..) {
                        if let Some(reply) = job.run(Ok(&mut ())) {
                            reply();
                        }
                    }
                }
            })?;
    }
    Ok(())
}
