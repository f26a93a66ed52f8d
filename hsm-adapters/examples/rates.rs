//! Signatures a second: the raw key on every core against the adapter.
//!
//! `cargo run --release -p hsm-adapters --example rates [SECONDS] [ROUNDS]`;
//! with `SOFTHSM2_CONF` set and a token `xinshu`, whose PIN is in the file that
//! `RATES_PIN` names, SoftHSM2 too. Each pair is measured in turns, several
//! rounds, and the median of the rounds' ratios counts.

use std::{
    env,
    error::Error,
    path::PathBuf,
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicU64, Ordering},
    },
    thread,
    time::{Duration, Instant},
};

use aws_lc_rs::{
    rand::SystemRandom,
    signature::{ECDSA_P256_SHA256_ASN1_SIGNING, EcdsaKeyPair},
};
use crypto::{Digest, KeyAlgorithm};
use cryptoki::{
    context::{CInitializeArgs, CInitializeFlags, Pkcs11},
    mechanism::Mechanism,
    object::{Attribute, ObjectClass},
    session::UserType,
    types::AuthPin,
};
use hsm_adapters::{Key, Keyring, KeyringSettings, Sm2Settings, read_secret_file};
use sm2::dsa::{SigningKey, signature::Signer as _};
use tokio::runtime::Runtime;
use zeroize::Zeroizing;

type Result<T> = std::result::Result<T, Box<dyn Error>>;

const MODULE: &str = "/usr/lib/softhsm/libsofthsm2.so";
const MESSAGE: &[u8] = &[0x5a; 600];

fn main() -> Result<()> {
    let mut arguments = env::args().skip(1);
    let seconds = arguments.next().map_or(Ok(3), |text| text.parse())?;
    let rounds = arguments.next().map_or(Ok(5), |text| text.parse())?;
    let time = Duration::from_secs(seconds);
    let cores = thread::available_parallelism()?.get();
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()?;
    let folder = tempfile::tempdir()?;

    let open = |default_store: String| {
        runtime.block_on(Keyring::open(KeyringSettings {
            software_dir: folder.path().join("keys"),
            passphrase: Some(Zeroizing::new("benchmark".to_owned())),
            default_store,
            queue: 4096,
            timeout: Duration::from_secs(10),
            sessions: 0,
            further_stores: Vec::new(),
            sm2: Sm2Settings::default(),
        }))
    };
    let keyring = open("software:".to_owned())?;
    let uri = keyring.default_uri("rates");
    let key = runtime.block_on(keyring.generate(&uri, KeyAlgorithm::P256))?;
    let raw = || {
        on_every_core(cores, time, || {
            let pair = EcdsaKeyPair::generate(&ECDSA_P256_SHA256_ASN1_SIGNING)?;
            let random = SystemRandom::new();
            Ok(move || pair.sign(&random, MESSAGE).is_ok())
        })
    };
    compare("software P-256", rounds, raw, || {
        adapter(&runtime, &key, time)
    })?;

    // The reference implementation, with which SM2 was signed before 0.2.
    let uri = keyring.default_uri("sm2");
    let sm2 = runtime.block_on(keyring.generate(&uri, KeyAlgorithm::Sm2))?;
    let raw = || {
        on_every_core(cores, time, || {
            let pair = SigningKey::from_slice(crypto::SM2_DEFAULT_ID, &[0x5a; 32])?;
            Ok(move || pair.try_sign(MESSAGE).is_ok())
        })
    };
    compare("software SM2", rounds, raw, || {
        adapter(&runtime, &sm2, time)
    })?;

    if env::var_os("SOFTHSM2_CONF").is_some() {
        let pin_file = PathBuf::from(env::var("RATES_PIN")?);
        let pin = AuthPin::from(read_secret_file(&pin_file)?.as_str());
        let store = format!(
            "pkcs11:token=xinshu?module-path={MODULE}&pin-source=file:{}",
            pin_file.display()
        );
        let keyring = open(store)?;
        let uri = keyring.default_uri("rates");
        let key = match runtime.block_on(keyring.find(&uri)) {
            Ok(key) => key,
            Err(_) => runtime.block_on(keyring.generate(&uri, KeyAlgorithm::P256))?,
        };
        let library = Pkcs11::new(MODULE)?;
        // Fails if the adapter has initialized the library already, which is fine.
        let _ = library.initialize(CInitializeArgs::new(CInitializeFlags::OS_LOCKING_OK));
        let raw = || on_every_core(cores, time, || token_signer(&library, &pin));
        compare("SoftHSM2 P-256", rounds, raw, || {
            adapter(&runtime, &key, time)
        })?;
    }
    Ok(())
}

