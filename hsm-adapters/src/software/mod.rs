//! The software key store: one encrypted PKCS#8 file per key.

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
use crypto::{KeyAlgorithm, PublicKey};
use parking_lot::Mutex;
use zeroize::Zeroizing;

use self::{key::SoftwareKey, key_pair::KeyPair};
use crate::{
    Key, KeyError, KeyInfo, KeySpec, KeyStore, KeyUri, KeyUsage, Wrap, WrappedKey,
    job_queue::{JobQueue, JobQueueOwner},
    uri, wrapping,
};

/// How to open a [`SoftwareStore`].
pub struct SoftwareSettings {
    /// The folder of key files, created with mode 0700 if it is missing.
    pub folder: PathBuf,
    /// What the files are encrypted with. Without it no key opens.
    pub passphrase: Option<Zeroizing<String>>,
    /// How many slow operations may wait.
    pub queue: usize,
    /// How long one operation may take, waiting included.
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
    slow: Arc<JobQueueOwner<()>>,
    open: Mutex<HashMap<String, Arc<SoftwareKey>>>,
}

impl SoftwareStore {
    /// Opens the folder; no key is decrypted before its first use.
    ///
    /// # Errors
    /// [`KeyError::LoosePermissions`], or [`KeyError::Unavailable`] if the folder
    /// cannot be created.
    pub fn open(settings: SoftwareSettings) -> Result<Self, KeyError> {
        private_files::create_folder(&settings.folder)?;
        let slow = JobQueue::new(NAME, settings.queue, settings.timeout);
        key::start_threads(&slow).map_err(|error| KeyError::io(&settings.folder, &error))?;
        Ok(Self(Arc::new(Shared {
            folder: settings.folder,
            passphrase: settings.passphrase,
            sm2_id: settings.sm2_id,
            slow: JobQueueOwner::new(slow),
            open: Mutex::new(HashMap::new()),
        })))
    }

    async fn find_key(&self, uri: &str) -> Result<Arc<SoftwareKey>, KeyError> {
        let label = label_of(uri)?;
        self.blocking(move |shared| shared.find(&label)).await
    }

    /// Runs file work and key derivation on threads that may block.
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

    fn owns(&self, uri: &KeyUri) -> bool {
        matches!(uri, KeyUri::Software { .. })
    }

    fn uri_of(&self, label: &str) -> String {
        uri_of(label)
    }

    async fn algorithms(&self) -> Result<Vec<KeyAlgorithm>, KeyError> {
        Ok(KeyAlgorithm::all().collect())
    }

    async fn find(&self, uri: &str) -> Result<Arc<dyn Key>, KeyError> {
        Ok(self.find_key(uri).await?)
    }

    async fn generate(&self, label: &str, spec: KeySpec) -> Result<Arc<dyn Key>, KeyError> {
        uri::check_label(label)?;
        spec.validate()?;
        let label = label.to_owned();
        let key = self
            .blocking(move |shared| shared.generate(&label, spec))
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

    fn as_wrap(&self) -> Option<&dyn Wrap> {
        Some(self)
    }

    async fn check(&self) -> Result<(), KeyError> {
        self.blocking(Shared::check).await
    }
}

#[async_trait]
impl Wrap for SoftwareStore {
    async fn wrap(&self, uri: &str, recipient: &PublicKey) -> Result<WrappedKey, KeyError> {
        let key = self.find_key(uri).await?;
        if !key.spec().exportable {
            return Err(KeyError::NotExportable {
                uri: key.uri().to_owned(),
            });
        }
        let (label, recipient) = (label_of(uri)?, recipient.clone());
        self.blocking(move |shared| {
            let pkcs8 = key_file::read_pkcs8(&shared.path(&label), shared.passphrase()?)?;
            let ciphertext = wrapping::wrap(pkcs8.as_bytes(), &recipient).ok_or_else(|| {
                KeyError::UnsupportedOperation {
                    store: NAME.to_owned(),
                    operation: format!("wrap a key for a {:?} key", recipient.kind()),
                }
            })?;
            Ok(WrappedKey {
                spec: key.spec(),
                public_key: key.public_key().clone(),
                ciphertext,
            })
        })
        .await
    }

    async fn unwrap(
        &self,
        unwrapping_key: &str,
        label: &str,
        wrapped: &WrappedKey,
    ) -> Result<Arc<dyn Key>, KeyError> {
        uri::check_label(label)?;
        let unwrapping_key = self.find_key(unwrapping_key).await?;
        unwrapping_key.permit(KeyUsage::WRAP)?;
        let ciphertext = wrapped.ciphertext.clone();
        let pkcs8 = unwrapping_key
            .open_secret(move |pair| pair.unwrap(&ciphertext))
            .await?;
        let (label, wrapped) = (label.to_owned(), wrapped.clone());
        let key = self
            .blocking(move |shared| shared.import(&label, &wrapped, &pkcs8))
            .await?;
        Ok(key)
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

    fn generate(&self, label: &str, spec: KeySpec) -> Result<Arc<SoftwareKey>, KeyError> {
        self.refuse_existing(label)?;
        let (pair, pkcs8) = KeyPair::generate(spec, &self.sm2_id).map_err(refused)?;
        self.store(label, pair, pkcs8.as_bytes())
    }

    /// Stores an unwrapped key, if it is the one that it should be.
    fn import(
        &self,
        label: &str,
        wrapped: &WrappedKey,
        pkcs8: &[u8],
    ) -> Result<Arc<SoftwareKey>, KeyError> {
        let bad = |_| KeyError::BadCiphertext { uri: uri_of(label) };
        self.refuse_existing(label)?;
        let KeySpec {
            usage, exportable, ..
        } = wrapped.spec;
        let pair = KeyPair::from_pkcs8(pkcs8, usage, exportable, &self.sm2_id).map_err(bad)?;
        let public_key = pair.public_key().map_err(bad)?;
        if public_key != wrapped.public_key.der() || pair.spec() != wrapped.spec {
            return Err(bad(""));
        }
        self.store(label, pair, pkcs8)
    }

    fn store(
        &self,
        label: &str,
        pair: KeyPair,
        pkcs8: &[u8],
    ) -> Result<Arc<SoftwareKey>, KeyError> {
        let path = self.path(label);
        key_file::create(&path, pair.spec(), pkcs8, self.passphrase()?).map_err(
            |error| match error.kind() {
                io::ErrorKind::AlreadyExists => KeyError::KeyExists { uri: uri_of(label) },
                _ => KeyError::io(&path, &error),
            },
        )?;
        self.keep(label, pair)
    }

    /// Refuses a taken name before the work of generating a key for it.
    fn refuse_existing(&self, label: &str) -> Result<(), KeyError> {
        if exists(&self.path(label))? {
            return Err(KeyError::KeyExists { uri: uri_of(label) });
        }
        self.passphrase().map(drop)
    }

    fn list(&self) -> Result<Vec<KeyInfo>, KeyError> {
        let mut keys = Vec::new();
        for label in self.labels()? {
            let spec = match key_file::declared_spec(&self.path(&label))? {
                Some(spec) => spec,
                None => self.find(&label)?.spec(),
            };
            keys.push(KeyInfo {
                uri: uri_of(&label),
                spec,
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
