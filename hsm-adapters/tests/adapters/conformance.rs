//! The conformance suite on both adapters.

use std::{path::PathBuf, sync::Arc, time::Duration};

use crate::token::{SoftHsm, with_softhsm};
use async_trait::async_trait;
use crypto::{EncryptionAlgorithm, KeyAlgorithm, SignatureAlgorithm};
use hsm_adapters::{
    KeyError, KeyStore, SoftwareSettings, SoftwareStore,
    conformance::{CaseResult, OpenSsl, Outcome, Reference, Report, Subject},
};
use zeroize::Zeroizing;

struct Software(PathBuf);

impl Software {
    fn open_with(&self, passphrase: &str) -> Result<Arc<dyn KeyStore>, KeyError> {
        let store = SoftwareStore::open(SoftwareSettings {
            folder: self.0.clone(),
            passphrase: Some(Zeroizing::new(passphrase.to_owned())),
            queue: 1024,
            timeout: Duration::from_secs(60),
            sm2_id: "1234567812345678".to_owned(),
        })?;
        Ok(Arc::new(store))
    }
}

#[async_trait]
impl Subject for Software {
    async fn open(&self) -> Result<Arc<dyn KeyStore>, KeyError> {
        self.open_with("right")
    }

    async fn open_with_wrong_pin(&self) -> Option<Result<Arc<dyn KeyStore>, KeyError>> {
        Some(self.open_with("wrong"))
    }
}

#[async_trait]
impl Subject for SoftHsm {
    async fn open(&self) -> Result<Arc<dyn KeyStore>, KeyError> {
        Ok(Arc::new(Self::open(self).await?))
    }

    async fn open_with_wrong_pin(&self) -> Option<Result<Arc<dyn KeyStore>, KeyError>> {
        let opened = Self::open_with_wrong_pin(self).await;
        Some(opened.map(|store| Arc::new(store) as Arc<dyn KeyStore>))
    }
}

async fn run(subject: &dyn Subject) -> Report {
    let mut tell = |case: &CaseResult| println!("{case}");
    hsm_adapters::conformance::run(subject, &OpenSsl::default(), &mut tell)
        .await
        .unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn the_software_keystore_passes() {
    let folder = tempfile::tempdir().unwrap();
    let keys = folder.path().join("keys");
    let report = run(&Software(keys.clone())).await;
    assert!(report.passed());
    let generated = report
        .cases
        .iter()
        .filter(|case| case.name.starts_with("generate"))
        .count();
    // Those that sign, and those that decrypt (2), agree (2) and wrap (1).
    assert_eq!(generated, KeyAlgorithm::all().count() + 5);
    assert_eq!(std::fs::read_dir(keys).unwrap().count(), 0, "it cleans up");
}

#[test]
fn softhsm_passes() {
    with_softhsm("conformance::softhsm_passes", |hsm| async move {
        let report = run(&hsm).await;
        assert!(report.passed());
        let skipped = |case: &&CaseResult| matches!(case.outcome, Outcome::NotApplicable(_));
        let skipped: Vec<_> = report.cases.iter().filter(skipped).collect();
        // SoftHSM2 2.6 knows OAEP with SHA-1 only.
        let names: Vec<_> = skipped.iter().map(|case| case.name.as_str()).collect();
        assert_eq!(names, ["decrypt RSAES-OAEP-SHA256 with rsa2048"]);
        let store = hsm.open().await.unwrap();
        assert_eq!(store.list().await.unwrap(), [], "it cleans up");
    });
}

/// Says yes to everything, as a broken verifier would.
struct Gullible;

impl Reference for Gullible {
    fn verify(&self, _: &[u8], _: SignatureAlgorithm, _: &[u8], _: &[u8]) -> Result<(), String> {
        Ok(())
    }

    fn encrypt(
        &self,
        key: &[u8],
        algorithm: EncryptionAlgorithm,
        message: &[u8],
    ) -> Result<Vec<u8>, String> {
        OpenSsl::default().encrypt(key, algorithm, message)
    }

    fn agree(&self, key: &[u8], algorithm: KeyAlgorithm) -> Result<(Vec<u8>, Vec<u8>), String> {
        OpenSsl::default().agree(key, algorithm)
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_verifier_that_accepts_all_is_found_out() {
    let folder = tempfile::tempdir().unwrap();
    let subject = Software(folder.path().join("keys"));
    let report = hsm_adapters::conformance::run(&subject, &Gullible, &mut |_| {})
        .await
        .unwrap();
    assert!(!report.passed());
}
