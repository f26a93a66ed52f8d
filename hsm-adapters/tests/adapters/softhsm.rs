//! The PKCS#11 adapter on SoftHSM2: what goes wrong, and how it mends itself.

use std::{
    fs,
    os::unix::fs::PermissionsExt,
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicU64, Ordering},
    },
    time::{Duration, Instant},
};

use crate::token::{SoftHsm, TIMEOUT, with_softhsm};
use crypto::{KeyAlgorithm, SignatureAlgorithm};
use futures_util::future::join_all;
use hsm_adapters::{
    KeyError, KeySpec, KeyStore, KeyUsage, Keyring, KeyringSettings, Sm2Settings, WrappedKey,
};
use zeroize::Zeroizing;

#[test]
fn a_removed_token_folder_heals_under_load() {
    with_softhsm(
        "softhsm::a_removed_token_folder_heals_under_load",
        |hsm| async move {
            let store = hsm.open().await.unwrap();
            let key = store
                .generate("loaded", KeyAlgorithm::P256.into())
                .await
                .unwrap();
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

            for _ in 0..3 {
                let aside = hsm.tokens().with_extension("aside");
                fs::rename(hsm.tokens(), &aside).unwrap();
                until(|| async { store.check().await.is_err() }, 10)
                    .await
                    .expect("it is noticed");
                fs::rename(&aside, hsm.tokens()).unwrap();
                let signs = || async {
                    store.check().await.is_ok()
                        && key
                            .sign(SignatureAlgorithm::EcdsaP256Sha256, b"m")
                            .await
                            .is_ok()
                };
                until(signs, 30).await.expect("it heals");
            }
            stop.store(true, Ordering::Relaxed);
            for caller in join_all(callers).await {
                caller.unwrap();
            }
            // A call that hangs lasts until its time is up.
            let slowest = Duration::from_millis(slowest_ms.load(Ordering::Relaxed));
            assert!(slowest < TIMEOUT / 2, "a call took {slowest:?}");
        },
    );
}

/// Polls `ready` until it holds, for at most `seconds`.
async fn until<F: Future<Output = bool>>(ready: impl Fn() -> F, seconds: u64) -> Option<()> {
    let start = Instant::now();
    let mut tick = tokio::time::interval(Duration::from_millis(20));
    while start.elapsed() < Duration::from_secs(seconds) {
        if ready().await {
            return Some(());
        }
        tick.tick().await;
    }
    None
}

#[test]
fn a_removed_token_folder_is_noticed_when_nobody_signs() {
    with_softhsm(
        "softhsm::a_removed_token_folder_is_noticed_when_nobody_signs",
        |hsm| async move {
            let store = hsm.open().await.unwrap();
            let key = store
                .generate("idle", KeyAlgorithm::P256.into())
                .await
                .unwrap();
            store.check().await.unwrap();
            let aside = hsm.tokens().with_extension("aside");
            fs::rename(hsm.tokens(), &aside).unwrap();
            until(|| async { store.check().await.is_err() }, 10)
                .await
                .expect("it is noticed");
            fs::rename(&aside, hsm.tokens()).unwrap();
            until(|| async { store.check().await.is_ok() }, 30)
                .await
                .expect("it heals");
            key.sign(SignatureAlgorithm::EcdsaP256Sha256, b"m")
                .await
                .unwrap();
        },
    );
}

