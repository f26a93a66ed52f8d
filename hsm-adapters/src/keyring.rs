//! All adapters of a node behind one door.

use std::{collections::HashMap, fmt, path::PathBuf, sync::Arc, time::Duration};

use parking_lot::RwLock;
use zeroize::Zeroizing;

use crate::{
    Key, KeyError, KeyInfo, KeyStore, KeyUri, Pkcs11Settings, Pkcs11Store, Pkcs11Uri,
    software::{SoftwareSettings, SoftwareStore},
    uri::{SOFTWARE, bad_uri},
};
use crypto::{KeyAlgorithm, Sm2Mechanisms};

/// How to open a [`Keyring`].
pub struct KeyringSettings {
    /// The folder of the software keystore, `keys/` of the data folder.
    pub software_dir: PathBuf,
    /// The software keystore's passphrase.
    pub passphrase: Option<Zeroizing<String>>,
    /// Where new keys go: `software:`, or an RFC 7512 URI of a token with
    /// `module-path` and `pin-source`.
    pub default_store: String,
    /// How many signatures may wait in each adapter.
    pub queue: usize,
    /// How long one operation may take, waiting included.
    pub timeout: Duration,
    /// PKCS#11 sessions, each with a thread of its own; 0 is one a core.
    pub sessions: usize,
}

/// What SM2 needs beyond the other algorithms.
#[derive(Clone, Debug)]
pub struct Sm2Settings {
    /// The signer's identity (GB/T 32918.2 §5.5).
    pub id: String,
    /// What the PKCS#11 token calls SM2; without it no key is made there.
    pub mechanisms: Option<Sm2Mechanisms>,
}

impl Default for Sm2Settings {
    fn default() -> Self {
        Self {
            id: crypto::SM2_DEFAULT_ID.to_owned(),
            mechanisms: None,
        }
    }
}

/// The adapters of one node: the software keystore, which is always there, and
/// a PKCS#11 token where the settings name one.
pub struct Keyring {
    stores: Vec<Arc<dyn KeyStore>>,
    token: Option<Pkcs11Uri>,
    handles: RwLock<HashMap<String, Arc<dyn Key>>>,
}

impl Keyring {
    /// Opens every adapter.
    ///
    /// A device that is away now does not keep a node from starting: its
    /// operations answer [`KeyError::Unavailable`] until it is there.
    ///
    /// # Errors
    /// What time does not mend: a wrong setting, a wrong PIN, a library that
    /// does not load, [`KeyError::LoosePermissions`].
    pub async fn open(settings: KeyringSettings) -> Result<Self, KeyError> {
        Self::open_with(settings, Sm2Settings::default()).await
    }

    /// As [`Self::open`], with SM2 set otherwise than by default.
    ///
    /// # Errors
    /// As [`Self::open`].
    pub async fn open_with(settings: KeyringSettings, sm2: Sm2Settings) -> Result<Self, KeyError> {
        let software = SoftwareStore::open(SoftwareSettings {
            folder: settings.software_dir,
            passphrase: settings.passphrase,
            queue: settings.queue,
            timeout: settings.timeout,
            sm2_id: sm2.id.clone(),
        })?;
        let mut stores: Vec<Arc<dyn KeyStore>> = vec![Arc::new(software)];
        let token = match settings.default_store.as_str() {
            DEFAULT_SOFTWARE => None,
            text => {
                let store = Pkcs11Store::open(Pkcs11Settings {
                    uri: text.parse()?,
                    queue: settings.queue,
                    timeout: settings.timeout,
                    sessions: settings.sessions,
                    sm2: sm2.mechanisms,
                    sm2_id: sm2.id,
                })
                .await?;
                let token = store.token();
                stores.push(Arc::new(store));
                Some(token)
            }
        };
        Ok(Self {
            stores,
            token,
            handles: RwLock::default(),
        })
    }

