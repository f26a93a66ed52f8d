//! Keys on a PKCS#11 token, by `cryptoki`.

mod device;
mod encoding;
mod fault;
mod key;
mod module;
mod objects;
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

pub(crate) use self::worker::Worker;
use self::{
    device::{Device, DeviceSettings, unavailable},
    key::TokenKey,
    module::{Epoch, Module},
    objects::Found,
};
use crate::{
    Key, KeyError, KeyInfo, KeyStore, KeyUri, Pkcs11Uri, passphrase::read_secret_file, uri::bad_uri,
};
use crypto::{KeyAlgorithm, Sm2Mechanisms};

/// How to open a [`Pkcs11Store`].
#[derive(Clone, Debug)]
pub struct Pkcs11Settings {
    /// The token, with `module-path` or `module-name`, and `pin-source`.
    pub uri: Pkcs11Uri,
    /// How many operations may wait.
    pub queue: usize,
    /// How long one operation may take, waiting included.
    pub timeout: Duration,
    /// Sessions, each with a thread of its own; 0 is one a core.
    pub sessions: usize,
    /// What the token calls SM2, where it has it.
    pub sm2: Option<Sm2Mechanisms>,
    /// The signer's identity in SM2 signatures.
    pub sm2_id: String,
}

/// The adapter for keys on one token.
pub struct Pkcs11Store {
    device: Arc<Device>,
    threads: Mutex<Vec<JoinHandle<()>>>,
    handles: Mutex<Vec<Weak<TokenKey>>>,
}

impl Pkcs11Store {
    /// Opens a token. One that is away now is not an error: its operations
    /// answer [`KeyError::Unavailable`] until it is there.
    ///
    /// # Errors
    /// What time does not mend: a wrong setting, a library that does not load,
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
            0 => thread::available_parallelism().map_or(1, usize::from),
            number => number,
        };
        let device = Arc::new(Device::new(
            module,
            DeviceSettings {
                token: settings.uri,
                pin,
                sm2: settings.sm2,
                sm2_id: settings.sm2_id,
                queue: settings.queue,
                timeout: settings.timeout,
                sessions,
            },
        ));
        match device.connect() {
            Ok(()) => {}
            Err(error) if error.is_transient() => {
                tracing::warn!(store = device.name, %error, "PKCS#11 device is down at start");
            }
            Err(error) => return Err(error),
        }
        let threads = worker::start(&device).map_err(|error| {
            device.close();
            unavailable(&device.name, &error.to_string())
        })?;
        Ok(Self {
            device,
            threads: Mutex::new(threads),
            handles: Mutex::new(Vec::new()),
        })
    }

    /// The token's address, as the URIs of its keys begin.
    pub fn token(&self) -> Pkcs11Uri {
        self.device.token.token_only()
    }

    fn handle(&self, epoch: Epoch, found: Found) -> Arc<dyn Key> {
        let key = Arc::new(TokenKey::new(Arc::clone(&self.device), epoch, found));
        let mut handles = self.handles.lock();
        handles.retain(|handle| handle.strong_count() > 0);
        handles.push(Arc::downgrade(&key));
        key
    }

    fn uri_of(&self, text: &str) -> Result<Pkcs11Uri, KeyError> {
        match text.parse()? {
            KeyUri::Pkcs11(uri) if uri.object.is_none() && uri.id.is_none() => {
                Err(bad_uri(text, "it names neither object nor id"))
            }
            KeyUri::Pkcs11(uri) if uri.is_on(&self.device.token) => Ok(*uri),
            _ => Err(KeyError::NoSuchKey {
                uri: text.to_owned(),
            }),
        }
    }
}

#[async_trait]
impl KeyStore for Pkcs11Store {
    fn name(&self) -> &str {
        &self.device.name
    }

    async fn algorithms(&self) -> Result<Vec<KeyAlgorithm>, KeyError> {
        Ok(self.device.link()?.algorithms.to_vec())
    }

    async fn find(&self, uri: &str) -> Result<Arc<dyn Key>, KeyError> {
        let wanted = self.uri_of(uri)?;
        let find = move |worker: &mut Worker| Ok((worker.link.epoch, worker.find(&wanted)?));
        let (epoch, found) = self.device.call(self.device.timeout, find).await?;
        Ok(self.handle(epoch, found))
    }

    async fn generate(
        &self,
        label: &str,
        algorithm: KeyAlgorithm,
    ) -> Result<Arc<dyn Key>, KeyError> {
        if label.is_empty() {
            return Err(bad_uri(label, "a key needs a label"));
        }
        let uri = self.device.token.with_object(label);
        let patience = self.device.timeout.max(GENERATION);
        let make = move |worker: &mut Worker| {
            worker.take_time(patience);
            Ok((worker.link.epoch, worker.generate(&uri, algorithm)?))
        };
        let (epoch, found) = self.device.call(patience, make).await?;
        Ok(self.handle(epoch, found))
    }

    async fn list(&self) -> Result<Vec<KeyInfo>, KeyError> {
        self.device.call(self.device.timeout, Worker::list).await
    }

    async fn destroy(&self, uri: &str) -> Result<(), KeyError> {
        let wanted = self.uri_of(uri)?;
        let destroy = move |worker: &mut Worker| {
            let public_key = worker.find(&wanted).map(|found| found.public_key);
            worker.destroy(&wanted).map(|()| public_key.ok())
        };
        let public_key = self.device.call(self.device.timeout, destroy).await?;
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
        let look = move |worker: &mut Worker| worker.check(in_use.as_ref());
        self.device.call(self.device.timeout, look).await
    }

    async fn interrupt(&self) -> bool {
        let (module, patience) = (Arc::clone(&self.device.module), self.device.timeout);
        tokio::task::spawn_blocking(move || module.interrupt(patience))
            .await
            .unwrap_or(false)
    }

    async fn close(&self) {
        self.device.close();
        let threads = std::mem::take(&mut *self.threads.lock());
        let device = Arc::clone(&self.device);
        let joined = tokio::task::spawn_blocking(move || {
            for thread in threads {
                if thread.join().is_err() {
                    tracing::error!(store = device.name, "a PKCS#11 thread panicked");
                }
            }
        });
        // A call that hangs in the library must not hang the one who closes.
        let _ = tokio::time::timeout(self.device.timeout, joined).await;
    }
}

impl Drop for Pkcs11Store {
    fn drop(&mut self) {
        self.device.close();
    }
}

impl fmt::Debug for Pkcs11Store {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Pkcs11Store")
            .field("name", &self.device.name)
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
