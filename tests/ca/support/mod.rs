//! A running authority, and what its requesters and relying parties do.

pub(crate) mod ocsp;
mod openssl;

use std::{
    fs,
    path::{Path, PathBuf},
    process::Command,
    sync::atomic::{AtomicU32, Ordering},
};

use pki::{Certificate, CertificateList};
use serde_json::{Value, json};
use testkit::{Answer, Options, Outcome, Robot, Server, Xinshu, run};

pub(crate) use self::openssl::{openssl, shown};
use crate::XINSHU;

/// An authority that serves, and a client that may use it.
pub(crate) struct Ca {
    pub(crate) node: Xinshu,
    pub(crate) server: Server,
    robot: Robot,
}

/// A key and a certification request of OpenSSL's making.
pub(crate) struct Csr {
    pub(crate) key: PathBuf,
    pub(crate) file: PathBuf,
}

/// An issued certificate.
pub(crate) struct Leaf {
    pub(crate) serial: String,
    /// The certificate and its chain, PEM.
    pub(crate) chain: PathBuf,
    pub(crate) certificate: Certificate,
}

static FILES: AtomicU32 = AtomicU32::new(0);

/// Everything a requester may do.
const ACTIONS: [&str; 4] = [
    "ca.certificate.issue",
    "ca.certificate.revoke",
    "ca.certificate.read",
    "ca.authority.read",
];

impl Ca {
    pub(crate) fn start(algorithm: &str) -> Self {
        Self::with(Options {
            algorithm: algorithm.to_owned(),
            ..Options::default()
        })
    }

    pub(crate) fn with(options: Options) -> Self {
        let node = Xinshu::init(XINSHU, options);
        let server = node.serve();
        let robot = node.robot("robot", &ACTIONS);
        Self {
            node,
            server,
            robot,
        }
    }

