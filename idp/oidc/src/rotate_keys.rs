//! Rotating the keys that sign tokens, by command and on schedule.
//!
//! A rotation has three steps, each a transaction with its entry: the next key is
//! registered and generated, and published; when its time comes it becomes active and the
//! one before is retired; when no token of that one can be valid any more, it expires. A
//! crash between the steps leaves a state that the next run of the job continues from.

use crypto::{KeyAlgorithm, SignatureAlgorithm, timed_id};
use hsm_adapters::KeyError;
use jiff::Timestamp;
use platform_access::{Caller, Resource};
use platform_log::AuditSink as _;
use platform_store::Tx;

use crate::{
    Error, Oidc,
    actions::SIGNING_KEY_ROTATE,
    model::{KeyState, SigningKeyInfo},
    signing_keys::ALGORITHMS,
    store,
};

/// Which keys to rotate, and when.
#[derive(Clone, Copy, Debug, Default)]
pub struct Rotation {
    /// The algorithm; every one if omitted.
    pub algorithm: Option<SignatureAlgorithm>,
    /// Whether the next key signs at once, without being published first, and tokens of the
    /// key before it are refused: for a key that was compromised.
    pub at_once: bool,
}

/// Generates the next key, unless there is one, and activates it when it is due.
///
/// # Errors
/// [`Error::Access`] without `idp.signing_key.rotate`, [`Error::Invalid`] for an algorithm
/// that tokens are not signed with, the key's and the store's.
pub async fn rotate_keys(
    oidc: &Oidc,
    caller: &Caller,
    rotation: Rotation,
) -> Result<Vec<SigningKeyInfo>, Error> {
    let access = &oidc.0.access;
    access
        .enforce(caller, SIGNING_KEY_ROTATE, &Resource::all("signing_key"))
        .await?;
    let algorithms = match rotation.algorithm {
        None => ALGORITHMS.to_vec(),
        Some(algorithm) if ALGORITHMS.contains(&algorithm) => vec![algorithm],
        Some(_) => return Err(Error::invalid("algorithm", "ES256 or RS256")),
    };
    let now = oidc.now();
    let activates_at = if rotation.at_once {
        now
    } else {
        now + oidc.0.config.signing_key_lead
    };
    for &algorithm in &algorithms {
        prepare_next(oidc, caller, algorithm, activates_at).await?;
    }
    let compromised = if rotation.at_once {
        algorithms
    } else {
        Vec::new()
    };
    activate_due(oidc, caller, compromised).await?;
    oidc.0.keys.reload().await?;
    let stored = store::signing_keys::all(&oidc.0.store).await?;
    Ok(stored.into_iter().map(|key| key.info).collect())
}

/// What the job does: continues what a crash interrupted, begins rotations that are due,
/// activates, expires.
pub(crate) async fn run_schedule(oidc: &Oidc) -> Result<(), Error> {
    let caller = Caller::system("idp.rotate_signing_keys");
    // A key that cannot be generated holds up no other.
    let mut failed = Ok(());
    for stored in store::signing_keys::all(&oidc.0.store).await? {
        if let Err(error) = continue_with(oidc, &caller, stored.info).await {
            failed = Err(error);
        }
    }
    activate_due(oidc, &caller, Vec::new()).await?;
    oidc.0.keys.reload().await?;
    failed
}

/// What is due for one key.
async fn continue_with(oidc: &Oidc, caller: &Caller, key: SigningKeyInfo) -> Result<(), Error> {
    let now = oidc.now();
    let config = &oidc.0.config;
    match key.state {
        KeyState::Pending => generate(oidc, caller, &key.uri, key.algorithm).await,
        KeyState::Active
            if !config.signing_key_lifetime.is_zero()
                && key.activates_at + config.signing_key_lifetime
                    <= now + config.signing_key_lead =>
        {
            let activates_at = now + config.signing_key_lead;
            prepare_next(oidc, caller, key.algorithm, activates_at).await
        }
        KeyState::Retired
            if key
                .retired_at
                .is_some_and(|at| at + config.retired_key_lifetime() <= now) =>
        {
            expire(oidc, caller, key.uri).await
        }
        _ => Ok(()),
    }
}

/// Registers and generates the next key of an algorithm, unless there is one; that one is
/// brought forward if it would become active later.
async fn prepare_next(
    oidc: &Oidc,
    caller: &Caller,
    algorithm: SignatureAlgorithm,
    activates_at: Timestamp,
) -> Result<(), Error> {
    let now = oidc.now();
    let alg = algorithm.jose().unwrap_or_default().to_lowercase();
    let label = format!("idp-{alg}-{}", timed_id(now.as_millisecond()));
    let new_uri = oidc.0.keys.source().default_uri(&label);
    let caller_of_tx = caller.clone();
    // The intent, before the device is asked for a key.
    let uri = oidc
        .0
        .store
        .transact(async move |tx| {
            let known = store::signing_keys::all_in(tx).await?;
            let waiting = known.into_iter().map(|key| key.info).find(|key| {
                key.algorithm == algorithm
                    && matches!(key.state, KeyState::Pending | KeyState::Next)
            });
            if let Some(key) = waiting {
                if activates_at < key.activates_at {
                    store::signing_keys::set_times(tx, &key.uri, activates_at, None).await?;
                    audit(tx, &caller_of_tx, &key.uri, now, "brought forward");
                }
                return Ok(key.uri);
            }
            let state = KeyState::Pending;
            store::signing_keys::insert(tx, &new_uri, algorithm, state, now, activates_at).await?;
            audit(tx, &caller_of_tx, &new_uri, now, "pending");
            Ok::<_, Error>(new_uri.clone())
        })
        .await?;
    generate(oidc, caller, &uri, algorithm).await
}