    /// The address of a key named `label` in the default store.
    pub fn default_uri(&self, label: &str) -> String {
        match &self.token {
            Some(token) => token.with_object(label).to_string(),
            None => format!("{SOFTWARE}:{label}"),
        }
    }

    /// Finds a key wherever it is.
    ///
    /// # Errors
    /// [`KeyError::NoSuchKey`] and any other.
    pub async fn find(&self, uri: &str) -> Result<Arc<dyn Key>, KeyError> {
        if let Some(key) = self.handles.read().get(uri) {
            return Ok(Arc::clone(key));
        }
        let key = self.store_of(&uri.parse()?)?.find(uri).await?;
        self.handles
            .write()
            .insert(uri.to_owned(), Arc::clone(&key));
        Ok(key)
    }

    /// Makes a key pair at this address, durable when this returns.
    ///
    /// # Errors
    /// [`KeyError::KeyExists`], [`KeyError::UnsupportedKey`] and any other.
    pub async fn generate(
        &self,
        uri: &str,
        algorithm: KeyAlgorithm,
    ) -> Result<Arc<dyn Key>, KeyError> {
        let parsed: KeyUri = uri.parse()?;
        let label = match &parsed {
            KeyUri::Software { label } => label,
            KeyUri::Pkcs11(uri_of_key) => uri_of_key
                .object
                .as_ref()
                .ok_or_else(|| bad_uri(uri, "it names no object"))?,
        };
        self.store_of(&parsed)?.generate(label, algorithm).await
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

    /// Destroys a key for ever.
    ///
    /// # Errors
    /// [`KeyError::NoSuchKey`] and any other.
    pub async fn destroy(&self, uri: &str) -> Result<(), KeyError> {
        let store = self.store_of(&uri.parse()?)?;
        store.destroy(uri).await?;
        // Other spellings of the address lead to the same key, so all go.
        self.handles.write().clear();
        Ok(())
    }

    /// Asks every adapter whether it can sign now.
    ///
    /// # Errors
    /// The first adapter's that cannot.
    pub async fn check(&self) -> Result<(), KeyError> {
        for store in &self.stores {
            store.check().await?;
        }
        Ok(())
    }

    /// What a store can make, named as in [`KeyStore::name`] or by any URI in it.
    ///
    /// # Errors
    /// [`KeyError::BadUri`] for an unknown store, [`KeyError::Unavailable`].
    pub async fn algorithms(&self, store: &str) -> Result<Vec<KeyAlgorithm>, KeyError> {
        let named = self.stores.iter().find(|known| known.name() == store);
        let store = match named {
            Some(named) => named,
            None if store == DEFAULT_SOFTWARE => self.software(),
            None => self.store_of(&store.parse()?)?,
        };
        store.algorithms().await
    }

    /// Ends the use of every device. To be called before the process ends: a
    /// PKCS#11 library that is unloaded under threads that use it may crash.
    pub async fn close(&self) {
        for store in &self.stores {
            store.close().await;
        }
    }

    /// The adapters, the software keystore first.
    pub fn stores(&self) -> &[Arc<dyn KeyStore>] {
        &self.stores
    }

    fn software(&self) -> &Arc<dyn KeyStore> {
        // `open_with` puts it there.
        &self.stores[0]
    }

    fn store_of(&self, uri: &KeyUri) -> Result<&Arc<dyn KeyStore>, KeyError> {
        match (uri, &self.token) {
            (KeyUri::Software { .. }, _) => Ok(self.software()),
            (KeyUri::Pkcs11(uri), Some(token)) if uri.is_on(token) => Ok(&self.stores[1]),
            (KeyUri::Pkcs11(_), _) => Err(bad_uri(
                &uri.to_string(),
                "no adapter is set for this token; see keys.store in the settings",
            )),
        }
    }
}

impl fmt::Debug for Keyring {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Keyring")
            .field("stores", &self.stores)
            .finish_non_exhaustive()
    }
}

const DEFAULT_SOFTWARE: &str = "software:";
