//! One time-stamp authority on a database of its own, with a clock and a certificate that tests
//! change.

use std::sync::Arc;

use aws_lc_rs::rand::SystemRandom;
use hsm_adapters::{Key, Keyring, KeyringSettings};
use jiff::{SignedDuration, Timestamp};
use parking_lot::Mutex;
use pki::{
    BasicConstraints, Certificate, EncodedTemplate, ExtensionSet, Issuer, KeyAlgorithm, KeyUsage,
    Name, SerialNumber, Subject, Validity,
    lint::{KeyRule, ProfileRules},
    oid,
    tsp::{TimeStampReq, TimeStampResp},
};
use platform_access::{Access, Caller};
use platform_log::{ListQuery, RecordCheck, RecordedEntry, Sequencer};
use platform_runtime::{Clock as _, clock::ManualClock};
use platform_store::Store;
use tsa::{
    Error, Service, UnitCertificate, UnitCertificates, UnitSettings, reload_units::reload_units,
    stamp::stamp, upsert_unit::upsert_unit,
};
use zeroize::Zeroizing;

pub(crate) const POLICY: &str = "1.3.6.1.4.1.99999.2";

pub(crate) struct TestTsa {
    pub(crate) tsa: Service,
    pub(crate) store: Store,
    pub(crate) clock: Arc<ManualClock>,
    pub(crate) keyring: Arc<Keyring>,
    pub(crate) certificates: Arc<TestCertificates>,
    _folder: tempfile::TempDir,
}

/// What the certificate authority would say.
#[derive(Debug)]
pub(crate) struct TestCertificates(Mutex<UnitCertificate>);

#[async_trait::async_trait]
impl UnitCertificates for TestCertificates {
    async fn find(&self, _: &str) -> Result<UnitCertificate, String> {
        Ok(self.0.lock().clone())
    }
}

impl TestTsa {
    /// With the default unit, which states an accuracy of a second.
    pub(crate) async fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let url = format!("sqlite:{}", folder.path().join("xinshu.db").display());
        let store = Store::open(&url, migrations::schema()).await.unwrap();
        let clock = Arc::new(ManualClock::new(at("2026-03-01T08:00:00Z")));
        let passphrase = Zeroizing::new("a passphrase for tests".to_owned());
        let keys = KeyringSettings::software(folder.path().join("keys"), Some(passphrase));
        let keyring = Arc::new(Keyring::open(keys).await.unwrap());
        let key = keyring
            .generate("software:unit", KeyAlgorithm::P256)
            .await
            .unwrap();
        let certificates = Arc::new(TestCertificates(Mutex::new(UnitCertificate::Current {
            key_uri: key.uri().to_owned(),
            chain: vec![certificate(key.as_ref()).await],
            root: None,
        })));
        let access = Access::by_permissions(store.clone(), clock.clone());
        let tsa = Service::open(
            store.clone(),
            clock.clone(),
            access,
            Arc::clone(&keyring),
            Arc::clone(&certificates) as _,
        )
        .await
        .unwrap();
        let test = Self {
            tsa,
            store,
            clock,
            keyring,
            certificates,
            _folder: folder,
        };
        test.set_accuracy(1_000_000).await;
        test
    }

    pub(crate) async fn set_accuracy(&self, accuracy_micros: i64) {
        let settings = UnitSettings {
            policy: POLICY.to_owned(),
            accuracy_micros,
        };
        upsert_unit(&self.tsa, &admin(), tsa::DEFAULT_UNIT, &settings)
            .await
            .unwrap();
    }

    /// Stamps as anyone on the network may.
    pub(crate) async fn stamp(&self) -> Result<TimeStampResp, Error> {
        self.stamp_as(&anonymous()).await
    }

    pub(crate) async fn stamp_as(&self, caller: &Caller) -> Result<TimeStampResp, Error> {
        let der = stamp(&self.tsa, caller, tsa::DEFAULT_UNIT, &request()).await?;
        Ok(TimeStampResp::from_der(&der).unwrap())
    }

    pub(crate) async fn become_revoked(&self) {
        *self.certificates.0.lock() = UnitCertificate::Revoked;
        reload_units(&self.tsa).await.unwrap();
    }

    pub(crate) async fn renew(&self) {
        let key = self.keyring.find("software:unit").await.unwrap();
        *self.certificates.0.lock() = UnitCertificate::Current {
            key_uri: key.uri().to_owned(),
            chain: vec![certificate(key.as_ref()).await],
            root: None,
        };
        reload_units(&self.tsa).await.unwrap();
    }

    pub(crate) fn pass(&self, time: SignedDuration) {
        self.clock.set(self.clock.now() + time);
    }

    pub(crate) async fn entries(&self, action: &str) -> Vec<RecordedEntry> {
        let query = ListQuery {
            action: Some(action.to_owned()),
            ..ListQuery::default()
        };
        let listed = platform_log::list(&self.store, &query, 1000).await;
        listed
            .unwrap()
            .into_iter()
            .map(|(_, entry)| entry)
            .collect()
    }

    pub(crate) async fn sql(&self, sql: &'static str) {
        self.store
            .transact(async move |tx| tx.execute(sql, vec![]).await)
            .await
            .unwrap();
    }

    /// What `audit verify` finds wrong with the tables.
    pub(crate) async fn wrong_records(&self) -> Vec<String> {
        const ORIGIN: &str = "test.example/log";
        let uri = "software:log";
        let key = match self.keyring.find(uri).await {
            Ok(key) => key,
            Err(_) => {
                let key = self.keyring.generate(uri, KeyAlgorithm::Ed25519).await;
                platform_log::create(&self.store, ORIGIN, uri)
                    .await
                    .unwrap();
                key.unwrap()
            }
        };
        let sequencer = Sequencer::new(self.store.clone(), key, self.clock.clone());
        sequencer.catch_up().await.unwrap();
        let verifier = sequencer.verifier(ORIGIN).unwrap();
        let checks: [Box<dyn RecordCheck>; 1] = [Box::new(tsa::TokenCheck)];
        let report = platform_log::verify(&self.store, &verifier, None, &checks, &mut |_| {})
            .await
            .unwrap();
        assert!(report.findings.is_empty(), "{:?}", report.findings);
        report.records
    }
}