#[test]
fn every_advertised_algorithm_is_generated() {
    with_softhsm(
        "softhsm::every_advertised_algorithm_is_generated",
        |hsm: SoftHsm| async move {
            let store = hsm.open().await.unwrap();
            let algorithms = store.algorithms().await.unwrap();
            eprintln!("{algorithms:?}");
            for algorithm in algorithms {
                let key = store
                    .generate(algorithm.name(), algorithm.into())
                    .await
                    .unwrap();
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

#[test]
fn a_token_that_is_away_at_the_start_comes_later() {
    with_softhsm(
        "softhsm::a_token_that_is_away_at_the_start_comes_later",
        |hsm| async move {
            let aside = hsm.tokens().with_extension("aside");
            fs::rename(hsm.tokens(), &aside).unwrap();
            fs::create_dir(hsm.tokens()).unwrap();
            let store = hsm.open().await.unwrap();
            for error in [
                store.check().await.unwrap_err(),
                store.algorithms().await.unwrap_err(),
                store
                    .generate("a", KeyAlgorithm::P256.into())
                    .await
                    .unwrap_err(),
            ] {
                assert!(matches!(error, KeyError::Unavailable { .. }), "{error}");
            }
            fs::remove_dir(hsm.tokens()).unwrap();
            fs::rename(&aside, hsm.tokens()).unwrap();
            until(|| async { store.check().await.is_ok() }, 30)
                .await
                .expect("it comes up");
            store
                .generate("a", KeyAlgorithm::P256.into())
                .await
                .unwrap();
        },
    );
}

#[test]
fn a_full_queue_answers_busy_at_once() {
    with_softhsm(
        "softhsm::a_full_queue_answers_busy_at_once",
        |hsm| async move {
            let store = hsm.open_with(&hsm.uri(), 2).await.unwrap();
            let key = store
                .generate("slow", KeyAlgorithm::Rsa4096.into())
                .await
                .unwrap();
            let sign = || key.sign(SignatureAlgorithm::RsaPkcs1Sha256, b"m");
            let signed = join_all((0..200).map(|_| sign())).await;
            let is_busy = |one: &&Result<_, _>| matches!(one, Err(KeyError::Busy { limit: 2, .. }));
            assert!(signed.iter().filter(is_busy).count() > 0);
            assert!(signed.iter().all(|one| one.is_ok() || is_busy(&one)));
            sign().await.unwrap();
        },
    );
}

#[test]
fn settings_that_time_does_not_mend_are_errors_at_once() {
    with_softhsm(
        "softhsm::settings_that_time_does_not_mend_are_errors_at_once",
        |hsm| async move {
            let uri = hsm.uri();
            for wrong in [
                uri.replace("libsofthsm2.so", "nowhere.so"),
                "pkcs11:token=xinshu".to_owned(),
                uri.replace("/pin", "/no-such-pin"),
            ] {
                hsm.open_with(&wrong, 16).await.unwrap_err();
            }
            let pin = hsm.tokens().with_file_name("pin");
            fs::set_permissions(&pin, fs::Permissions::from_mode(0o644)).unwrap();
            let error = hsm.open().await.unwrap_err();
            assert!(
                matches!(error, KeyError::LoosePermissions { .. }),
                "{error}"
            );
        },
    );
}

#[test]
fn a_keyring_holds_both_adapters() {
    with_softhsm("softhsm::a_keyring_holds_both_adapters", |hsm| async move {
        let keyring = Keyring::open(KeyringSettings {
            software_dir: hsm.tokens().with_file_name("keys"),
            passphrase: Some(Zeroizing::new("secret".to_owned())),
            default_store: hsm.uri(),
            queue: 64,
            timeout: Duration::from_secs(10),
            sessions: 0,
            further_stores: Vec::new(),
            sm2: Sm2Settings::default(),
        })
        .await
        .unwrap();
        let uri = keyring.default_uri("issuing");
        assert_eq!(uri, "pkcs11:token=xinshu;object=issuing");
        keyring.generate(&uri, KeyAlgorithm::P256).await.unwrap();
        keyring
            .generate("software:tls", KeyAlgorithm::P256)
            .await
            .unwrap();
        keyring.check().await.unwrap();
        let uris: Vec<_> = keyring
            .list()
            .await
            .unwrap()
            .into_iter()
            .map(|key| key.uri)
            .collect();
        assert_eq!(uris, ["software:tls", "pkcs11:token=xinshu;object=issuing"]);
        let tokens = keyring.algorithms("pkcs11:token=xinshu").await.unwrap();
        assert!(tokens.contains(&KeyAlgorithm::P256) && !tokens.contains(&KeyAlgorithm::Sm2));
        assert!(
            keyring
                .algorithms("software:")
                .await
                .unwrap()
                .contains(&KeyAlgorithm::Sm2)
        );
        let key = keyring.find(&uri).await.unwrap();
        keyring.destroy(&uri).await.unwrap();
        let signed = key.sign(SignatureAlgorithm::EcdsaP256Sha256, b"m").await;
        assert!(matches!(signed, Err(KeyError::NoSuchKey { .. })));
        assert!(matches!(
            keyring.find(&uri).await,
            Err(KeyError::NoSuchKey { .. })
        ));
    });
}

#[test]
fn further_stores_are_found_by_their_addresses() {
    with_softhsm(
        "softhsm::further_stores_are_found_by_their_addresses",
        |hsm| async move {
            let folder = hsm.tokens().with_file_name("keys");
            let passphrase = Some(Zeroizing::new("secret".to_owned()));
            let mut settings = KeyringSettings::software(folder, passphrase);
            settings.further_stores = vec![hsm.uri(), hsm.uri(), "software:".to_owned()];
            let keyring = Keyring::open(settings).await.unwrap();
            assert_eq!(keyring.stores().len(), 2, "one adapter for each store");
            assert_eq!(keyring.default_uri("new"), "software:new");
            let uri = "pkcs11:token=xinshu;object=moved";
            let key = keyring.generate(uri, KeyAlgorithm::P256).await.unwrap();
            assert_eq!(key.uri(), uri);
            let elsewhere = keyring.find("pkcs11:token=other;object=a").await;
            assert!(matches!(elsewhere, Err(KeyError::BadUri { .. })));
            keyring.close().await;
        },
    );
}

#[test]
fn a_key_moves_from_files_to_a_token() {
    with_softhsm(
        "softhsm::a_key_moves_from_files_to_a_token",
        |hsm| async move {
            let folder = hsm.tokens().with_file_name("keys");
            let passphrase = Some(Zeroizing::new("secret".to_owned()));
            let mut settings = KeyringSettings::software(folder, passphrase);
            settings.further_stores = vec![hsm.uri()];
            let keyring = Keyring::open(settings).await.unwrap();
            let spec = KeySpec::signing(KeyAlgorithm::P384).exportable();
            let key = keyring.generate("software:issuing", spec).await.unwrap();
            let wrapping = KeySpec::signing(KeyAlgorithm::Rsa2048).with_usage(KeyUsage::WRAP);
            let wrapping_key = keyring
                .generate("pkcs11:token=xinshu;object=wrapping", wrapping)
                .await
                .unwrap();
            let stores = keyring.stores();
            let (files, token) = (stores[0].as_wrap().unwrap(), stores[1].as_wrap().unwrap());
            let wrapped = files
                .wrap(key.uri(), wrapping_key.public_key())
                .await
                .unwrap();
            let moved = token
                .unwrap(wrapping_key.uri(), "issuing", &wrapped)
                .await
                .unwrap();
            assert_eq!(moved.public_key(), key.public_key());
            let scheme = SignatureAlgorithm::EcdsaP384Sha384;
            let signature = moved.sign(scheme, b"message").await.unwrap();
            key.public_key()
                .verify(scheme, b"message", &signature)
                .unwrap();
            // A public half that belongs to another key is found out, and nothing stays.
            let other = keyring
                .generate("software:other", KeyAlgorithm::P384)
                .await
                .unwrap();
            let lie = WrappedKey {
                public_key: other.public_key().clone(),
                ..wrapped
            };
            let refused = token.unwrap(wrapping_key.uri(), "lie", &lie).await;
            assert!(
                matches!(refused, Err(KeyError::BadCiphertext { .. })),
                "{refused:?}"
            );
            assert!(matches!(
                keyring.find("pkcs11:token=xinshu;object=lie").await,
                Err(KeyError::NoSuchKey { .. })
            ));
            keyring.close().await;
        },
    );
}
