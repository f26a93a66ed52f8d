//! The software keystore from outside: its files, its errors, its bounds.

use std::{
    fs,
    os::unix::fs::PermissionsExt,
    path::{Path, PathBuf},
    process::Command,
    sync::Arc,
    time::Duration,
};

use crypto::{KeyAlgorithm, PublicKey, SignatureAlgorithm};
use futures_util::{FutureExt, future::join_all};
use hsm_adapters::{
    KeyError, KeySpec, KeyStore, KeyUsage, Keyring, KeyringSettings, Sm2Settings, SoftwareSettings,
    SoftwareStore,
    conformance::{OpenSsl, Reference as _},
};
use tempfile::TempDir;
use zeroize::Zeroizing;

const PASSPHRASE: &str = "correct horse battery staple";

fn open(folder: &Path, passphrase: &str) -> SoftwareStore {
    try_open(folder, passphrase, 4096).unwrap()
}

fn try_open(folder: &Path, passphrase: &str, queue: usize) -> Result<SoftwareStore, KeyError> {
    SoftwareStore::open(SoftwareSettings {
        folder: folder.to_owned(),
        passphrase: Some(Zeroizing::new(passphrase.to_owned())),
        queue,
        timeout: Duration::from_secs(60),
        sm2_id: "1234567812345678".to_owned(),
    })
}

fn folder() -> (TempDir, PathBuf) {
    let temporary = tempfile::tempdir().unwrap();
    let keys = temporary.path().join("keys");
    (temporary, keys)
}

fn mode(path: &Path) -> u32 {
    fs::metadata(path).unwrap().permissions().mode() & 0o7777
}

#[tokio::test]
async fn the_identity_in_sm2_signatures_is_that_of_the_settings() {
    const ID: &str = "ALICE123@YAHOO.COM";
    let (_temporary, keys) = folder();
    let store = SoftwareStore::open(SoftwareSettings {
        folder: keys,
        passphrase: Some(Zeroizing::new(PASSPHRASE.to_owned())),
        queue: 16,
        timeout: Duration::from_secs(60),
        sm2_id: ID.to_owned(),
    })
    .unwrap();
    let key = store
        .generate("sm2", KeyAlgorithm::Sm2.into())
        .await
        .unwrap();
    let scheme = SignatureAlgorithm::Sm2Sm3;
    let signature = key.sign(scheme, b"message").await.unwrap();
    let public = key.public_key();
    public.verify(scheme, b"message", &signature).unwrap();
    let with_default_id = PublicKey::from_der(public.der()).unwrap();
    with_default_id
        .verify(scheme, b"message", &signature)
        .unwrap_err();
    let verified = |sm2_id: &str| {
        let openssl = OpenSsl {
            sm2_id: sm2_id.to_owned(),
        };
        openssl.verify(key.public_key().der(), scheme, b"message", &signature)
    };
    verified(ID).unwrap();
    verified("1234567812345678").unwrap_err();
}

#[tokio::test]
async fn openssl_opens_every_file() {
    let (temporary, keys) = folder();
    let pass = temporary.path().join("pass");
    fs::write(&pass, PASSPHRASE).unwrap();
    let store = open(&keys, PASSPHRASE);
    for algorithm in KeyAlgorithm::all() {
        let key = store
            .generate(algorithm.name(), algorithm.into())
            .await
            .unwrap();
        let file = keys.join(format!("{algorithm}.pem"));
        assert_eq!(mode(&file), 0o600);
        let output = Command::new("openssl")
            .args(["pkey", "-pubout", "-outform", "DER", "-in"])
            .arg(&file)
            .arg("-passin")
            .arg(format!("file:{}", pass.display()))
            .output()
            .expect("openssl is installed");
        assert!(
            output.status.success(),
            "{algorithm}: {}",
            String::from_utf8_lossy(&output.stderr)
        );
        assert_eq!(output.stdout, key.public_key().der(), "{algorithm}");
    }
    assert_eq!(mode(&keys), 0o700);
}