/// Signs with the key `rates` of the first token, without the adapter.
fn token_signer(library: &Pkcs11, pin: &AuthPin) -> Result<impl FnMut() -> bool + use<>> {
    let slots = library.get_slots_with_initialized_token()?;
    let slot = *slots.first().ok_or("no token")?;
    let session = library.open_rw_session(slot)?;
    // Another session has logged in already.
    let _ = session.login(UserType::User, Some(pin));
    let private = [
        Attribute::Class(ObjectClass::PRIVATE_KEY),
        Attribute::Label(b"rates".to_vec()),
    ];
    let handle = *session.find_objects(&private)?.first().ok_or("no key")?;
    Ok(move || {
        let digest = Digest::Sha256.hash(MESSAGE);
        session.sign(&Mechanism::Ecdsa, handle, &digest).is_ok()
    })
}

fn compare(
    name: &str,
    rounds: usize,
    raw: impl Fn() -> Result<u64>,
    adapter: impl Fn() -> Result<u64>,
) -> Result<()> {
    let (mut raws, mut adapters, mut ratios) = (Vec::new(), Vec::new(), Vec::new());
    let mut costs = Vec::new();
    for _ in 0..rounds {
        let start = cpu_ticks()?;
        let raw = raw()?;
        let middle = cpu_ticks()?;
        let through = adapter()?;
        let end = cpu_ticks()?;
        costs.push((through as f64 / (end - middle)) / (raw as f64 / (middle - start)));
        raws.push(raw);
        adapters.push(through);
        ratios.push(through as f64 / raw as f64);
    }
    raws.sort_unstable();
    adapters.sort_unstable();
    ratios.sort_by(f64::total_cmp);
    costs.sort_by(f64::total_cmp);
    let median = rounds / 2;
    println!(
        "{name}: raw {}/s, adapter {}/s, ratio {:.3} ({:.3} to {:.3})",
        raws[median],
        adapters[median],
        ratios[median],
        ratios[0],
        ratios[rounds - 1]
    );
    println!(
        "{name}: ratio per second of processor time {:.3}",
        costs[median]
    );
    Ok(())
}

/// The processor time that this process has used, in the kernel's ticks. On a
/// busy machine the ratio by it is steadier than that by the wall clock.
fn cpu_ticks() -> Result<f64> {
    let stat = std::fs::read_to_string("/proc/self/stat")?;
    // proc(5): the fields after the command's closing parenthesis; utime and stime.
    let (_, fields) = stat.rsplit_once(')').ok_or("no /proc/self/stat")?;
    let field = |index| -> Result<f64> {
        let text = fields
            .split_whitespace()
            .nth(index)
            .ok_or("short /proc/self/stat")?;
        Ok(text.parse()?)
    };
    Ok(field(11)? + field(12)?)
}

/// Signs on one thread per core and returns the rate.
fn on_every_core<S>(
    cores: usize,
    time: Duration,
    signer: impl Fn() -> Result<S> + Sync,
) -> Result<u64>
where
    S: FnMut() -> bool,
{
    let stop = AtomicBool::new(false);
    let total = AtomicU64::new(0);
    let failed = AtomicBool::new(false);
    let start = Instant::now();
    thread::scope(|scope| {
        for _ in 0..cores {
            scope.spawn(|| {
                let Ok(mut sign) = signer() else {
                    failed.store(true, Ordering::Relaxed);
                    return;
                };
                let mut count = 0;
                while !stop.load(Ordering::Relaxed) && sign() {
                    count += 1;
                }
                total.fetch_add(count, Ordering::Relaxed);
            });
        }
        thread::sleep(time);
        stop.store(true, Ordering::Relaxed);
    });
    if failed.into_inner() {
        return Err("the raw signer did not start".into());
    }
    Ok((total.into_inner() as f64 / start.elapsed().as_secs_f64()) as u64)
}

/// Signs from 64 tasks through the adapter and returns the rate.
fn adapter(runtime: &Runtime, key: &Arc<dyn Key>, time: Duration) -> Result<u64> {
    let start = Instant::now();
    let scheme = key.algorithm().default_signature();
    let total = runtime.block_on(async {
        let tasks: Vec<_> = (0..64)
            .map(|_| {
                let key = Arc::clone(key);
                tokio::spawn(async move {
                    let mut count = 0_u64;
                    while start.elapsed() < time {
                        key.sign(scheme, MESSAGE).await?;
                        count += 1;
                        if u64::is_multiple_of(count, 16) {
                            tokio::task::yield_now().await;
                        }
                    }
                    Ok::<_, hsm_adapters::KeyError>(count)
                })
            })
            .collect();
        let mut total = 0;
        for task in tasks {
            total += task.await??;
        }
        Ok::<_, Box<dyn Error>>(total)
    })?;
    Ok((total as f64 / start.elapsed().as_secs_f64()) as u64)
}
