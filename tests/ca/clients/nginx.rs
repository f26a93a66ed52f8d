//! nginx, which asks for the status of client certificates (`ssl_ocsp`) and staples that of its
//! own (`ssl_stapling`).

use std::{
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
};

use testkit::{Answer, Outcome, free_port, run, wait_until};

use crate::support::{Ca, Csr, Leaf, openssl};

/// A running nginx; ends with its owner.
struct Nginx {
    process: Child,
    port: u16,
    folder: PathBuf,
}

impl Nginx {
    /// Serves HTTPS with the certificate of `leaf`.
    fn start(ca: &Ca, leaf: &Leaf, csr: &Csr) -> Self {
        let folder = ca.file("nginx");
        std::fs::create_dir_all(&folder).unwrap();
        let root = std::fs::read_to_string(ca.node.root()).unwrap();
        std::fs::write(folder.join("root.pem"), &root).unwrap();
        let issuing = ca.authority("issuing").to_pem();
        std::fs::write(folder.join("trusted.pem"), root + &issuing).unwrap();
        let port = free_port();
        let configuration = folder.join("nginx.conf");
        std::fs::write(&configuration, configure(ca, leaf, csr, &folder, port)).unwrap();
        let process = Command::new("nginx")
            .arg("-p")
            .arg(&folder)
            .arg("-c")
            .arg(&configuration)
            .args(["-e", "error.log"])
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .spawn()
            .expect("nginx runs; run scripts/test-deps");
        let nginx = Self {
            process,
            port,
            folder,
        };
        wait_until("nginx", || nginx.curl(ca, &[]).ok);
        nginx
    }

    fn curl(&self, ca: &Ca, arguments: &[&str]) -> Outcome {
        let url = format!("https://localhost:{}/", self.port);
        let arguments = ["-i", "--http1.1"].iter().chain(arguments);
        ca.server.curl(arguments.copied(), &url)
    }

    /// The status of a request with this client certificate.
    fn status(&self, ca: &Ca, leaf: &Leaf, csr: &Csr) -> u16 {
        let (cert, key) = (leaf.chain.to_str().unwrap(), csr.key.to_str().unwrap());
        let outcome = self.curl(ca, &["--cert", cert, "--key", key]);
        Answer::parse(&outcome.success()).status
    }

    fn log(&self) -> String {
        std::fs::read_to_string(self.folder.join("error.log")).unwrap_or_default()
    }
}

impl Drop for Nginx {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

fn configure(ca: &Ca, leaf: &Leaf, csr: &Csr, folder: &Path, port: u16) -> String {
    let responder = format!("{}/ocsp", ca.server.http.replace("localhost", "127.0.0.1"));
    let (folder, chain, key) = (folder.display(), leaf.chain.display(), csr.key.display());
    format!(
        "daemon off; master_process off; pid {folder}/nginx.pid;
         error_log {folder}/error.log info;
         events {{ worker_connections 64; }}
         http {{
           access_log off;
           client_body_temp_path {folder}/body; proxy_temp_path {folder}/proxy;
           fastcgi_temp_path {folder}/fastcgi; uwsgi_temp_path {folder}/uwsgi;
           scgi_temp_path {folder}/scgi;
           server {{
             listen 127.0.0.1:{port} ssl;
             ssl_certificate {chain};
             ssl_certificate_key {key};
             ssl_client_certificate {folder}/root.pem;
             ssl_verify_client optional;
             ssl_verify_depth 3;
             # Each certificate of the client's chain is asked about, the authority's included.
             ssl_ocsp on;
             ssl_ocsp_responder {responder};
             ssl_stapling on;
             ssl_stapling_verify on;
             ssl_stapling_responder {responder};
             ssl_trusted_certificate {folder}/trusted.pem;
             location / {{ return 200 welcome; }}
           }}
         }}"
    )
}

#[test]
fn client_certificates_are_accepted_with_their_chain_and_refused_once_revoked() {
    let ca = Ca::start("p256");
    let web = ca.csr("/CN=localhost", &["subjectAltName=DNS:localhost"]);
    let nginx = Nginx::start(&ca, &ca.issue("tls-server", &web), &web);
    let csr = ca.csr("/CN=Alice", &[]);
    let alice = ca.issue("person", &csr);
    assert_eq!(nginx.status(&ca, &alice, &csr), 200, "{}", nginx.log());
    ca.revoke(&alice.serial, "certificateHold").expect(204);
    assert_eq!(nginx.status(&ca, &alice, &csr), 400);
    assert!(nginx.log().contains("revoked"), "{}", nginx.log());
    let other = ca.issue("person", &csr);
    assert_eq!(nginx.status(&ca, &other, &csr), 200);
    // The root's responder reports the status of the issuing authority.
    let issuing = ca.authority("issuing").serial().to_string();
    ca.revoke(&issuing, "cACompromise").expect(204);
    assert_eq!(nginx.status(&ca, &other, &csr), 400);
}

#[test]
fn the_status_of_its_own_certificate_is_stapled() {
    let ca = Ca::start("p256");
    let web = ca.csr("/CN=localhost", &["subjectAltName=DNS:localhost"]);
    let nginx = Nginx::start(&ca, &ca.issue("tls-server", &web), &web);
    let place = format!("127.0.0.1:{}", nginx.port);
    // nginx fetches the answer on behalf of the first connection, and staples from then on.
    wait_until("a stapled answer that nginx has verified", || {
        let shown = run(openssl()
            .args(["s_client", "-status", "-connect", &place, "-CAfile"])
            .arg(ca.node.root()));
        shown.text().contains("Cert Status: good")
    });
    let checked = nginx.curl(&ca, &["--cert-status"]);
    assert!(checked.ok, "{}", checked.stderr);
}