    /// Stops the server and starts it again.
    pub(crate) fn restart(&mut self) {
        assert!(self.server.stop(), "{}", self.server.log());
        self.server = self.node.serve();
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

    /// A request with a P-256 key.
    pub(crate) fn csr(&self, subject: &str, extensions: &[&str]) -> Csr {
        self.csr_of("p256", subject, extensions)
    }

    /// A request with a key of `algorithm`.
    pub(crate) fn csr_of(&self, algorithm: &str, subject: &str, extensions: &[&str]) -> Csr {
        if algorithm == "sm2" {
            // `openssl req` would make an EC key of it, which cannot sign as SM2.
            let key = self.file("key.pem");
            run(openssl()
                .args(["genpkey", "-algorithm", "SM2", "-out"])
                .arg(&key))
            .success();
            let key = key.to_str().unwrap();
            return self.csr_by(
                &["-key", key, "-sm3", "-sigopt", "distid:1234567812345678"],
                subject,
                extensions,
            );
        }
        let arguments: &[&str] = match algorithm {
            "p256" => &["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256"],
            "p384" => &[
                "-newkey",
                "ec",
                "-pkeyopt",
                "ec_paramgen_curve:P-384",
                "-sha384",
            ],
            "rsa3072" => &["-newkey", "rsa:3072"],
            "ed25519" => &["-newkey", "ed25519"],
            other => panic!("no requests of {other}"),
        };
        self.csr_by(arguments, subject, extensions)
    }

    /// A request by `openssl req` with these arguments.
    pub(crate) fn csr_by(&self, arguments: &[&str], subject: &str, extensions: &[&str]) -> Csr {
        let (key, file) = (self.file("key.pem"), self.file("request.pem"));
        let mut command = Command::new("openssl");
        command
            .args(["req", "-new", "-nodes", "-utf8", "-subj", subject])
            .args(arguments);
        command.arg("-keyout").arg(&key).arg("-out").arg(&file);
        for extension in extensions {
            command.args(["-addext", extension]);
        }
        run(&mut command).success();
        Csr { key, file }
    }

    /// A request for a web server of this name.
    pub(crate) fn web(&self, name: &str) -> Csr {
        self.csr(
            &format!("/CN={name}"),
            &[&format!("subjectAltName=DNS:{name}")],
        )
    }

    /// Sends a request to the API as the robot.
    #[track_caller]
    pub(crate) fn post(&self, path: &str, body: &Value) -> Answer {
        self.post_bytes(path, "application/json", body.to_string())
    }

    /// Sends any bytes to the API as the robot.
    #[track_caller]
    pub(crate) fn post_bytes(
        &self,
        path: &str,
        content_type: &str,
        body: impl AsRef<[u8]>,
    ) -> Answer {
        let body = format!("@{}", self.written("body", body).display());
        let content_type = format!("Content-Type: {content_type}");
        let bearer = self.robot.bearer(&self.server);
        self.server.ask(
            ["-H", &bearer, "-H", &content_type, "--data-binary", &body],
            path,
        )
    }

    /// The robot's access token, as a header.
    #[track_caller]
    pub(crate) fn bearer(&self) -> String {
        self.robot.bearer(&self.server)
    }

    /// Reads from the API as the robot.
    #[track_caller]
    pub(crate) fn get(&self, path: &str) -> Answer {
        self.server
            .ask(["-H", &self.robot.bearer(&self.server)], path)
    }

    /// Requests a certificate of the issuing authority over REST.
    #[track_caller]
    pub(crate) fn order(&self, profile: &str, csr: &Path) -> Answer {
        let csr = fs::read_to_string(csr).unwrap();
        self.post(
            "/api/v1/certificates",
            &json!({ "profile": profile, "csr": csr, "ca": "issuing" }),
        )
    }

    /// Gets a certificate over REST.
    #[track_caller]
    pub(crate) fn issue(&self, profile: &str, csr: &Csr) -> Leaf {
        let issued = self.order(profile, &csr.file).expect(201).json();
        let leaf = self.leaf(issued["certificate"].as_str().unwrap());
        assert_eq!(issued["serial"], leaf.serial);
        leaf
    }

    /// Gets a certificate by the command line.
    #[track_caller]
    pub(crate) fn issue_by_command(&self, profile: &str, csr: &Csr) -> Leaf {
        let file = csr.file.to_str().unwrap();
        let issued = self
            .node
            .xinshu([
                "cert",
                "issue",
                "--profile",
                profile,
                "--csr",
                file,
                "--ca",
                "issuing",
            ])
            .success();
        self.leaf(&issued.text())
    }

    fn leaf(&self, chain: &str) -> Leaf {
        let certificate = Certificate::bundle_from_pem(chain).unwrap().remove(0);
        Leaf {
            serial: certificate.serial().to_string(),
            chain: self.written("chain.pem", chain),
            certificate,
        }
    }

    #[track_caller]
    pub(crate) fn revoke(&self, serial: &str, reason: &str) -> Answer {
        self.post(
            &format!("/api/v1/certificates/{serial}/revoke"),
            &json!({ "reason": reason, "wait_for_crl": true }),
        )
    }

    /// What lies under an address of the plain listener.
    #[track_caller]
    pub(crate) fn fetch(&self, path: &str) -> Vec<u8> {
        self.server
            .ask([], &format!("{}{path}", self.server.http))
            .expect(200)
            .body
    }

    /// An authority's certificate, from where its certificates point to.
    #[track_caller]
    pub(crate) fn authority(&self, name: &str) -> Certificate {
        Certificate::from_der(&self.fetch(&format!("/ca/{name}.cer"))).unwrap()
    }

    /// An authority's certificate as a PEM file.
    #[track_caller]
    pub(crate) fn authority_file(&self, name: &str) -> PathBuf {
        self.written("authority.pem", self.authority(name).to_pem())
    }

    /// An authority's CRL, its signature checked.
    #[track_caller]
    pub(crate) fn crl(&self, name: &str) -> CertificateList {
        let crl = CertificateList::from_der(&self.fetch(&format!("/crl/{name}.crl"))).unwrap();
        crl.verify(self.authority(name).public_key()).unwrap();
        crl
    }

    /// `openssl verify` of the leaf with the CRLs of the whole chain.
    #[track_caller]
    pub(crate) fn verify(&self, leaf: &Leaf) -> Outcome {
        let crls = self.crl("issuing").to_pem() + &self.crl("root").to_pem();
        run(openssl()
            .args(["verify", "-crl_check_all", "-x509_strict", "-CRLfile"])
            .arg(self.written("crls.pem", crls))
            .arg("-CAfile")
            .arg(self.node.root())
            .arg("-untrusted")
            .arg(&leaf.chain)
            .arg(&leaf.chain))
    }

    /// The newest audit entries of an action.
    #[track_caller]
    pub(crate) fn entries(&self, action: &str) -> Vec<Value> {
        let listed = self.node.xinshu([
            "audit", "list", "--action", action, "--limit", "1000", "--json",
        ]);
        listed.success().json().as_array().unwrap().clone()
    }
}
