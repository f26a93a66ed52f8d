//! All adapters of a node behind one interface.

use std::{collections::HashMap, fmt, path::PathBuf, sync::Arc, time::Duration};

use crypto::KeyAlgorithm;
use parking_lot::RwLock;
use zeroize::Zeroizing;

use crate::{
    Key, KeyError, KeyInfo, KeySpec, KeyStore, KeyUri, Pkcs11Settings, Pkcs11Store, Pkcs11Uri,
    Sm2Settings,
    software::{SoftwareSettings, SoftwareStore},
    uri::bad_uri,
};

/// How to open a [`Keyring`].
#[derive(Clone)]
pub struct KeyringSettings {
    /// The folder of the software key store, `keys/` of the data folder.
    pub software_dir: PathBuf,
    /// The software key store's passphrase.
    pub passphrase: Option<Zeroizing<String>>,
    /// Where new keys go: `software:`, or an RFC 7512 URI of a token with
    /// `module-path` and `pin-source`.
    pub default_store: String,
    /// Further stores that keys may be in, named in the same way.
    pub further_stores: Vec<String>,
    /// How many operations may wait in each adapter.
    pub queue: usize,
    /// How long one operation may take, waiting included.
    pub timeout: Duration,
    /// PKCS#11 sessions per token, each with a thread of its own; 0 is one per core,
    /// at least two.
    pub sessions: usize,
    /// What SM2 needs beyond the other algorithms.
    pub sm2: Sm2Settings,
}

impl KeyringSettings {
    /// A software key store in `folder`, with the limits that suit most servers.
    pub fn software(folder: PathBuf, passphrase: Option<Zeroizing<String>>) -> Self {
        Self {
            software_dir: folder,
            passphrase,
            default_store: SOFTWARE_STORE.to_owned(),
            further_stores: Vec::new(),
            queue: 1024,
            timeout: Duration::from_secs(10),
            sessions: 0,
            sm2: Sm2Settings::default(),
        }
    }
}

/// The adapters of one node: the software key store, which always exists, and every
/// PKCS#11 token that the settings name.
pub struct Keyring {
    stores: Vec<Arc<dyn KeyStore>>,
    /// Index of the store for new keys.
    default: usize,
    handles: RwLock<HashMap<String, Arc<dyn Key>>>,
}

impl Keyring {
    /// Opens every adapter.
    ///
    /// A device that is unavailable now does not prevent a node from starting: its
    /// operations return [`KeyError::Unavailable`] until it is back.
    ///
    /// # Errors
    /// What waiting does not fix: a wrong setting, a wrong PIN, a library that does
    /// not load, [`KeyError::LoosePermissions`].
    pub async fn open(settings: KeyringSettings) -> Result<Self, KeyError> {
        let software = SoftwareStore::open(SoftwareSettings {
            folder: settings.software_dir.clone(),
            passphrase: settings.passphrase.clone(),
            queue: settings.queue,
            timeout: settings.timeout,
            sm2_id: settings.sm2.id.clone(),
        })?;
        let mut keyring = Self {
            stores: vec![Arc::new(software)],
            default: 0,
            handles: RwLock::default(),
        };
        keyring.default = keyring.add(&settings.default_store, &settings).await?;
        for store in &settings.further_stores {
            keyring.add(store, &settings).await?;
        }
        Ok(keyring)
    }

    /// Opens a store, unless it is open already, and returns its index.
    async fn add(&mut self, store: &str, settings: &KeyringSettings) -> Result<usize, KeyError> {
        if store == SOFTWARE_STORE {
            return Ok(0);
        }
        let uri: Pkcs11Uri = store.parse()?;
        let name = uri.token_only().to_string();
        if let Some(index) = self.stores.iter().position(|store| store.name() == name) {
            return Ok(index);
        }
        let token = Pkcs11Store::open(Pkcs11Settings {
            uri,
            queue: settings.queue,
            timeout: settings.timeout,
            sessions: settings.sessions,
            sm2: settings.sm2.clone(),
        })
        .await?;
        self.stores.push(Arc::new(token));
        Ok(self.stores.len() - 1)
    }

