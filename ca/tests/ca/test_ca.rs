//! One certificate authority on a database of its own, with a clock that tests move.

use std::{sync::Arc, time::Duration};

use axum::{
    Router,
    body::Body,
    http::{Method, Request, Response, StatusCode},
};
use ca::{
    AllowedNames, Authority, Config, Error, IssuanceRequest, Issued, NewAuthority, PublicationUrls,
    Records, RevocationRequest, Service, create_authority::create_authority, issue::issue,
    revoke::revoke,
};
use hsm_adapters::{Keyring, KeyringSettings};
use http_body_util::BodyExt as _;
use jiff::SignedDuration;
use pki::{CertificateList, GeneralName, KeyAlgorithm, Name, RevocationReason, SerialNumber, csr};
use platform_access::{Access, Caller};
use platform_log::{ListQuery, RecordCheck, RecordedEntry, Sequencer};
use platform_runtime::{Clock as _, clock::ManualClock, jobs};
use platform_store::Store;
use tower::ServiceExt as _;
use zeroize::Zeroizing;

pub(crate) struct TestCa {
    pub(crate) ca: Service,
    pub(crate) store: Store,
    pub(crate) clock: Arc<ManualClock>,
    pub(crate) keyring: Arc<Keyring>,
    _folder: tempfile::TempDir,
}

impl TestCa {
    /// With a P-256 root and issuing authority.
    pub(crate) async fn new() -> Self {
        let test = Self::empty().await;
        test.add_pair(["root", "issuing"], KeyAlgorithm::P256).await;
        test
    }