#[tokio::test]
async fn a_file_made_by_openssl_serves_as_well() {
    let (_temporary, keys) = folder();
    let store = open(&keys, "secret");
    let plain = Command::new("openssl")
        .args([
            "genpkey",
            "-algorithm",
            "EC",
            "-pkeyopt",
            "ec_paramgen_curve:P-256",
        ])
        .args(["-aes-256-cbc", "-pass", "pass:secret", "-out"])
        .arg(keys.join("imported.pem"))
        .status()
        .expect("openssl is installed");
    assert!(plain.success());
    let listed = store.list().await.unwrap();
    assert_eq!(listed[0].uri, "software:imported");
    assert_eq!(listed[0].spec.algorithm, KeyAlgorithm::P256);
}

#[tokio::test]
async fn wrong_passphrase_damage_and_loose_permissions_are_told_apart() {
    let (_temporary, keys) = folder();
    let store = open(&keys, PASSPHRASE);
    store
        .generate("a", KeyAlgorithm::P256.into())
        .await
        .unwrap();
    let file = keys.join("a.pem");
    let good = fs::read_to_string(&file).unwrap();

    let error = open(&keys, "wrong").find("software:a").await.unwrap_err();
    assert!(matches!(error, KeyError::BadPin { .. }), "{error}");
    assert!(matches!(
        open(&keys, "wrong").check().await,
        Err(KeyError::BadPin { .. })
    ));

    let start = good.find("-----BEGIN").unwrap();
    let flipped = good.replacen(&good[start + 200..start + 202], "AA", 1);
    for damaged in ["", "not a key", &good[..good.len() / 2], &flipped] {
        fs::write(&file, damaged).unwrap();
        let error = open(&keys, PASSPHRASE)
            .find("software:a")
            .await
            .unwrap_err();
        assert!(matches!(error, KeyError::Damaged { .. }), "{error}");
    }

    fs::write(&file, &good).unwrap();
    fs::set_permissions(&file, fs::Permissions::from_mode(0o644)).unwrap();
    let error = open(&keys, PASSPHRASE)
        .find("software:a")
        .await
        .unwrap_err();
    assert!(
        matches!(
            error,
            KeyError::LoosePermissions {
                mode: 0o644,
                want: 0o600,
                ..
            }
        ),
        "{error}"
    );

    fs::set_permissions(&file, fs::Permissions::from_mode(0o600)).unwrap();
    open(&keys, PASSPHRASE).find("software:a").await.unwrap();
    fs::set_permissions(&keys, fs::Permissions::from_mode(0o750)).unwrap();
    let error = try_open(&keys, PASSPHRASE, 16).unwrap_err();
    assert!(
        matches!(
            error,
            KeyError::LoosePermissions {
                mode: 0o750,
                want: 0o700,
                ..
            }
        ),
        "{error}"
    );
}

#[tokio::test]
async fn a_full_queue_answers_busy_at_once() {
    let (_temporary, keys) = folder();
    let store = try_open(&keys, PASSPHRASE, 2).unwrap();
    let key = store
        .generate("slow", KeyAlgorithm::Rsa4096.into())
        .await
        .unwrap();
    let signed =
        join_all((0..200).map(|_| key.sign(SignatureAlgorithm::RsaPkcs1Sha256, b"m"))).await;
    let busy = signed
        .iter()
        .filter(|one| matches!(one, Err(KeyError::Busy { limit: 2, .. })))
        .count();
    assert!(busy > 0);
    assert!(
        signed
            .iter()
            .all(|one| matches!(one, Ok(_) | Err(KeyError::Busy { .. })))
    );
    // The places of callers who went away are free again.
    for _ in 0..20 {
        let gave_up = key
            .sign(SignatureAlgorithm::RsaPkcs1Sha256, b"m")
            .now_or_never();
        // On a busy machine a thread may have signed before this looks.
        assert!(matches!(
            gave_up,
            None | Some(Ok(_) | Err(KeyError::Busy { .. }))
        ));
    }
    key.sign(SignatureAlgorithm::RsaPkcs1Sha256, b"m")
        .await
        .unwrap();
}

