//! Keys on a PKCS#11 token, through `cryptoki`.

mod attributes;
mod call_deadline;
mod device;
mod fault;
mod key;
mod module;
mod objects;
mod secrets;
mod worker;

use std::{
    fmt,
    path::PathBuf,
    sync::{Arc, Weak},
    thread::{self, JoinHandle},
    time::Duration,
};

use async_trait::async_trait;
use cryptoki::types::AuthPin;
use parking_lot::Mutex;
use zeroize::Zeroizing;

use self::{
    device::{Device, DeviceSettings, unavailable},
    key::TokenKey,
    module::{Epoch, Module},
    objects::Found,
    worker::{Worker, Workers},
};
use crate::{
    Key, KeyError, KeyInfo, KeySpec, KeyStore, KeyUri, Pkcs11Uri, Sm2Settings, Wrap, WrappedKey,
    job_queue::JobQueue, passphrase::read_secret_file, uri::bad_uri, wrapping::confirm_pair,
};
use crypto::{KeyAlgorithm, PublicKey};

/// How to open a [`Pkcs11Store`].
#[derive(Clone, Debug)]
pub struct Pkcs11Settings {
    /// The token, with `module-path` or `module-name`, and `pin-source`.
    pub uri: Pkcs11Uri,
    /// How many operations may wait.
    pub queue: usize,
    /// How long one operation may take, waiting included.
    pub timeout: Duration,
    /// Sessions, each with its own thread; 0 is one per core, at least two.
    pub sessions: usize,
    /// What the token calls SM2, and the signer's id.
    pub sm2: Sm2Settings,
}

/// The adapter for keys on one token.
pub struct Pkcs11Store {
    workers: Workers,
    threads: Mutex<Vec<JoinHandle<()>>>,
    handles: Mutex<Vec<Weak<TokenKey>>>,
}

impl Pkcs11Store {
    /// Opens a token. One that is unavailable now is not an error: its operations
    /// return [`KeyError::Unavailable`] until it is back.
    ///
    /// # Errors
    /// What waiting does not fix: a wrong setting, a library that does not load,
    /// a wrong PIN, a PIN file that others can read.
    pub async fn open(settings: Pkcs11Settings) -> Result<Self, KeyError> {
        let opened = tokio::task::spawn_blocking(move || Self::open_blocking(settings)).await;
        opened.map_err(|_| unavailable("pkcs11", "the process is stopping"))?
    }

    fn open_blocking(settings: Pkcs11Settings) -> Result<Self, KeyError> {
        let text = settings.uri.to_string();
        let path = module_path(&settings.uri)
            .ok_or_else(|| bad_uri(&text, "it has neither module-path nor module-name"))?;
        let module = Module::load(&path)
            .map_err(|error| bad_uri(&text, format!("its library does not load: {error}")))?;
        let pin = match &settings.uri.pin_source {
            Some(file) => Some(secret_pin(&read_secret_file(file)?)),
            None => None,
        };
        let sessions = match settings.sessions {
            0 => thread::available_parallelism().map_or(2, |cores| cores.get().max(2)),
            number => number,
        };
        let name = settings.uri.token_only().to_string();
        let queue = JobQueue::new(&name, settings.queue, settings.timeout);
        let device = Arc::new(Device::new(
            module,
            DeviceSettings {
                token: settings.uri,
                pin,
                sm2: settings.sm2,
                timeout: settings.timeout,
                sessions,
            },
            Arc::clone(&queue) as _,
        ));
        match device.connect() {
            Ok(()) => {}
            Err(error) if error.is_transient() => {
                tracing::warn!(store = device.name, %error, "PKCS#11 device is down at start");
            }
            Err(error) => return Err(error),
        }
        let workers = Workers { device, queue };
        let threads = worker::start(&workers).map_err(|error| {
            let device = &workers.device;
            device.close();
            unavailable(&device.name, &error.to_string())
        })?;
        Ok(Self {
            workers,
            threads: Mutex::new(threads),
            handles: Mutex::new(Vec::new()),
        })
    }

    fn handle(&self, epoch: Epoch, found: Found) -> Arc<TokenKey> {
        let key = Arc::new(TokenKey::new(self.workers.clone(), epoch, found));
        let mut handles = self.handles.lock();
        handles.retain(|handle| handle.strong_count() > 0);
        handles.push(Arc::downgrade(&key));
        key
    }

    async fn find_key(&self, uri: Pkcs11Uri) -> Result<Arc<TokenKey>, KeyError> {
        let find =
            move |worker: &mut Worker| Ok((worker.connection.epoch, objects::find(worker, &uri)?));
        let (epoch, found) = self.workers.call(find).await?;
        Ok(self.handle(epoch, found))
    }

    /// The address of a new key.
    fn new_uri(&self, label: &str) -> Result<Pkcs11Uri, KeyError> {
        if label.is_empty() {
            return Err(bad_uri(label, "a key needs a label"));
        }
        Ok(self.workers.device.token.with_object(label))
    }

    fn parse(&self, text: &str) -> Result<Pkcs11Uri, KeyError> {
        match text.parse()? {
            KeyUri::Pkcs11(uri) if uri.object.is_none() && uri.id.is_none() => {
                Err(bad_uri(text, "it names neither object nor id"))
            }
            KeyUri::Pkcs11(uri) if uri.is_on(&self.workers.device.token) => Ok(*uri),
            _ => Err(KeyError::NoSuchKey {
                uri: text.to_owned(),
            }),
        }
    }
}

