//! The keys that sign tokens: a set with states, the same on every node.
//!
//! A key is published (`next`) before it signs (`active`), and still verifies after it was
//! replaced (`retired`), so a rotation makes no token invalid: every node and every client
//! knows a key before the first token that it signs. [`crate::rotate_keys`] moves keys
//! from state to state; here is what one node knows of them.

use std::{
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::{Duration, Instant},
};

use arc_swap::ArcSwap;
use async_trait::async_trait;
use axum::body::Bytes;
use crypto::{KeyAlgorithm, PublicKey, SignatureAlgorithm};
use hsm_adapters::{Key, KeyError, Keyring};
use jiff::Timestamp;
use jose::{Jwk, Jws, UnsignedJws, encode_header};
use parking_lot::Mutex;
use platform_access::{Caller, Resource};
use platform_log::AuditSink as _;
use platform_store::{Store, StoreError};
use serde::{Serialize, de::DeserializeOwned};

use crate::{
    Error,
    actions::acts::SIGNING_KEY_REGISTER,
    model::KeyState,
    store::{self, signing_keys::StoredKey},
};

/// The algorithms that tokens are signed with. Access tokens use the first; clients choose
/// for their ID tokens.
pub(crate) const ALGORITHMS: [SignatureAlgorithm; 2] = [
    SignatureAlgorithm::EcdsaP256Sha256,
    SignatureAlgorithm::RsaPkcs1Sha256,
];

/// How long a node may go without looking whether keys changed.
const REFRESH: Duration = Duration::from_secs(10);
/// How often an unknown `kid` may make a node look.
const UNKNOWN_KID: Duration = Duration::from_secs(1);

/// Where signing keys live: a node's keyring.
#[async_trait]
pub trait KeySource: std::fmt::Debug + Send + Sync {
    /// The key at this URI.
    ///
    /// # Errors
    /// Any [`KeyError`].
    async fn find(&self, uri: &str) -> Result<Arc<dyn Key>, KeyError>;

    /// Generates a key at this URI.
    ///
    /// # Errors
    /// Any [`KeyError`].
    async fn generate(&self, uri: &str, algorithm: KeyAlgorithm) -> Result<Arc<dyn Key>, KeyError>;

    /// The URI of a key with this label in the default store.
    fn default_uri(&self, label: &str) -> String;
}

#[async_trait]
impl KeySource for Keyring {
    async fn find(&self, uri: &str) -> Result<Arc<dyn Key>, KeyError> {
        Self::find(self, uri).await
    }

    async fn generate(&self, uri: &str, algorithm: KeyAlgorithm) -> Result<Arc<dyn Key>, KeyError> {
        Self::generate(self, uri, algorithm).await
    }

    fn default_uri(&self, label: &str) -> String {
        Self::default_uri(self, label)
    }
}

/// What a token is (RFC 8725 §3.11: one kind is never accepted as another).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum TokenType {
    /// OpenID Connect Core §2.
    Id,
    /// RFC 9068 §2.1.
    Access,
}

/// The signing keys as one node knows them. Cheap to clone.
#[derive(Clone, Debug)]
pub struct SigningKeys(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    store: Store,
    source: Arc<dyn KeySource>,
    set: ArcSwap<KeySet>,
    loaded_at: Mutex<Instant>,
    /// When an unknown `kid` last made this node look.
    looked_at: Mutex<Option<Instant>>,
    loading: AtomicBool,
}

/// Keys that sign or verify, and the document that publishes them.
#[derive(Debug)]
struct KeySet {
    keys: Vec<Arc<SigningKey>>,
    jwks: Bytes,
}

/// One key, with everything about it that never changes.
#[derive(Debug)]
struct SigningKey {
    state: KeyState,
    /// None for a retired key that its adapter no longer has.
    key: Option<Arc<dyn Key>>,
    public_key: PublicKey,
    algorithm: SignatureAlgorithm,
    kid: String,
    jwk: Jwk,
    id_header: String,
    access_header: String,
}

impl SigningKeys {
    /// Loads the keys.
    ///
    /// # Errors
    /// [`Error::Config`] unless each algorithm has an active key that can sign, and the store's.
    pub async fn open(store: Store, source: Arc<dyn KeySource>) -> Result<Self, Error> {
        let set = KeySet::load(&store, source.as_ref()).await?;
        for algorithm in ALGORITHMS {
            set.active(algorithm)?;
        }
        Ok(Self(Arc::new(Inner {
            store,
            source,
            set: ArcSwap::from_pointee(set),
            loaded_at: Mutex::new(Instant::now()),
            looked_at: Mutex::new(None),
            loading: AtomicBool::new(false),
        })))
    }

    /// Where new keys are generated.
    pub(crate) fn source(&self) -> &dyn KeySource {
        self.0.source.as_ref()
    }

