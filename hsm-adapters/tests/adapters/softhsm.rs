//! The PKCS#11 adapter on SoftHSM2: what goes wrong, and how it mends itself.

use std::{
    fs,
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicU64, Ordering},
    },
    time::{Duration, Instant},
};

use crate::token::{SoftHsm, with_softhsm};
use futures_util::future::join_all;
use hsm_adapters::{KeyAlgorithm, KeyError, KeyStore, SignatureAlgorithm};

#[test]
fn a_removed_token_folder_heals_under_load() {
    with_softhsm(
        "a_removed_token_folder_heals_under_load",
        |hsm| async move {
            let store = hsm.open().await.unwrap();
            let key = store.generate("loaded", KeyAlgorithm::P256).await.unwrap();
            let stop = Arc::new(AtomicBool::new(false));
            let slowest_ms = Arc::new(AtomicU64::new(0));
            let callers: Vec<_> = (0..8)
                .map(|_| {
                    let (key, stop) = (Arc::clone(&key), Arc::clone(&stop));
                    let slowest_ms = Arc::clone(&slowest_ms);
                    tokio::spawn(async move {
                        while !stop.load(Ordering::Relaxed) {
                            let start = Instant::now();
                            let signed = key.sign(SignatureAlgorithm::EcdsaP256Sha256, b"m").await;
                            let took = u64::try_from(start.elapsed().as_millis()).unwrap();
                            slowest_ms.fetch_max(took, Ordering::Relaxed);
                            match signed {
                                Ok(_) => {}
                                Err(error) => {
                                    assert!(error.is_transient(), "{error}");
                                    tokio::task::yield_now().await;
                                }
                            }
                        }
                    })
                })
                .collect();

            for round in 0..3 {
                let aside = hsm.tokens().with_extension("aside");
                fs::rename(hsm.tokens(), &aside).unwrap();
                let down = until(|| async { store.check().await.is_err() }, 10).await;
                eprintln!("round {round}: noticed {down:?}, {:?}", store.check().await);
                fs::rename(&aside, hsm.tokens()).unwrap();
                let signs = || async {
                    store.check().await.is_ok()
                        && key
                            .sign(SignatureAlgorithm::EcdsaP256Sha256, b"m")
                            .await
                            .is_ok()
                };
                let up = until(signs, 30).await.expect("it heals");
                eprintln!("round {round}: healed after {up:?}");
            }
            stop.store(true, Ordering::Relaxed);
            for caller in join_all(callers).await {
                caller.unwrap();
            }
            eprintln!("slowest call {} ms", slowest_ms.load(Ordering::Relaxed));
        },
    );
}

/// Polls `ready` until it holds, for at most `seconds`; gives the time it took.
async fn until<F: Future<Output = bool>>(ready: impl Fn() -> F, seconds: u64) -> Option<Duration> {
    let start = Instant::now();
    let mut tick = tokio::time::interval(Duration::from_millis(20));
    while start.elapsed() < Duration::from_secs(seconds) {
        if ready().await {
            return Some(start.elapsed());
        }
        tick.tick().await;
    }
    None
}

#[test]
fn every_advertised_algorithm_is_generated() {
    with_softhsm(
        "every_advertised_algorithm_is_generated",
        |hsm: SoftHsm| async move {
            let store = hsm.open().await.unwrap();
            let algorithms = store.algorithms().await.unwrap();
            eprintln!("{algorithms:?}");
            for algorithm in algorithms {
                let key = store.generate(algorithm.name(), algorithm).await.unwrap();
                for signature in algorithm.signatures() {
                    key.sign(*signature, b"m").await.unwrap();
                }
            }
            eprintln!("{:?}", store.list().await.unwrap());
            store
                .destroy("pkcs11:token=xinshu;object=p256")
                .await
                .unwrap();
            assert!(matches!(
                store.find("pkcs11:object=p256").await,
                Err(KeyError::NoSuchKey { .. })
            ));
            store.close().await;
        },
    );
}

#[test]
fn a_wrong_pin_is_told_at_once() {
    with_softhsm(
        "softhsm::a_wrong_pin_is_told_at_once",
        |hsm: SoftHsm| async move {
            let error = hsm.open_with_wrong_pin().await.unwrap_err();
            assert!(matches!(error, KeyError::BadPin { .. }), "{error}");
            hsm.open().await.unwrap();
        },
    );
}
