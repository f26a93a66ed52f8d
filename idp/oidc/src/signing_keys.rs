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
use axum::body::Bytes;
use crypto::SignatureAlgorithm;
use jiff::Timestamp;
use jose::Jws;
use parking_lot::Mutex;
use platform_access::{Caller, Resource};
use platform_log::AuditSink as _;
use platform_store::{Store, StoreError};
use serde::{Serialize, de::DeserializeOwned};

use crate::{
    Error, KeySource,
    actions::acts::SIGNING_KEY_REGISTER,
    key_set::{KeySet, TokenType},
    model::KeyState,
    store,
};

/// The algorithms that tokens are signed with. Access tokens use the first; clients choose
/// for their ID tokens.
pub(crate) const ALGORITHMS: [SignatureAlgorithm; 2] = [
    SignatureAlgorithm::EcdsaP256Sha256,
    SignatureAlgorithm::RsaPkcs1Sha256,
];

/// How long a node that is used may go without looking whether keys changed.
const REFRESH: Duration = Duration::from_secs(1);
/// How old the keys may be that a node uses while it looks: older ones are waited for.
const STALE: Duration = Duration::from_secs(30);
/// How often an unknown `kid` may make a node look.
const UNKNOWN_KID: Duration = Duration::from_secs(1);

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

impl SigningKeys {
    /// Loads the keys.
    ///
    /// # Errors
    /// [`Error::Config`] unless this node can sign with each algorithm, and the store's.
    pub async fn open(store: Store, source: Arc<dyn KeySource>) -> Result<Self, Error> {
        let set = KeySet::load(&store, source.as_ref(), None).await?;
        for algorithm in ALGORITHMS {
            set.signer(algorithm)?;
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
    pub(crate) async fn jwks(&self) -> Bytes {
        self.current().await.jwks.clone()
    }

    /// Signs claims with the key of an algorithm.
    pub(crate) async fn sign(
        &self,
        algorithm: SignatureAlgorithm,
        token_type: TokenType,
        claims: &impl Serialize,
    ) -> Result<String, Error> {
        let key = Arc::clone(self.current().await.signer(algorithm)?);
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
        let key = match self.current().await.find(kid) {
            Some(key) => key,
            None => {
                if !self.may_look() {
                    return None;
                }
                self.reload().await.ok()?;
                self.0.set.load().find(kid)?
            }
        };
        jws.verify(&key.public_key, key.algorithm).ok()
    }

    /// Reads the keys again: something changed.
    pub(crate) async fn reload(&self) -> Result<(), Error> {
        let inner = &self.0;
        let loaded_at = Instant::now();
        let before = inner.set.load_full();
        let set = KeySet::load(&inner.store, inner.source.as_ref(), Some(&before)).await?;
        inner.set.store(Arc::new(set));
        *inner.loaded_at.lock() = loaded_at;
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

    /// The keys as they were at most [`STALE`] ago. They are read again in the background;
    /// after the node was idle, the caller waits for that.
    async fn current(&self) -> Arc<KeySet> {
        let age = self.0.loaded_at.lock().elapsed();
        if age >= STALE {
            if let Err(error) = self.reload().await {
                tracing::warn!(%error, "the signing keys could not be read again; those known are used");
            }
        } else if age >= REFRESH {
            self.refresh_in_background();
        }
        self.0.set.load_full()
    }

    fn refresh_in_background(&self) {
        if self.0.loading.swap(true, Ordering::AcqRel) {
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