    /// The address of a key named `label` in the default store.
    pub fn default_uri(&self, label: &str) -> String {
        self.default_store().uri_of(label)
    }

    /// Finds a key wherever it is.
    ///
    /// # Errors
    /// [`KeyError::NoSuchKey`] and any other.
    pub async fn find(&self, uri: &str) -> Result<Arc<dyn Key>, KeyError> {
        if let Some(key) = self.handles.read().get(uri) {
            return Ok(Arc::clone(key));
        }
        let key = self.store_for(uri)?.find(uri).await?;
        self.handles
            .write()
            .insert(uri.to_owned(), Arc::clone(&key));
        Ok(key)
    }

    /// Generates a key pair at this address, durable when this returns.
    ///
    /// # Errors
    /// [`KeyError::KeyExists`], [`KeyError::UnsupportedKey`] and any other.
    pub async fn generate(
        &self,
        uri: &str,
        spec: impl Into<KeySpec>,
    ) -> Result<Arc<dyn Key>, KeyError> {
        let parsed: KeyUri = uri.parse()?;
        let label = parsed
            .label()
            .ok_or_else(|| bad_uri(uri, "it names no object"))?;
        self.store_for(uri)?.generate(label, spec.into()).await
    }

    /// Every key of every adapter.
    ///
    /// # Errors
    /// Any [`KeyError`].
    pub async fn list(&self) -> Result<Vec<KeyInfo>, KeyError> {
        let mut keys = Vec::new();
        for store in &self.stores {
            keys.extend(store.list().await?);
        }
        Ok(keys)
    }

    /// Destroys a key permanently.
    ///
    /// # Errors
    /// [`KeyError::NoSuchKey`] and any other.
    pub async fn destroy(&self, uri: &str) -> Result<(), KeyError> {
        self.store_for(uri)?.destroy(uri).await?;
        // The same key may be cached under other spellings of its address.
        self.handles.write().clear();
        Ok(())
    }

    /// Checks whether every adapter can sign now.
    ///
    /// # Errors
    /// The error of the first adapter that cannot.
    pub async fn check(&self) -> Result<(), KeyError> {
        for store in &self.stores {
            store.check().await?;
        }
        Ok(())
    }

    /// What a store can generate; it is named as in [`KeyStore::name`], or by any URI in it.
    ///
    /// # Errors
    /// [`KeyError::BadUri`] for an unknown store, [`KeyError::Unavailable`].
    pub async fn algorithms(&self, store: &str) -> Result<Vec<KeyAlgorithm>, KeyError> {
        let named = self.stores.iter().find(|known| known.name() == store);
        let store = match named {
            Some(named) => named,
            None if store == SOFTWARE_STORE => &self.stores[0],
            None => self.store_for(store)?,
        };
        store.algorithms().await
    }

    /// Ends the use of every device. Must be called before the process ends: a PKCS#11
    /// library that is unloaded while threads use it may crash.
    pub async fn close(&self) {
        for store in &self.stores {
            store.close().await;
        }
    }

    /// The adapters, the software key store first.
    pub fn stores(&self) -> &[Arc<dyn KeyStore>] {
        &self.stores
    }

    /// The store for new keys.
    pub fn default_store(&self) -> &Arc<dyn KeyStore> {
        &self.stores[self.default]
    }

    /// The store that an address is in.
    ///
    /// # Errors
    /// [`KeyError::BadUri`] if no adapter is configured for it.
    pub fn store_for(&self, uri: &str) -> Result<&Arc<dyn KeyStore>, KeyError> {
        let parsed: KeyUri = uri.parse()?;
        let store = self.stores.iter().find(|store| store.owns(&parsed));
        store.ok_or_else(|| {
            bad_uri(
                &parsed.to_string(),
                "no adapter is configured for this token; see keys.store and keys.stores in the settings",
            )
        })
    }
}

impl fmt::Debug for Keyring {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Keyring")
            .field("stores", &self.stores)
            .finish_non_exhaustive()
    }
}

/// How the settings name the software key store.
const SOFTWARE_STORE: &str = "software:";
