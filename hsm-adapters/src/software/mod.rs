//! The software keystore: one encrypted PKCS#8 file a key.

mod key;
mod key_file;
mod key_pair;
mod sm2_key;

use std::{
    collections::HashMap,
    fmt, fs, io,
    path::{Path, PathBuf},
    sync::Arc,
    time::Duration,
};

use async_trait::async_trait;
use parking_lot::Mutex;
use zeroize::Zeroizing;

use self::{key::SoftwareKey, key_pair::KeyPair};
use crate::{
    Key, KeyError, KeyInfo, KeyStore, KeyUri,
    lane::{Lane, LaneOwner},
    uri,
};
use crypto::KeyAlgorithm;

/// How to open a [`SoftwareStore`].
pub struct SoftwareSettings {
    /// The folder of key files, made with mode 0700 where it is missing.
    pub folder: PathBuf,
    /// What the files are encrypted with. Without it no key opens.
    pub passphrase: Option<Zeroizing<String>>,
    /// How many slow signatures may wait.
    pub queue: usize,
    /// How long one signature may take, waiting included.
    pub timeout: Duration,
    /// The signer's identity in SM2 signatures (GB/T 32918.2 §5.5).
    pub sm2_id: String,
}

/// The adapter for keys in files. Cheap to clone.
#[derive(Clone)]
pub struct SoftwareStore(Arc<Shared>);

struct Shared {
    folder: PathBuf,
    passphrase: Option<Zeroizing<String>>,
    sm2_id: String,
    slow: Arc<LaneOwner<()>>,
    open: Mutex<HashMap<String, Arc<SoftwareKey>>>,
}

impl SoftwareStore {
    /// Opens the folder; no key is decrypted before its first use.
    ///
    /// # Errors
    /// [`KeyError::LoosePermissions`], or [`KeyError::Unavailable`] where the
    /// folder cannot be made.
    pub fn open(settings: SoftwareSettings) -> Result<Self, KeyError> {
        private_files::create_folder(&settings.folder)?;
        let slow = Lane::new(NAME, settings.queue, settings.timeout);
        key::start_threads(&slow).map_err(|error| KeyError::io(&settings.folder, &error))?;
        Ok(Self(Arc::new(Shared {
            folder: settings.folder,
            passphrase: settings.passphrase,
            sm2_id: settings.sm2_id,
            slow: LaneOwner::new(slow),
            open: Mutex::new(HashMap::new()),
        })))
    }

    /// Runs file work and key derivation where they hold nobody up.
    async fn blocking<T: Send + 'static>(
        &self,
        work: impl FnOnce(&Shared) -> Result<T, KeyError> + Send + 'static,
    ) -> Result<T, KeyError> {
        let shared = Arc::clone(&self.0);
        tokio::task::spawn_blocking(move || work(&shared))
            .await
            .map_err(|_| KeyError::Unavailable {
                store: NAME.to_owned(),
                reason: "the process is stopping".to_owned(),
            })?
    }
}

#[async_trait]
impl KeyStore for SoftwareStore {
    fn name(&self) -> &str {
        NAME
    }

    async fn algorithms(&self) -> Result<Vec<KeyAlgorithm>, KeyError> {
        Ok(KeyAlgorithm::all().collect())
    }

    async fn find(&self, uri: &str) -> Result<Arc<dyn Key>, KeyError> {
        let label = label_of(uri)?;
        let key = self.blocking(move |shared| shared.find(&label)).await?;
        Ok(key)
    }

    async fn generate(
        &self,
        label: &str,
        algorithm: KeyAlgorithm,
    ) -> Result<Arc<dyn Key>, KeyError> {
        uri::check_label(label)?;
        let label = label.to_owned();
        let key = self
            .blocking(move |shared| shared.generate(&label, algorithm))
            .await?;
        Ok(key)
    }

    async fn list(&self) -> Result<Vec<KeyInfo>, KeyError> {
        self.blocking(Shared::list).await
    }

    async fn destroy(&self, uri: &str) -> Result<(), KeyError> {
        let label = label_of(uri)?;
        self.blocking(move |shared| shared.destroy(&label)).await
    }

    async fn check(&self) -> Result<(), KeyError> {
        self.blocking(Shared::check).await
    }
}

impl fmt::Debug for SoftwareStore {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SoftwareStore")
            .field("folder", &self.0.folder)
            .finish_non_exhaustive()
    }
}

impl Shared {
    fn find(&self, label: &str) -> Result<Arc<SoftwareKey>, KeyError> {
        if let Some(key) = self.open.lock().get(label) {
            return Ok(Arc::clone(key));
        }
        let path = self.path(label);
        if !exists(&path)? {
            return Err(KeyError::NoSuchKey { uri: uri_of(label) });
        }
        let pair = key_file::open(&path, self.passphrase()?, &self.sm2_id)?;
        let key = self.keep(label, pair)?;
        // Someone may have destroyed it while it was being decrypted.
        if exists(&path)? {
            return Ok(key);
        }
        key.destroy();
        self.open.lock().remove(label);
        Err(KeyError::NoSuchKey { uri: uri_of(label) })
    }