    /// The JWK Set (RFC 7517 §5).
    pub(crate) fn jwks(&self) -> Bytes {
        self.refresh_in_background(REFRESH);
        self.0.set.load().jwks.clone()
    }

    /// Signs claims with the active key of an algorithm.
    pub(crate) async fn sign(
        &self,
        algorithm: SignatureAlgorithm,
        token_type: TokenType,
        claims: &impl Serialize,
    ) -> Result<String, Error> {
        self.refresh_in_background(REFRESH);
        let key = Arc::clone(self.0.set.load().active(algorithm)?);
        key.sign(token_type, claims).await
    }

    /// Signs an access token.
    pub(crate) async fn sign_access(&self, claims: &impl Serialize) -> Result<String, Error> {
        let [algorithm, ..] = ALGORITHMS;
        self.sign(algorithm, TokenType::Access, claims).await
    }

    /// The claims of a token that this provider signed; `None` for any other text.
    pub(crate) async fn verify<T: DeserializeOwned>(
        &self,
        token: &str,
        token_type: TokenType,
    ) -> Option<T> {
        let jws = Jws::parse(token).ok()?;
        let header = jws.header();
        let has_type = |names: &[&str]| {
            header
                .typ
                .as_ref()
                .is_some_and(|typ| names.iter().any(|name| typ.eq_ignore_ascii_case(name)))
        };
        let type_fits = match token_type {
            TokenType::Access => has_type(&["at+jwt", "application/at+jwt"]),
            TokenType::Id => header.typ.is_none() || has_type(&["jwt"]),
        };
        if !type_fits {
            return None;
        }
        let kid = header.kid.as_deref()?;
        let key = match self.find(kid) {
            Some(key) => key,
            None => {
                if !self.may_look() {
                    return None;
                }
                self.reload().await.ok()?;
                self.find(kid)?
            }
        };
        jws.verify(&key.public_key, key.algorithm).ok()
    }

    /// Reads the keys again: something changed.
    pub(crate) async fn reload(&self) -> Result<(), Error> {
        let inner = &self.0;
        *inner.loaded_at.lock() = Instant::now();
        let set = KeySet::load(&inner.store, inner.source.as_ref()).await?;
        inner.set.store(Arc::new(set));
        Ok(())
    }

    /// Whether to look for an unknown `kid`: another node may have rotated, but strangers
    /// can make us look once a second only.
    fn may_look(&self) -> bool {
        let mut looked_at = self.0.looked_at.lock();
        let may = looked_at.is_none_or(|at| at.elapsed() >= UNKNOWN_KID);
        if may {
            *looked_at = Some(Instant::now());
        }
        may
    }

    fn find(&self, kid: &str) -> Option<Arc<SigningKey>> {
        let set = self.0.set.load();
        set.keys.iter().find(|key| key.kid == kid).cloned()
    }

    /// Reads the keys again beside the caller, if they were last read long ago.
    fn refresh_in_background(&self, age: Duration) {
        if self.0.loaded_at.lock().elapsed() < age || self.0.loading.swap(true, Ordering::AcqRel) {
            return;
        }
        let keys = self.clone();
        tokio::spawn(async move {
            if let Err(error) = keys.reload().await {
                tracing::warn!(%error, "the signing keys could not be read again; those known are used");
            }
            keys.0.loading.store(false, Ordering::Release);
        });
    }
}

impl KeySet {
    async fn load(store: &Store, source: &dyn KeySource) -> Result<Self, Error> {
        let mut keys = Vec::new();
        for stored in store::signing_keys::all(store).await? {
            match stored.info.state {
                KeyState::Pending | KeyState::Expired => {}
                KeyState::Next | KeyState::Active => {
                    let key = source.find(&stored.info.uri).await?;
                    let public_key = key.public_key().clone();
                    keys.push(SigningKey::new(&stored, Some(key), public_key)?);
                }
                KeyState::Retired => {
                    if let Some(key) = Self::retired(&stored, source).await? {
                        keys.push(key);
                    }
                }
            }
        }
        // Active keys first: some clients take the first key that fits.
        keys.sort_by_key(|key| key.state != KeyState::Active);
        let jwks = jwks(&keys)?;
        Ok(Self {
            keys: keys.into_iter().map(Arc::new).collect(),
            jwks,
        })
    }

    /// A retired key verifies by its recorded public key, wherever its private key is.
    async fn retired(
        stored: &StoredKey,
        source: &dyn KeySource,
    ) -> Result<Option<SigningKey>, Error> {
        let public_key = match &stored.public_key {
            Some(der) => PublicKey::from_der(der)
                .map_err(|error| Error::Internal(format!("{}: {error}", stored.info.uri)))?,
            None => match source.find(&stored.info.uri).await {
                Ok(key) => key.public_key().clone(),
                Err(error) => {
                    tracing::warn!(%error, uri = stored.info.uri, "a retired signing key is gone");
                    return Ok(None);
                }
            },
        };
        SigningKey::new(stored, None, public_key).map(Some)
    }

