//! A key on a token.

use std::{
    fmt,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use async_trait::async_trait;
use cryptoki::object::ObjectHandle;
use parking_lot::Mutex;
use sm3::Digest as _;
use zeroize::Zeroizing;

use super::{
    device::unavailable,
    fault::is_unsupported,
    module::Epoch,
    objects::{self, Found},
    secrets,
    worker::{Worker, Workers},
};
use crate::{Agree, Decrypt, Key, KeyError, KeySpec, KeyUsage, Pkcs11Uri};
use crypto::{
    EncryptionAlgorithm, KeyAlgorithm, PublicKey, SignatureAlgorithm, ecdsa_raw_to_der,
    mechanism::{self, MechanismInput},
    sm2_identity,
};

/// A key of a token; stays valid when the token restarts.
pub(super) struct TokenKey {
    workers: Workers,
    shared: Arc<Shared>,
}

struct Shared {
    text: String,
    uri: Pkcs11Uri,
    spec: KeySpec,
    public_key: PublicKey,
    /// SM3 over the signer's identity and key (GB/T 32918.2 §5.5), for SM2 only.
    sm2_identity: Option<[u8; 32]>,
    handle: Mutex<(Epoch, ObjectHandle)>,
    destroyed: AtomicBool,
}

impl TokenKey {
    pub(super) fn new(workers: Workers, epoch: Epoch, found: Found) -> Self {
        let device = &workers.device;
        let sm2_identity = (found.spec.algorithm == KeyAlgorithm::Sm2)
            .then(|| sm2_identity(&device.sm2.id, found.public_key.subject_public_key()))
            .flatten();
        Self {
            workers,
            shared: Arc::new(Shared {
                text: found.uri.to_string(),
                uri: found.uri,
                spec: found.spec,
                public_key: found.public_key,
                sm2_identity,
                handle: Mutex::new((epoch, found.handle)),
                destroyed: AtomicBool::new(false),
            }),
        }
    }

    pub(super) fn is_destroyed(&self) -> bool {
        self.shared.destroyed.load(Ordering::Acquire)
    }

    /// Refuses a use that the key was not generated for.
    fn permit(&self, asked: KeyUsage) -> Result<(), KeyError> {
        if self.is_destroyed() {
            return Err(KeyError::NoSuchKey {
                uri: self.shared.text.clone(),
            });
        }
        self.shared.spec.permit(&self.shared.text, asked)
    }

    /// From now on this handle reports that there is no such key.
    pub(super) fn destroy(&self) {
        self.shared.destroyed.store(true, Ordering::Release);
    }
}

#[async_trait]
impl Key for TokenKey {
    fn uri(&self) -> &str {
        &self.shared.text
    }

    fn algorithm(&self) -> KeyAlgorithm {
        self.shared.spec.algorithm
    }

    fn public_key(&self) -> &PublicKey {
        &self.shared.public_key
    }

    fn spec(&self) -> KeySpec {
        self.shared.spec
    }

    async fn sign(
        &self,
        algorithm: SignatureAlgorithm,
        message: &[u8],
    ) -> Result<Vec<u8>, KeyError> {
        self.permit(KeyUsage::SIGN)?;
        let shared = &self.shared;
        if !shared.spec.algorithm.signatures().contains(&algorithm) {
            return Err(KeyError::UnsupportedSignature {
                key: shared.spec.algorithm,
                signature: algorithm,
            });
        }
        let (shared, message) = (Arc::clone(shared), message.to_vec());
        self.workers
            .sign(move |worker| shared.sign(worker, algorithm, &message))
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
impl Decrypt for TokenKey {
    async fn decrypt(
        &self,
        algorithm: EncryptionAlgorithm,
        ciphertext: &[u8],
    ) -> Result<Zeroizing<Vec<u8>>, KeyError> {
        self.permit(KeyUsage::DECRYPT)?;
        if !self.algorithm().encryptions().contains(&algorithm) {
            return Err(KeyError::UnsupportedOperation {
                store: self.workers.device.name.clone(),
                operation: format!("decrypt {algorithm} with a key of {}", self.algorithm()),
            });
        }
        let (shared, ciphertext) = (Arc::clone(&self.shared), ciphertext.to_vec());
        self.workers
            .call(move |worker| {
                let handle = shared.current_handle(worker)?;
                secrets::decrypt(worker, &shared.text, handle, algorithm, &ciphertext)
            })
            .await
    }
}

#[async_trait]
impl Agree for TokenKey {
    async fn agree(&self, peer: &PublicKey) -> Result<Zeroizing<Vec<u8>>, KeyError> {
        self.permit(KeyUsage::AGREE)?;
        let shared = Arc::clone(&self.shared);
        if peer.algorithm() != Some(self.algorithm()) {
            return Err(KeyError::BadCiphertext {
                uri: shared.text.clone(),
            });
        }
        let point = peer.subject_public_key().to_vec();
        self.workers
            .call(move |worker| {
                let handle = shared.current_handle(worker)?;
                let length = shared.spec.algorithm.bits() as usize / 8;
                secrets::agree(worker, handle, &point, length)
            })
            .await
    }
}

impl fmt::Debug for TokenKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("TokenKey")
            .field("uri", &self.shared.text)
            .field("spec", &self.shared.spec)
            .finish_non_exhaustive()
    }
}

impl Shared {
    fn sign(
        &self,
        worker: &mut Worker,
        algorithm: SignatureAlgorithm,
        message: &[u8],
    ) -> Result<Vec<u8>, KeyError> {
        let unsupported = || KeyError::UnsupportedSignature {
            key: self.spec.algorithm,
            signature: algorithm,
        };
        let handle = self.current_handle(worker)?;
        let sm2 = worker.device.sm2.mechanisms;
        let (mechanism, input) =
            mechanism::signature(algorithm, sm2.as_ref()).ok_or_else(unsupported)?;
        let signed = match input {
            MechanismInput::Message => worker.session.sign(&mechanism, handle, message),
            MechanismInput::Digest(digest) => {
                worker
                    .session
                    .sign(&mechanism, handle, &digest.hash(message))
            }
            MechanismInput::Sm2 => {
                let identity = self.sm2_identity.ok_or_else(unsupported)?;
                let digest = sm3::Sm3::new()
                    .chain_update(identity)
                    .chain_update(message)
                    .finalize();
                worker.session.sign(&mechanism, handle, &digest)
            }
        };
        match signed {
            Ok(signature) if input == MechanismInput::Message => Ok(signature),
            Ok(raw) => ecdsa_raw_to_der(&raw).map_err(|_| KeyError::Refused {
                store: worker.device.name.clone(),
                reason: format!("it returned a signature of {} bytes", raw.len()),
            }),
            Err(error) if is_unsupported(&error) => Err(unsupported()),
            Err(error) => Err(worker.failed(&error)),
        }
    }

    /// The handle in the worker's epoch, looked up once in each.
    fn current_handle(&self, worker: &mut Worker) -> Result<ObjectHandle, KeyError> {
        let epoch = worker.connection.epoch;
        let (of, handle) = *self.handle.lock();
        if of == epoch {
            return Ok(handle);
        }
        let found = match objects::find(worker, &self.uri) {
            // A token that has just restarted may not show all of its keys yet.
            Err(KeyError::NoSuchKey { .. }) if worker.connection.since.elapsed() < SETTLING => {
                return Err(unavailable(
                    &worker.device.name,
                    "the key is not visible yet",
                ));
            }
            other => other?,
        };
        if found.public_key != self.public_key {
            return Err(KeyError::Refused {
                store: worker.device.name.clone(),
                reason: format!("{} is another key than before", self.text),
            });
        }
        *self.handle.lock() = (epoch, found.handle);
        Ok(found.handle)
    }
}

const SETTLING: Duration = Duration::from_secs(30);