/// Generates a pending key, or finds the one that an interrupted run generated, and
/// publishes it.
async fn generate(
    oidc: &Oidc,
    caller: &Caller,
    uri: &str,
    algorithm: SignatureAlgorithm,
) -> Result<(), Error> {
    let source = oidc.0.keys.source();
    let key = match source.find(uri).await {
        Ok(key) => key,
        Err(KeyError::NoSuchKey { .. }) => {
            match source.generate(uri, key_algorithm(algorithm)).await {
                // The job or a command was faster.
                Err(KeyError::KeyExists { .. }) => source.find(uri).await?,
                generated => generated?,
            }
        }
        Err(error) => return Err(error.into()),
    };
    let public_key = key.public_key().der().to_vec();
    let (uri, caller, now) = (uri.to_owned(), caller.clone(), oidc.now());
    oidc.0
        .store
        .transact(async move |tx| {
            let (from, to) = (KeyState::Pending, KeyState::Next);
            if store::signing_keys::set_state(tx, &uri, from, to).await? {
                store::signing_keys::set_public_key(tx, &uri, &public_key).await?;
                audit(tx, &caller, &uri, now, to.name());
            }
            Ok::<_, Error>(())
        })
        .await
}

/// Activates every next key whose time has come, and retires the one before it. Of
/// `compromised` algorithms all keys before it expire, retired ones too: the first attempt
/// may have ended between its steps.
async fn activate_due(
    oidc: &Oidc,
    caller: &Caller,
    compromised: Vec<SignatureAlgorithm>,
) -> Result<(), Error> {
    let now = oidc.now();
    // A key of 0.1.0 has no recorded public key, which it needs once it is retired.
    let mut public_keys = Vec::new();
    for stored in store::signing_keys::all(&oidc.0.store).await? {
        if stored.info.state == KeyState::Active && stored.public_key.is_none() {
            let key = oidc.0.keys.source().find(&stored.info.uri).await?;
            public_keys.push((stored.info.uri, key.public_key().der().to_vec()));
        }
    }
    let caller = caller.clone();
    oidc.0
        .store
        .transact(async move |tx| {
            for (uri, public_key) in &public_keys {
                store::signing_keys::set_public_key(tx, uri, public_key).await?;
            }
            let keys = store::signing_keys::all_in(tx).await?;
            for next in keys.iter().map(|key| &key.info) {
                if next.state != KeyState::Next || next.activates_at > now {
                    continue;
                }
                let to = if compromised.contains(&next.algorithm) {
                    KeyState::Expired
                } else {
                    KeyState::Retired
                };
                for before in keys.iter().map(|key| &key.info) {
                    let is_used = matches!(before.state, KeyState::Active | KeyState::Retired);
                    if is_used && before.algorithm == next.algorithm && before.state != to {
                        replace(tx, &caller, before, to, now).await?;
                    }
                }
                let (from, to) = (KeyState::Next, KeyState::Active);
                if !store::signing_keys::set_state(tx, &next.uri, from, to).await? {
                    continue;
                }
                store::signing_keys::set_times(tx, &next.uri, now, None).await?;
                audit(tx, &caller, &next.uri, now, to.name());
            }
            Ok::<_, Error>(())
        })
        .await
}

/// Takes a key out of use; nothing if another node has.
async fn replace(
    tx: &mut Tx<'_>,
    caller: &Caller,
    key: &SigningKeyInfo,
    to: KeyState,
    now: Timestamp,
) -> Result<(), Error> {
    if !store::signing_keys::set_state(tx, &key.uri, key.state, to).await? {
        return Ok(());
    }
    store::signing_keys::set_times(tx, &key.uri, key.activates_at, Some(now)).await?;
    audit(tx, caller, &key.uri, now, to.name());
    Ok(())
}

async fn expire(oidc: &Oidc, caller: &Caller, uri: String) -> Result<(), Error> {
    let (caller, now) = (caller.clone(), oidc.now());
    oidc.0
        .store
        .transact(async move |tx| {
            let (from, to) = (KeyState::Retired, KeyState::Expired);
            if store::signing_keys::set_state(tx, &uri, from, to).await? {
                audit(tx, &caller, &uri, now, to.name());
            }
            Ok::<_, Error>(())
        })
        .await
}

fn audit(tx: &mut Tx<'_>, caller: &Caller, uri: &str, now: Timestamp, state: &'static str) {
    let key = Resource::new("signing_key", uri);
    let entry = caller.entry(SIGNING_KEY_ROTATE, &key, now);
    tx.audit(entry.with("state", state));
}

/// RSA keys have 2048 bits, as at set-up: every client verifies them, and tokens are short-lived.
fn key_algorithm(algorithm: SignatureAlgorithm) -> KeyAlgorithm {
    match algorithm {
        SignatureAlgorithm::RsaPkcs1Sha256 => KeyAlgorithm::Rsa2048,
        other => other.key_algorithm(),
    }
}