    fn generate(&self, label: &str, algorithm: KeyAlgorithm) -> Result<Arc<SoftwareKey>, KeyError> {
        let taken = || KeyError::KeyExists { uri: uri_of(label) };
        let passphrase = self.passphrase()?;
        let path = self.path(label);
        if exists(&path)? {
            return Err(taken());
        }
        let (pair, pkcs8) = KeyPair::generate(algorithm, &self.sm2_id).map_err(refused)?;
        key_file::create(&path, algorithm, &pkcs8, passphrase).map_err(|error| {
            match error.kind() {
                io::ErrorKind::AlreadyExists => taken(),
                _ => KeyError::io(&path, &error),
            }
        })?;
        self.keep(label, pair)
    }

    fn list(&self) -> Result<Vec<KeyInfo>, KeyError> {
        let mut keys = Vec::new();
        for label in self.labels()? {
            let algorithm = match key_file::declared_algorithm(&self.path(&label))? {
                Some(algorithm) => algorithm,
                None => self.find(&label)?.algorithm(),
            };
            keys.push(KeyInfo {
                uri: uri_of(&label),
                algorithm,
            });
        }
        Ok(keys)
    }

    fn destroy(&self, label: &str) -> Result<(), KeyError> {
        let path = self.path(label);
        match private_files::destroy(&path) {
            Ok(()) => {}
            Err(error) if error.kind() == io::ErrorKind::NotFound => {
                return Err(KeyError::NoSuchKey { uri: uri_of(label) });
            }
            Err(error) => return Err(KeyError::io(&path, &error)),
        }
        if let Some(key) = self.open.lock().remove(label) {
            key.destroy();
        }
        Ok(())
    }

    /// Folder and files are as they must be, and the passphrase opens one key.
    fn check(&self) -> Result<(), KeyError> {
        private_files::check(&self.folder)?;
        let labels = self.labels()?;
        for label in &labels {
            private_files::check(&self.path(label))?;
        }
        let has_open_key = !self.open.lock().is_empty();
        match labels.first() {
            Some(label) if !has_open_key => self.find(label).map(|_| ()),
            _ => Ok(()),
        }
    }

    /// The labels of all key files, sorted.
    fn labels(&self) -> Result<Vec<String>, KeyError> {
        let failed = |error: io::Error| KeyError::io(&self.folder, &error);
        let mut labels = Vec::new();
        for entry in fs::read_dir(&self.folder).map_err(failed)? {
            let name = entry.map_err(failed)?.file_name();
            let label = name.to_str().and_then(|name| name.strip_suffix(SUFFIX));
            labels.extend(
                label
                    .filter(|label| uri::check_label(label).is_ok())
                    .map(str::to_owned),
            );
        }
        labels.sort_unstable();
        Ok(labels)
    }

    fn keep(&self, label: &str, pair: KeyPair) -> Result<Arc<SoftwareKey>, KeyError> {
        let slow = Arc::clone(&self.slow);
        let key = SoftwareKey::new(uri_of(label), pair, &self.sm2_id, slow).map_err(refused)?;
        // Two callers may have decrypted the same key; both get the first one's.
        let mut open = self.open.lock();
        let kept = open
            .entry(label.to_owned())
            .or_insert_with(|| Arc::new(key));
        Ok(Arc::clone(kept))
    }

    fn passphrase(&self) -> Result<&str, KeyError> {
        self.passphrase
            .as_deref()
            .map(String::as_str)
            .ok_or_else(|| refused("no passphrase is set for it"))
    }

    fn path(&self, label: &str) -> PathBuf {
        self.folder.join(format!("{label}{SUFFIX}"))
    }
}

fn label_of(text: &str) -> Result<String, KeyError> {
    match text.parse()? {
        KeyUri::Software { label } => Ok(label),
        KeyUri::Pkcs11(_) => Err(KeyError::NoSuchKey {
            uri: text.to_owned(),
        }),
    }
}

fn uri_of(label: &str) -> String {
    KeyUri::Software {
        label: label.to_owned(),
    }
    .to_string()
}

fn exists(path: &Path) -> Result<bool, KeyError> {
    path.try_exists()
        .map_err(|error| KeyError::io(path, &error))
}

fn refused(reason: &str) -> KeyError {
    KeyError::Refused {
        store: NAME.to_owned(),
        reason: reason.to_owned(),
    }
}

const NAME: &str = "software";
const SUFFIX: &str = ".pem";