    fn active(&self, algorithm: SignatureAlgorithm) -> Result<&Arc<SigningKey>, Error> {
        self.keys
            .iter()
            .find(|key| key.state == KeyState::Active && key.algorithm == algorithm)
            .ok_or_else(|| {
                Error::Config(format!(
                    "no key is active for {}; run `xinshu init` again",
                    algorithm.jose().unwrap_or_default()
                ))
            })
    }
}

impl SigningKey {
    fn new(
        stored: &StoredKey,
        key: Option<Arc<dyn Key>>,
        public_key: PublicKey,
    ) -> Result<Self, Error> {
        let uri = &stored.info.uri;
        let algorithm = stored.info.algorithm;
        let alg = algorithm.jose().unwrap_or_default();
        if !public_key.can_make(algorithm) {
            return Err(Error::Config(format!("{uri} is not a key for {alg}")));
        }
        let jwk = Jwk::from_public_key(&public_key)
            .map_err(|error| Error::Config(format!("{uri}: {error}")))?;
        let kid = jwk.thumbprint();
        Ok(Self {
            state: stored.info.state,
            id_header: encode_header(alg, &kid, "JWT"),
            access_header: encode_header(alg, &kid, "at+jwt"),
            key,
            public_key,
            algorithm,
            kid,
            jwk,
        })
    }

    async fn sign(&self, token_type: TokenType, claims: &impl Serialize) -> Result<String, Error> {
        let header = match token_type {
            TokenType::Id => &self.id_header,
            TokenType::Access => &self.access_header,
        };
        let internal = |error: jose::JwsError| Error::Internal(error.to_string());
        let unsigned = UnsignedJws::new(header, claims).map_err(internal)?;
        let Some(key) = &self.key else {
            return Err(Error::Internal(format!("key {} cannot sign", self.kid)));
        };
        let signature = key.sign(self.algorithm, unsigned.signing_input()).await?;
        unsigned
            .signed(self.algorithm, &signature)
            .map_err(internal)
    }
}

fn jwks(keys: &[SigningKey]) -> Result<Bytes, Error> {
    let keys: Vec<_> = keys
        .iter()
        .map(|key| {
            let mut jwk: serde_json::Map<_, _> = key
                .jwk
                .members()
                .iter()
                .map(|(name, value)| ((*name).to_owned(), value.as_str().into()))
                .collect();
            jwk.insert("use".into(), "sig".into());
            jwk.insert("alg".into(), key.algorithm.jose().into());
            jwk.insert("kid".into(), key.kid.as_str().into());
            serde_json::Value::Object(jwk)
        })
        .collect();
    serde_json::to_vec(&serde_json::json!({ "keys": keys }))
        .map(Bytes::from)
        .map_err(|error| Error::Internal(error.to_string()))
}

/// Registers the first keys, unless keys are registered; of two nodes that start at once,
/// both use the same.
///
/// # Errors
/// The store's.
pub async fn register(
    store: &Store,
    caller: &Caller,
    now: Timestamp,
    keys: Vec<(SignatureAlgorithm, String)>,
) -> Result<(), Error> {
    let caller = caller.clone();
    store
        .transact(async move |tx| {
            for (algorithm, uri) in &keys {
                let state = KeyState::Active;
                if store::signing_keys::insert(tx, uri, *algorithm, state, now, now).await? {
                    let key = Resource::new("signing_key", uri);
                    let entry = caller.entry(SIGNING_KEY_REGISTER, &key, now);
                    tx.audit(entry.with("algorithm", algorithm.jose()));
                }
            }
            Ok(())
        })
        .await
}

/// The URIs of the active keys, those of [`register`]'s algorithms in its order; `None`
/// unless each algorithm has one.
///
/// # Errors
/// The store's.
pub async fn active_uris(store: &Store) -> Result<Option<Vec<String>>, Error> {
    let stored = store::signing_keys::all(store).await?;
    let uri = |algorithm| {
        stored
            .iter()
            .find(|key| key.info.state == KeyState::Active && key.info.algorithm == algorithm)
            .map(|key| key.info.uri.clone())
    };
    Ok(ALGORITHMS.into_iter().map(uri).collect())
}

/// The addresses of the keys that sign or will sign tokens, each with what uses it.
///
/// # Errors
/// Any [`StoreError`].
pub async fn key_references(store: &Store) -> Result<Vec<(String, String)>, StoreError> {
    let keys = store::signing_keys::all(store).await?;
    Ok(keys
        .into_iter()
        .filter(|key| key.info.state != KeyState::Retired)
        .map(|key| (key.info.uri, "the identity provider's tokens".to_owned()))
        .collect())
}