#[async_trait]
impl KeyStore for Pkcs11Store {
    fn name(&self) -> &str {
        &self.workers.device.name
    }

    fn owns(&self, uri: &KeyUri) -> bool {
        matches!(uri, KeyUri::Pkcs11(uri) if uri.is_on(&self.workers.device.token))
    }

    fn uri_of(&self, label: &str) -> String {
        self.workers.device.token.with_object(label).to_string()
    }

    async fn algorithms(&self) -> Result<Vec<KeyAlgorithm>, KeyError> {
        Ok(self.workers.device.connection()?.algorithms.to_vec())
    }

    async fn find(&self, uri: &str) -> Result<Arc<dyn Key>, KeyError> {
        Ok(self.find_key(self.parse(uri)?).await?)
    }

    async fn generate(&self, label: &str, spec: KeySpec) -> Result<Arc<dyn Key>, KeyError> {
        let uri = self.new_uri(label)?;
        spec.validate()?;
        let timeout = self.workers.device.timeout.max(GENERATION);
        let generate = move |worker: &mut Worker| {
            worker.extend_deadline(timeout);
            Ok((
                worker.connection.epoch,
                objects::generate(worker, &uri, spec)?,
            ))
        };
        let (epoch, found) = self.workers.call_within(timeout, generate).await?;
        Ok(self.handle(epoch, found))
    }

    async fn list(&self) -> Result<Vec<KeyInfo>, KeyError> {
        self.workers.call(objects::list).await
    }

    async fn destroy(&self, uri: &str) -> Result<(), KeyError> {
        let wanted = self.parse(uri)?;
        let destroy = move |worker: &mut Worker| {
            let public_key = objects::find(worker, &wanted).map(|found| found.public_key);
            objects::destroy(worker, &wanted).map(|()| public_key.ok())
        };
        let public_key = self.workers.call(destroy).await?;
        for handle in self.handles.lock().iter().filter_map(Weak::upgrade) {
            if public_key.as_ref() == Some(handle.public_key()) {
                handle.destroy();
            }
        }
        Ok(())
    }

    async fn check(&self) -> Result<(), KeyError> {
        let live = self
            .handles
            .lock()
            .iter()
            .filter_map(Weak::upgrade)
            .find(|key| !key.is_destroyed());
        let in_use = live.and_then(|key| key.uri().parse().ok());
        let look = move |worker: &mut Worker| objects::check(worker, in_use.as_ref());
        self.workers.call(look).await
    }

    fn as_wrap(&self) -> Option<&dyn Wrap> {
        Some(self)
    }

    async fn interrupt(&self) -> bool {
        let (module, timeout) = (
            Arc::clone(&self.workers.device.module),
            self.workers.device.timeout,
        );
        tokio::task::spawn_blocking(move || module.interrupt(timeout))
            .await
            .unwrap_or(false)
    }

    async fn close(&self) {
        self.workers.device.close();
        let threads = std::mem::take(&mut *self.threads.lock());
        let device = Arc::clone(&self.workers.device);
        let joined = tokio::task::spawn_blocking(move || {
            for thread in threads {
                if thread.join().is_err() {
                    tracing::error!(store = device.name, "a PKCS#11 thread panicked");
                }
            }
        });
        // A call that hangs in the library must not hang the caller of this.
        let _ = tokio::time::timeout(self.workers.device.timeout, joined).await;
    }
}

#[async_trait]
impl Wrap for Pkcs11Store {
    async fn wrap(&self, uri: &str, recipient: &PublicKey) -> Result<WrappedKey, KeyError> {
        let (uri, recipient) = (self.parse(uri)?, recipient.clone());
        self.workers
            .call(move |worker| secrets::wrap(worker, &uri, &recipient))
            .await
    }

    async fn unwrap(
        &self,
        unwrapping_key: &str,
        label: &str,
        wrapped: &WrappedKey,
    ) -> Result<Arc<dyn Key>, KeyError> {
        wrapped.spec.validate()?;
        let unwrapping_key = self.parse(unwrapping_key)?;
        let uri = self.new_uri(label)?;
        let (new, wrapped) = (uri.clone(), wrapped.clone());
        self.workers
            .call(move |worker| secrets::unwrap(worker, &unwrapping_key, &new, &wrapped))
            .await?;
        let key = self.find_key(uri).await?;
        if let Err(error) = confirm_pair(key.as_ref()).await {
            self.destroy(key.uri()).await?;
            return Err(error);
        }
        Ok(key)
    }
}

impl Drop for Pkcs11Store {
    fn drop(&mut self) {
        self.workers.device.close();
    }
}

impl fmt::Debug for Pkcs11Store {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Pkcs11Store")
            .field("name", &self.workers.device.name)
            .finish_non_exhaustive()
    }
}

fn module_path(uri: &Pkcs11Uri) -> Option<PathBuf> {
    let by_name = || {
        uri.module_name
            .as_ref()
            .map(|name| format!("{name}.so").into())
    };
    uri.module_path.clone().or_else(by_name)
}

/// `cryptoki`'s own type, which zeroizes the PIN too.
fn secret_pin(pin: &Zeroizing<String>) -> AuthPin {
    AuthPin::from(pin.as_str())
}

/// An HSM may take a minute for an RSA key of 4096 bits.
const GENERATION: Duration = Duration::from_secs(180);
