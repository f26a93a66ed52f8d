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
use der::Decode;
use parking_lot::Mutex;
use sm3::Digest as _;

use super::{
    device::{Device, unavailable},
    encoding,
    fault::is_unsupported,
    module::Epoch,
    objects::Found,
    worker::Worker,
};
use crate::{Key, KeyAlgorithm, KeyError, Pkcs11Uri, SignatureAlgorithm, algorithm::Input};

/// A key of a token; stays good across the token's restarts.
pub(super) struct TokenKey {
    device: Arc<Device>,
    shared: Arc<Shared>,
}

struct Shared {
    text: String,
    uri: Pkcs11Uri,
    algorithm: KeyAlgorithm,
    public_key: Vec<u8>,
    /// SM3 over the signer's identity and key (GB/T 32918.2 §5.5), for SM2 only.
    sm2_identity: Option<[u8; 32]>,
    handle: Mutex<(Epoch, ObjectHandle)>,
    destroyed: AtomicBool,
}

impl TokenKey {
    pub(super) fn new(device: Arc<Device>, epoch: Epoch, found: Found) -> Self {
        let sm2_identity = (found.algorithm == KeyAlgorithm::Sm2)
            .then(|| sm2_identity(&device.sm2_id, &found.public_key))
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

    fn public_key(&self) -> &[u8] {
        &self.shared.public_key
    }

    fn sm2_id(&self) -> Option<&str> {
        Some(&self.device.sm2_id)
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
            Input::Message => worker.session.sign(&mechanism, handle, message),
            Input::Digest(digest) => worker
                .session
                .sign(&mechanism, handle, &digest.hash(message)),
            Input::Sm2 => {
                let identity = self.sm2_identity.ok_or_else(unsupported)?;
                let digest = sm3::Sm3::new()
                    .chain_update(identity)
                    .chain_update(message)
                    .finalize();
                worker.session.sign(&mechanism, handle, &digest)
            }
        };
        match signed {
            Ok(signature) if input == Input::Message => Ok(signature),
            Ok(raw) => encoding::signature(&raw).ok_or_else(|| KeyError::Refused {
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

/// Z of GB/T 32918.2 §5.5: SM3 over ENTL, ID, a, b, G and the public point.
fn sm2_identity(id: &str, public_key: &[u8]) -> Option<[u8; 32]> {
    let spki = spki::SubjectPublicKeyInfoRef::from_der(public_key).ok()?;
    let point = spki.subject_public_key.as_bytes()?.strip_prefix(&[4])?;
    let bits = u16::try_from(id.len()).ok()?.checked_mul(8)?;
    let digest = sm3::Sm3::new()
        .chain_update(bits.to_be_bytes())
        .chain_update(id)
        .chain_update(SM2_A_B_G)
        .chain_update(point)
        .finalize();
    Some(digest.into())
}

const SETTLING: Duration = Duration::from_secs(30);

/// a, b, x and y of sm2p256v1's parameters (GB/T 32918.5 §2).
const SM2_A_B_G: [u8; 128] = hex_literal(concat!(
    "FFFFFFFEFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFF00000000FFFFFFFFFFFFFFFC",
    "28E9FA9E9D9F5E344D5A9E4BCF6509A7F39789F515AB8F92DDBCBD414D940E93",
    "32C4AE2C1F1981195F9904466A39C9948FE30BBFF2660BE1715A4589334C74C7",
    "BC3736A2F4F6779C59BDCEE36B692153D0A9877CC62A474002DF32E52139F0A0",
));

const fn hex_literal(text: &str) -> [u8; 128] {
    const fn digit(byte: u8) -> u8 {
        match byte {
            b'0'..=b'9' => byte - b'0',
            _ => byte - b'A' + 10,
        }
    }
    let text = text.as_bytes();
    let mut bytes = [0; 128];
    let mut index = 0;
    while index < bytes.len() {
        bytes[index] = digit(text[2 * index]) << 4 | digit(text[2 * index + 1]);
        index += 1;
    }
    bytes
}
