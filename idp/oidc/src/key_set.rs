//! Keys that sign or verify, as one node has loaded them, and the document that publishes them.

use std::{cmp::Reverse, sync::Arc};

use axum::body::Bytes;
use crypto::{PublicKey, SignatureAlgorithm};
use hsm_adapters::Key;
use jiff::Timestamp;
use jose::{Jwk, UnsignedJws, encode_header};
use platform_store::Store;
use serde::Serialize;

use crate::{
    Error, KeySource,
    model::KeyState,
    store::{self, signing_keys::StoredKey},
};

/// What a token is (RFC 8725 §3.11: one kind is never accepted as another).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum TokenType {
    /// OpenID Connect Core §2.
    Id,
    /// RFC 9068 §2.1.
    Access,
}

/// Keys that sign or verify, and the document that publishes them.
#[derive(Debug)]
pub(crate) struct KeySet {
    keys: Vec<Arc<SigningKey>>,
    pub(crate) jwks: Bytes,
}

/// One key, with everything about it that never changes.
#[derive(Debug)]
pub(crate) struct SigningKey {
    uri: String,
    state: KeyState,
    activates_at: Timestamp,
    /// None if this node does not have it.
    key: Option<Arc<dyn Key>>,
    pub(crate) public_key: PublicKey,
    pub(crate) algorithm: SignatureAlgorithm,
    kid: String,
    jwk: Jwk,
    id_header: String,
    access_header: String,
}

impl KeySet {
    /// Reads the keys. A key that this node cannot reach is published and verifies by its
    /// recorded public key: one key must not fail the set.
    pub(crate) async fn load(
        store: &Store,
        source: &dyn KeySource,
        before: Option<&Self>,
    ) -> Result<Self, Error> {
        let mut keys = Vec::new();
        for stored in store::signing_keys::all(store).await? {
            match stored.info.state {
                KeyState::Pending | KeyState::Expired => {}
                KeyState::Next | KeyState::Active | KeyState::Retired => {
                    let known = before.and_then(|set| set.of_uri(&stored.info.uri));
                    if let Some(key) = Self::key(&stored, source, known).await? {
                        keys.push(key);
                    }
                }
            }
        }
        // Active keys first: some clients take the first key that fits. Then those retired
        // last.
        keys.sort_by_key(|key| (key.state != KeyState::Active, Reverse(key.activates_at)));
        let jwks = jwks(&keys)?;
        Ok(Self {
            keys: keys.into_iter().map(Arc::new).collect(),
            jwks,
        })
    }

    /// One key; `None` if it is gone and its public key is not on record.
    async fn key(
        stored: &StoredKey,
        source: &dyn KeySource,
        known: Option<&SigningKey>,
    ) -> Result<Option<SigningKey>, Error> {
        let uri = &stored.info.uri;
        let private = match known.and_then(|known| known.key.clone()) {
            Some(key) => Some(key),
            None => match source.find(uri).await {
                Ok(key) => Some(key),
                Err(error) => {
                    if known.is_none() {
                        tracing::warn!(%error, uri, "this node cannot sign with a key of the identity provider");
                    }
                    None
                }
            },
        };
        let public_key = match (&stored.public_key, &private) {
            (Some(der), _) => PublicKey::from_der(der)
                .map_err(|error| Error::Internal(format!("{uri}: {error}")))?,
            (None, Some(key)) => key.public_key().clone(),
            (None, None) => return Ok(None),
        };
        SigningKey::new(stored, private, public_key).map(Some)
    }

    fn of_uri(&self, uri: &str) -> Option<&SigningKey> {
        let key = self.keys.iter().find(|key| key.uri == uri);
        key.map(AsRef::as_ref)
    }

    pub(crate) fn find(&self, kid: &str) -> Option<Arc<SigningKey>> {
        self.keys.iter().find(|key| key.kid == kid).cloned()
    }

    /// The key that signs on this node: the active one; until its private key has reached
    /// this node, the one that was retired last.
    pub(crate) fn signer(&self, algorithm: SignatureAlgorithm) -> Result<&Arc<SigningKey>, Error> {
        self.keys
            .iter()
            .filter(|key| key.state != KeyState::Next && key.algorithm == algorithm)
            .find(|key| key.key.is_some())
            .ok_or_else(|| {
                Error::Config(format!(
                    "this node has no key that signs {} for the identity provider; copy the \
                     `idp-` keys from another node's keys folder, or run `xinshu init` again",
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
            uri: uri.clone(),
            state: stored.info.state,
            activates_at: stored.info.activates_at,
            id_header: encode_header(alg, &kid, "JWT"),
            access_header: encode_header(alg, &kid, "at+jwt"),
            key,
            public_key,
            algorithm,
            kid,
            jwk,
        })
    }

    pub(crate) async fn sign(
        &self,
        token_type: TokenType,
        claims: &impl Serialize,
    ) -> Result<String, Error> {
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
