//! What cannot be exceeded: raw signatures, and the database alone.

use std::{
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicU64, Ordering},
    },
    time::{Duration, Instant},
};

use anyhow::{Context as _, Result};
use aws_lc_rs::{
    rand::SystemRandom,
    signature::{ECDSA_P256_SHA256_ASN1_SIGNING, EcdsaKeyPair},
};
use crypto::KeyAlgorithm;
use cryptoki::{
    context::{CInitializeArgs, CInitializeFlags, Pkcs11},
    mechanism::Mechanism,
    object::{Attribute, ObjectClass},
    session::UserType,
    types::AuthPin,
};
use hsm_adapters::{Key, Keyring, KeyringSettings, Sm2Settings};
use testkit::SoftHsm;

const MESSAGE: [u8; 600] = [7; 600];

fn cores() -> usize {
    std::thread::available_parallelism().map_or(2, std::num::NonZero::get)
}

/// Counts how often `work` can be done a second, by as many threads as `make_worker` is called for.
fn count(
    threads: usize,
    time: Duration,
    make_worker: impl Fn() -> Result<Box<dyn FnMut() -> Result<()> + Send>>,
) -> Result<f64> {
    let done = Arc::new(AtomicU64::new(0));
    let stop = Arc::new(AtomicBool::new(false));
    let mut handles = Vec::new();
    for _ in 0..threads {
        let mut work = make_worker()?;
        let (done, stop) = (Arc::clone(&done), Arc::clone(&stop));
        handles.push(std::thread::spawn(move || -> Result<()> {
            while !stop.load(Ordering::Relaxed) {
                work()?;
                done.fetch_add(1, Ordering::Relaxed);
            }
            Ok(())
        }));
    }
    // The first worker may be at it already while the last is made.
    let (before, started) = (done.load(Ordering::Relaxed), Instant::now());
    std::thread::sleep(time);
    let counted = done.load(Ordering::Relaxed) - before;
    let rate = counted as f64 / started.elapsed().as_secs_f64();
    stop.store(true, Ordering::Relaxed);
    for handle in handles {
        handle
            .join()
            .map_err(|_| anyhow::anyhow!("a worker panicked"))??;
    }
    Ok(rate)
}

/// Raw P-256 signatures a second on all cores, by the cryptography library alone.
pub(crate) fn raw_p256(time: Duration) -> Result<f64> {
    let document = EcdsaKeyPair::generate(&ECDSA_P256_SHA256_ASN1_SIGNING)?;
    let pair = Arc::new(document);
    count(cores(), time, || {
        let pair = Arc::clone(&pair);
        let random = SystemRandom::new();
        Ok(Box::new(move || {
            pair.sign(&random, &MESSAGE)
                .map(drop)
                .map_err(|_| anyhow::anyhow!("not signed"))
        }))
    })
}

/// P-256 signatures a second through an adapter, by many tasks.
pub(crate) async fn through_adapter(
    key: Arc<dyn Key>,
    tasks: usize,
    time: Duration,
) -> Result<f64> {
    let done = Arc::new(AtomicU64::new(0));
    let stop = Arc::new(AtomicBool::new(false));
    let mut all = tokio::task::JoinSet::new();
    for _ in 0..tasks {
        let (key, done, stop) = (Arc::clone(&key), Arc::clone(&done), Arc::clone(&stop));
        all.spawn(async move {
            while !stop.load(Ordering::Relaxed) {
                for _ in 0..16 {
                    key.sign(key.algorithm().default_signature(), &MESSAGE)
                        .await?;
                    done.fetch_add(1, Ordering::Relaxed);
                }
                tokio::task::yield_now().await;
            }
            anyhow::Ok(())
        });
    }
    let (before, started) = (done.load(Ordering::Relaxed), Instant::now());
    // Not a wait for anything: the time that is measured.
    tokio::time::sleep(time).await;
    let counted = done.load(Ordering::Relaxed) - before;
    let rate = counted as f64 / started.elapsed().as_secs_f64();
    // What the last ones still do, with fewer and fewer of them, is not the rate.
    stop.store(true, Ordering::Relaxed);
    while let Some(ended) = all.join_next().await {
        ended??;
    }
    Ok(rate)
}

/// A fresh P-256 key in a software keystore.
pub(crate) async fn software_key(folder: &std::path::Path) -> Result<Arc<dyn Key>> {
    let keyring = Keyring::open(settings(folder, "software:".to_owned())).await?;
    Ok(keyring
        .generate("software:bench", KeyAlgorithm::P256)
        .await?)
}

/// A fresh P-256 key on a SoftHSM2 token, and the keyring that holds its sessions.
pub(crate) async fn token_key(
    folder: &std::path::Path,
    store: &str,
) -> Result<(Keyring, Arc<dyn Key>)> {
    let keyring = Keyring::open(settings(folder, store.to_owned())).await?;
    let key = keyring
        .generate(&keyring.default_uri("bench"), KeyAlgorithm::P256)
        .await?;
    Ok((keyring, key))
}

fn settings(folder: &std::path::Path, default_store: String) -> KeyringSettings {
    KeyringSettings {
        software_dir: folder.join("keys"),
        passphrase: Some("benchmark".to_owned().into()),
        default_store,
        queue: 4096,
        timeout: Duration::from_secs(10),
        sessions: 0,
        further_stores: Vec::new(),
        sm2: Sm2Settings::default(),
    }
}

/// Raw P-256 signatures a second on the token, `sessions` sessions side by side, by cryptoki alone.
pub(crate) fn raw_token(sessions: usize, time: Duration) -> Result<f64> {
    let pkcs11 = Pkcs11::new(SoftHsm::MODULE)?;
    // The adapter of this process may have initialized the library already.
    let _ = pkcs11.initialize(CInitializeArgs::new(CInitializeFlags::OS_LOCKING_OK));
    let slot = pkcs11
        .get_slots_with_initialized_token()?
        .into_iter()
        .find(|slot| {
            pkcs11
                .get_token_info(*slot)
                .is_ok_and(|info| info.label().trim() == "xinshu")
        })
        .context("the token")?;
    count(sessions, time, || {
        let session = pkcs11.open_rw_session(slot)?;
        // A second login answers that there is one.
        let _ = session.login(UserType::User, Some(&AuthPin::new(SoftHsm::PIN.into())));
        let wanted = [
            Attribute::Class(ObjectClass::PRIVATE_KEY),
            Attribute::Label(b"bench".to_vec()),
        ];
        let key = *session.find_objects(&wanted)?.first().context("the key")?;
        Ok(Box::new(move || {
            let digest = aws_lc_rs::digest::digest(&aws_lc_rs::digest::SHA256, &MESSAGE);
            session.sign(&Mechanism::Ecdsa, key, digest.as_ref())?;
            Ok(())
        }))
    })
}