#[tokio::test]
async fn fast_signatures_are_ready_at_first_poll() {
    let (_temporary, keys) = folder();
    let store = open(&keys, PASSPHRASE);
    for algorithm in [KeyAlgorithm::P256, KeyAlgorithm::Ed25519] {
        let key = store
            .generate(algorithm.name(), algorithm.into())
            .await
            .unwrap();
        key.sign(algorithm.default_signature(), b"m")
            .now_or_never()
            .unwrap()
            .unwrap();
    }
}

#[tokio::test]
async fn one_name_is_one_key() {
    let (_temporary, keys) = folder();
    let store = Arc::new(open(&keys, PASSPHRASE));
    let made = join_all((0..4).map(|_| store.generate("a", KeyAlgorithm::P256.into()))).await;
    assert_eq!(made.iter().filter(|one| one.is_ok()).count(), 1);
    assert!(
        made.iter()
            .all(|one| matches!(one, Ok(_) | Err(KeyError::KeyExists { .. })))
    );
    assert_eq!(
        fs::read_dir(&keys).unwrap().count(),
        1,
        "no temporary file stays"
    );
}

#[tokio::test]
async fn a_keyring_without_passphrase_says_so() {
    let (_temporary, keys) = folder();
    let keyring = Keyring::open(KeyringSettings {
        software_dir: keys,
        passphrase: None,
        default_store: "software:".to_owned(),
        queue: 16,
        timeout: Duration::from_secs(10),
        sessions: 0,
        further_stores: Vec::new(),
        sm2: Sm2Settings::default(),
    })
    .await
    .unwrap();
    let uri = keyring.default_uri("a");
    assert_eq!(uri, "software:a");
    let error = keyring
        .generate(&uri, KeyAlgorithm::P256)
        .await
        .unwrap_err();
    assert!(matches!(error, KeyError::Refused { .. }), "{error}");
    assert!(matches!(
        keyring.find(&uri).await,
        Err(KeyError::NoSuchKey { .. })
    ));
    assert!(matches!(
        keyring.find("pkcs11:token=a;object=b").await,
        Err(KeyError::BadUri { .. })
    ));
}

#[tokio::test]
async fn a_file_declares_what_its_key_is_for_and_one_of_openssl_signs() {
    let (temporary, keys) = folder();
    let store = open(&keys, PASSPHRASE);
    let spec = KeySpec::signing(KeyAlgorithm::P256)
        .with_usage(KeyUsage::SIGN | KeyUsage::AGREE)
        .exportable();
    store.generate("both", spec).await.unwrap();
    let text = fs::read_to_string(keys.join("both.pem")).unwrap();
    assert!(
        text.contains("\nUsage: sign,agree\nExportable: yes\n"),
        "{text}"
    );
    // Without the lines above the PEM it is a file as OpenSSL makes them.
    let (_, pem) = text.split_once("\n-----BEGIN").unwrap();
    private_files::create_new(
        &keys.join("plain.pem"),
        format!("-----BEGIN{pem}").as_bytes(),
    )
    .unwrap();
    let reopened = open(&keys, PASSPHRASE);
    let specs: Vec<_> = reopened
        .list()
        .await
        .unwrap()
        .into_iter()
        .map(|key| key.spec)
        .collect();
    assert_eq!(specs, [spec, KeySpec::signing(KeyAlgorithm::P256)]);
    let plain = reopened.find("software:plain").await.unwrap();
    assert!(plain.as_agree().is_none());
    let wrap = reopened.as_wrap().unwrap();
    assert!(matches!(
        wrap.wrap(plain.uri(), plain.public_key()).await,
        Err(KeyError::NotExportable { .. })
    ));
    // A usage that nobody knows is not ignored.
    let wrong = text.replace("sign,agree", "sign,fly");
    private_files::create_new(&keys.join("wrong.pem"), wrong.as_bytes()).unwrap();
    assert!(matches!(
        reopened.find("software:wrong").await,
        Err(KeyError::Damaged { .. })
    ));
    drop(temporary);
}
