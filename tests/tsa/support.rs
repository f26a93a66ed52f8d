//! A running time-stamp authority and its clients.

use std::{
    fs,
    path::PathBuf,
    sync::atomic::{AtomicU32, Ordering},
};

use pki::{
    Certificate, Digest,
    tsp::{FailureInfo, TimeStampResp, TimeStampToken, build_request},
};
use testkit::{Answer, Options, Server, Xinshu};

use crate::XINSHU;

/// An authority that serves.
pub(crate) struct Tsa {
    pub(crate) node: Xinshu,
    pub(crate) server: Server,
}

static FILES: AtomicU32 = AtomicU32::new(0);

/// The policy that the settings give.
pub(crate) const POLICY: &str = "1.3.6.1.4.1.99999.1.1";
pub(crate) const QUERY: &str = "Content-Type: application/timestamp-query";
const REPLY: &str = "application/timestamp-reply";

impl Tsa {
    pub(crate) fn start(algorithm: &str) -> Self {
        Self::with(Options {
            algorithm: algorithm.to_owned(),
            ..Options::default()
        })
    }

    pub(crate) fn with(options: Options) -> Self {
        let node = Xinshu::init(XINSHU, options);
        let server = node.serve();
        Self { node, server }
    }

    /// A file of this test's own, named anew.
    pub(crate) fn file(&self, name: &str) -> PathBuf {
        let number = FILES.fetch_add(1, Ordering::Relaxed);
        self.node.file(&format!("{number}-{name}"))
    }

    /// Writes such a file.
    pub(crate) fn written(&self, name: &str, contents: impl AsRef<[u8]>) -> PathBuf {
        let file = self.file(name);
        fs::write(&file, contents).unwrap();
        file
    }

    /// Posts bytes to an address of the plain listener.
    #[track_caller]
    pub(crate) fn post_to(&self, path: &str, header: &str, body: &[u8]) -> Answer {
        let body = format!("@{}", self.written("query.tsq", body).display());
        let url = format!("{}{path}", self.server.http);
        self.server
            .ask(["-H", header, "--data-binary", &body], &url)
    }

    /// Posts a query and gives the reply's bytes.
    #[track_caller]
    pub(crate) fn stamp(&self, query: &[u8]) -> Vec<u8> {
        let answer = self.post_to("/tsa", QUERY, query).expect(200);
        assert_eq!(answer.header("content-type"), REPLY);
        answer.body
    }

    /// Posts a query and gives the token, its signature and signer checked.
    #[track_caller]
    pub(crate) fn token(&self, query: &[u8]) -> TimeStampToken {
        let token = TimeStampResp::from_der(&self.stamp(query))
            .unwrap()
            .into_token()
            .unwrap();
        token.verify(&self.unit()).unwrap();
        token
    }

    /// Posts a query that is refused, and tells why.
    #[track_caller]
    pub(crate) fn refusal(&self, query: &[u8]) -> (FailureInfo, String) {
        refusal(&self.stamp(query))
    }

    /// The unit's certificate, its chain checked up to the trust anchor.
    #[track_caller]
    pub(crate) fn unit(&self) -> Certificate {
        let units = self.node.xinshu(["tsa", "list", "--json"]).success().json();
        let unit =
            Certificate::from_pem_or_der(units[0]["certificate"].as_str().unwrap().as_bytes())
                .unwrap();
        let issuing = self
            .server
            .ask([], &format!("{}/ca/issuing.cer", self.server.http))
            .expect(200)
            .body;
        let issuing = Certificate::from_der(&issuing).unwrap();
        let anchors = fs::read_to_string(self.node.root()).unwrap();
        let anchors = Certificate::bundle_from_pem(&anchors).unwrap();
        unit.verify(issuing.public_key()).unwrap();
        assert!(anchors.iter().any(|root| issuing.is_issued_by(root) && issuing.verify(root.public_key()).is_ok()));
        unit
    }
}

/// What a reply that grants nothing says.
#[track_caller]
pub(crate) fn refusal(reply: &[u8]) -> (FailureInfo, String) {
    match TimeStampResp::from_der(reply).unwrap() {
        TimeStampResp::Rejected {
            status,
            failure,
            text,
        } => {
            assert_eq!(status, 2, "not a rejection");
            (failure.expect("a failInfo"), text.unwrap_or_default())
        }
        TimeStampResp::Granted(_) => panic!("a time-stamp was given"),
    }
}

/// A query with a SHA-256 of one byte repeated.
pub(crate) fn query(byte: u8) -> Vec<u8> {
    build_request(
        Digest::Sha256,
        &[byte; 32],
        None,
        Some(0x1122_3344_5566_7788),
        true,
    )
}
