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

use super::{
    device::{Device, unavailable},
    fault::is_unsupported,
    module::Epoch,
    objects::Found,
    worker::Worker,
};
use crate::{Key, KeyError, Pkcs11Uri};
use crypto::{
    KeyAlgorithm, MechanismInput, PublicKey, SignatureAlgorithm, ecdsa_raw_to_der, sm2_identity,
};

/// A key of a token; stays good across the token's restarts.
pub(super) struct TokenKey {
    device: Arc<Device>,
    shared: Arc<Shared>,
}

struct Shared {
    text: String,
    uri: Pkcs11Uri,
    algorithm: KeyAlgorithm,
    public_key: PublicKey,
    /// SM3 over the signer's identity and key (GB/T 32918.2 §5.5), for SM2 only.
    sm2_identity: Option<[u8; 32]>,
    handle: Mutex<(Epoch, ObjectHandle)>,
    destroyed: AtomicBool,
}

impl TokenKey {
    pub(super) fn new(device: Arc<Device>, epoch: Epoch, found: Found) -> Self {
        let sm2_identity = (found.algorithm == KeyAlgorithm::Sm2)
            .then(|| sm2_identity(&device.sm2_id, found.public_key.subject_public_key()))
            .flatten();
        Self {
            device,
            shared: Arc::new(Shared {
                text: found.uri.to_string(),
                uri: found.uri,
                algorithm: found.algorithm,
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

    /// From now on this handle answers that there is no such key.
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
        self.shared.algorithm
    }

    fn public_key(&self) -> &PublicKey {
        &self.shared.public_key
    }

    async fn sign(
        &self,
        algorithm: SignatureAlgorithm,
        message: &[u8],
    ) -> Result<Vec<u8>, KeyError> {
        let shared = &self.shared;
        if self.is_destroyed() {
            return Err(KeyError::NoSuchKey {
                uri: shared.text.clone(),
            });
        }
        if !shared.algorithm.signatures().contains(&algorithm) {
            return Err(KeyError::UnsupportedSignature {
                key: shared.algorithm,
                signature: algorithm,
            });
        }
        let (shared, message) = (Arc::clone(shared), message.to_vec());
        self.device
            .sign(move |worker| shared.sign(worker, algorithm, &message))
            .await
    }
}

impl fmt::Debug for TokenKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("TokenKey")
            .field("uri", &self.shared.text)
            .field("algorithm", &self.shared.algorithm)
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
            key: self.algorithm,
            signature: algorithm,
        };
        let handle = self.current_handle(worker)?;
        let sm2 = worker.device.sm2;
        let (mechanism, input) = algorithm.mechanism(sm2.as_ref()).ok_or_else(unsupported)?;
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
                reason: format!("it made a signature of {} bytes", raw.len()),
            }),
            Err(error) if is_unsupported(&error) => Err(unsupported()),
            Err(error) => Err(worker.failed(&error)),
        }
    }

    /// The handle in the worker's epoch, looked up once in each.
    fn current_handle(&self, worker: &mut Worker) -> Result<ObjectHandle, KeyError> {
        let epoch = worker.link.epoch;
        let (of, handle) = *self.handle.lock();
        if of == epoch {
            return Ok(handle);
        }
        let found = match worker.find(&self.uri) {
            // A token that has just come back may still be filling up.
            Err(KeyError::NoSuchKey { .. }) if worker.link.since.elapsed() < SETTLING => {
                return Err(unavailable(
                    &worker.device.name,
                    "it does not show the key yet",
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