    /// Without authorities.
    pub(crate) async fn empty() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let url = format!("sqlite:{}", folder.path().join("xinshu.db").display());
        let store = Store::open(&url, migrations::schema()).await.unwrap();
        let clock = Arc::new(ManualClock::new("2026-03-01T08:00:00Z".parse().unwrap()));
        let passphrase = Zeroizing::new("a passphrase for tests".to_owned());
        let keys = KeyringSettings::software(folder.path().join("keys"), Some(passphrase));
        let keyring = Arc::new(Keyring::open(keys).await.unwrap());
        let records = Records::new(store.clone(), clock.clone());
        let access = Access::by_permissions(store.clone(), clock.clone());
        let ca = Service::open(config(), records, access, Arc::clone(&keyring))
            .await
            .unwrap();
        Self {
            ca,
            store,
            clock,
            keyring,
            _folder: folder,
        }
    }

    /// Adds a root and an authority below it.
    pub(crate) async fn add_pair(&self, [root, issuing]: [&str; 2], algorithm: KeyAlgorithm) {
        self.add_authority(root, None, algorithm).await.unwrap();
        self.add_authority(issuing, Some(root), algorithm)
            .await
            .unwrap();
    }

    pub(crate) async fn add_authority(
        &self,
        name: &str,
        issuer: Option<&str>,
        algorithm: KeyAlgorithm,
    ) -> Result<Authority, Error> {
        let uri = format!("software:{name}-{}", crypto::random::id());
        let key = self.keyring.generate(&uri, algorithm).await.unwrap();
        let subject = Name::builder()
            .organization("Test")
            .common_name(&format!("Test {name}"))
            .build()
            .unwrap();
        let new = NewAuthority {
            name: name.to_owned(),
            subject,
            issuer: issuer.map(str::to_owned),
            key,
        };
        create_authority(&self.ca, &admin(), new).await
    }

    /// A request for a P-256 key.
    pub(crate) async fn csr(&self, subject: &str, names: &[GeneralName]) -> Vec<u8> {
        let subject = Name::from_common_name(subject).unwrap();
        self.csr_of(KeyAlgorithm::P256, &subject, names).await
    }

    /// A request for a new key.
    pub(crate) async fn csr_of(
        &self,
        algorithm: KeyAlgorithm,
        subject: &Name,
        names: &[GeneralName],
    ) -> Vec<u8> {
        let uri = format!("software:{}", crypto::random::id());
        let key = self.keyring.generate(&uri, algorithm).await.unwrap();
        let signature = algorithm.default_signature();
        csr::build(subject, names, key.as_ref(), signature)
            .await
            .unwrap()
    }

    /// A request for a TLS server's certificate.
    pub(crate) fn request(&self, csr: Vec<u8>) -> IssuanceRequest {
        IssuanceRequest {
            profile: "tls-server".to_owned(),
            csr,
            authority: None,
            allowed_names: AllowedNames::OfProfile,
            name_override: ca::NameOverride::default(),
            lifetime: None,
        }
    }

    /// Issues a TLS server's certificate.
    pub(crate) async fn issue(&self, name: &str) -> Issued {
        let csr = self.csr(name, &[dns(name)]).await;
        issue(&self.ca, &admin(), self.request(csr)).await.unwrap()
    }

    pub(crate) async fn revoke(&self, serial: &SerialNumber, wait: bool) -> Result<(), Error> {
        let request = RevocationRequest {
            serial: serial.clone(),
            authority: None,
            reason: RevocationReason::KeyCompromise,
            wait_for_crl: wait,
        };
        revoke(&self.ca, &admin(), request).await
    }

    /// The newest CRL, as relying parties fetch it.
    pub(crate) async fn crl(&self, authority: &str) -> CertificateList {
        let path = format!("/crl/{authority}.crl");
        let (status, body) = self.fetch(Method::GET, &path, Vec::new()).await;
        assert_eq!(status, StatusCode::OK);
        CertificateList::from_der(&body).unwrap()
    }

    pub(crate) async fn lists(&self, authority: &str, serial: &SerialNumber) -> bool {
        let crl = self.crl(authority).await;
        crl.entries().any(|entry| entry.unwrap().serial == *serial)
    }

    /// Sends a request to what relying parties fetch.
    pub(crate) async fn fetch(
        &self,
        method: Method,
        path: &str,
        body: Vec<u8>,
    ) -> (StatusCode, Vec<u8>) {
        let headers = [("content-type", "application/ocsp-request")];
        let response = self.ask(method, path, &headers, body).await;
        (response.status(), response.into_body())
    }

    /// As [`Self::fetch`], with headers both ways.
    pub(crate) async fn ask(
        &self,
        method: Method,
        path: &str,
        headers: &[(&str, &str)],
        body: Vec<u8>,
    ) -> Response<Vec<u8>> {
        let router: Router = self.ca.public();
        let mut request = Request::builder().method(method).uri(path);
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        let request = request.body(Body::from(body)).unwrap();
        let (head, body) = router.oneshot(request).await.unwrap().into_parts();
        let body = body.collect().await.unwrap().to_bytes();
        Response::from_parts(head, body.to_vec())
    }

    /// Runs every job that is due.
    pub(crate) async fn run_jobs(&self) {
        let clock = self.clock.clone() as _;
        jobs::run_due(&self.ca.jobs(), &self.store, &clock, "test").await;
    }

    /// Entries of an action, the newest first.
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

    /// What `audit verify` does: the log holds, and so do the tables by it.
    pub(crate) async fn verify_records(&self) {
        const ORIGIN: &str = "test.example/log";
        let key = self
            .keyring
            .generate("software:log", KeyAlgorithm::Ed25519)
            .await;
        let key = key.unwrap();
        platform_log::create(&self.store, ORIGIN, key.uri())
            .await
            .unwrap();
        let sequencer = Sequencer::new(self.store.clone(), key, self.clock.clone());
        sequencer.catch_up().await.unwrap();
        let verifier = sequencer.verifier(ORIGIN).unwrap();
        let checks: [Box<dyn RecordCheck>; 1] = [Box::new(ca::CertificateCheck)];
        let report = platform_log::verify(&self.store, &verifier, None, &checks, &mut |_| {})
            .await
            .unwrap();
        assert!(report.holds(), "{:?} {:?}", report.findings, report.records);
    }

    pub(crate) async fn count(&self, sql: &'static str) -> i64 {
        let row = self.store.fetch_optional(sql, vec![]).await.unwrap();
        row.unwrap().get("n").unwrap()
    }

    pub(crate) async fn sql(&self, sql: &'static str) {
        self.store
            .transact(async move |tx| tx.execute(sql, vec![]).await)
            .await
            .unwrap();
    }

    pub(crate) fn pass(&self, time: SignedDuration) {
        self.clock.set(self.clock.now() + time);
    }
}

pub(crate) fn admin() -> Caller {
    Caller::local("root")
}

pub(crate) fn dns(name: &str) -> GeneralName {
    GeneralName::Dns(name.to_owned())
}

pub(crate) fn days(days: i64) -> SignedDuration {
    SignedDuration::from_hours(24 * days)
}

fn config() -> Config {
    Config {
        urls: PublicationUrls {
            http_url: "http://pki.example.org".to_owned(),
            policy: "1.3.6.1.4.1.99999.1".parse().unwrap(),
        },
        crl_period: Duration::from_secs(24 * 3600),
        crl_lifetime: days(7),
        ocsp_lifetime: SignedDuration::from_hours(24),
        backdate: SignedDuration::from_mins(5),
        server_certificate_lifetime: days(90),
    }
}