pub(crate) fn admin() -> Caller {
    Caller::local("root")
}

pub(crate) fn anonymous() -> Caller {
    Caller {
        actor: platform_access::Actor::Anonymous,
        request_id: "r1".to_owned(),
        address: None,
    }
}

pub(crate) fn at(text: &str) -> Timestamp {
    text.parse().unwrap()
}

/// RFC 3161 §2.4.1: version 1 and a SHA-256 imprint.
pub(crate) fn request() -> TimeStampReq {
    let mut der = vec![0x30, 0x36, 2, 1, 1, 0x30, 0x31, 0x30, 0x0d, 6, 9];
    der.extend([0x60, 0x86, 0x48, 1, 0x65, 3, 4, 2, 1, 5, 0, 4, 32]);
    der.extend([7; 32]);
    TimeStampReq::parse(&der).unwrap()
}

/// A unit's certificate, from 2026 to 2031, by an authority that exists for this moment.
async fn certificate(key: &dyn Key) -> Certificate {
    let folder = tempfile::tempdir().unwrap();
    let passphrase = Zeroizing::new("a passphrase for tests".to_owned());
    let keyring = Keyring::open(KeyringSettings::software(
        folder.path().join("root"),
        Some(passphrase),
    ))
    .await
    .unwrap();
    let root = keyring
        .generate("software:root", KeyAlgorithm::P256)
        .await
        .unwrap();
    let name = Name::from_common_name("Root").unwrap();
    let issuer = Issuer::root(name.clone(), root.public_key().clone());
    let extensions = ExtensionSet {
        basic_constraints: BasicConstraints::Ca { path_len: None },
        key_usage: KeyUsage::KEY_CERT_SIGN | KeyUsage::CRL_SIGN,
        ..ExtensionSet::default()
    };
    let root_certificate = issue(&issuer, root.as_ref(), &extensions, &name, root.as_ref()).await;

    let issuer = Issuer::from_certificate(&root_certificate).unwrap();
    let extensions = ExtensionSet {
        key_usage: KeyUsage::DIGITAL_SIGNATURE,
        extended_key_usage: vec![oid::TIME_STAMPING],
        ..ExtensionSet::default()
    };
    let name = Name::from_common_name("Unit").unwrap();
    issue(&issuer, root.as_ref(), &extensions, &name, key).await
}

/// A certificate of `subject`, signed by `issuer_key`.
async fn issue(
    issuer: &Issuer,
    issuer_key: &dyn Key,
    extensions: &ExtensionSet,
    name: &Name,
    subject: &dyn Key,
) -> Certificate {
    let algorithm = KeyAlgorithm::P256.default_signature();
    let unsigned = EncodedTemplate::new(issuer, extensions, algorithm)
        .unwrap()
        .certificate(&Subject {
            serial: SerialNumber::new(Timestamp::UNIX_EPOCH, &SystemRandom::new()).unwrap(),
            name,
            public_key: subject.public_key(),
            validity: Validity::new(at("2026-01-01T00:00:00Z"), at("2031-01-01T00:00:00Z"))
                .unwrap(),
            alt_names: &[],
        })
        .unwrap();
    let rules = ProfileRules {
        profile: "test".to_owned(),
        basic_constraints: extensions.basic_constraints,
        key_usage: extensions.key_usage,
        extended_key_usage: extensions.extended_key_usage.clone(),
        policies: Vec::new(),
        max_lifetime: SignedDuration::from_hours(24 * 366 * 5),
        subject_attributes: vec![oid::COMMON_NAME],
        alt_names: Vec::new(),
        max_alt_names: 0,
        keys: vec![KeyRule::P256],
        ocsp_no_check: false,
    };
    let linted = unsigned.lint(&rules).unwrap();
    linted.sign(issuer_key).await.unwrap()
}
