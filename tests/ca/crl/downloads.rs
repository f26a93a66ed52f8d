//! CRLs and certificates of authorities, fetched by curl and read by OpenSSL.

use testkit::run;

use crate::support::{Ca, openssl};

#[test]
fn curl_fetches_only_what_it_does_not_have() {
    let ca = Ca::start("p256");
    for path in ["/crl/issuing.crl", "/ca/issuing.cer", "/ca/root.p7c"] {
        let url = format!("{}{path}", ca.server.http);
        let (file, etag) = (ca.file("download"), ca.file("etag"));
        let (file, etag) = (file.to_str().unwrap(), etag.to_str().unwrap());
        let fetch = |arguments: &[&str]| {
            let all = ["-o", file, "-w", "%{http_code}", "--remote-time"].into_iter();
            let all = all.chain(arguments.iter().copied());
            ca.server.curl(all, &url).success().text()
        };
        assert_eq!(fetch(&["--etag-save", etag]), "200");
        let whole = std::fs::read(file).unwrap();
        assert_eq!(fetch(&["--etag-compare", etag]), "304");
        // By the date that --remote-time gave the file.
        std::fs::write(file, &whole).unwrap();
        assert_eq!(fetch(&[]), "200");
        assert_eq!(fetch(&["-z", file]), "304");
        // The rest of a download that broke off.
        std::fs::write(file, &whole[..100]).unwrap();
        assert_eq!(fetch(&["-C", "-"]), "206");
        assert_eq!(std::fs::read(file).unwrap(), whole);
        let head = ca.server.ask(["-I"], &url);
        assert_eq!(head.header("content-length"), whole.len().to_string());
    }
    let before = ca.fetch("/crl/issuing.crl");
    let etag = |ca: &Ca| {
        let url = format!("{}/crl/issuing.crl", ca.server.http);
        ca.server.ask(["-I"], &url).header("etag").to_owned()
    };
    let tag = etag(&ca);
    let leaf = ca.issue("tls-server", &ca.web("www.example.org"));
    ca.revoke(&leaf.serial, "superseded").expect(204);
    assert_ne!(etag(&ca), tag);
    assert_ne!(ca.fetch("/crl/issuing.crl"), before);
}

#[test]
fn openssl_reads_each_form_of_a_chain() {
    let ca = Ca::start("p256");
    let p7c = ca.written("issuing.p7c", ca.fetch("/ca/issuing.p7c"));
    let read = run(openssl()
        .args(["pkcs7", "-inform", "DER", "-print_certs", "-noout", "-in"])
        .arg(p7c))
    .success();
    assert_eq!(
        read.text().matches("subject=").count(),
        2,
        "{}",
        read.text()
    );
    let chain = ca.written("chain.pem", ca.fetch("/ca/issuing.chain.pem"));
    let issuing = ca.written("issuing.pem", ca.fetch("/ca/issuing.pem"));
    let root = ca.written("root.pem", ca.fetch("/ca/root.pem"));
    assert_eq!(
        std::fs::read(&root).unwrap(),
        std::fs::read(ca.node.root()).unwrap()
    );
    run(openssl()
        .arg("verify")
        .arg("-CAfile")
        .arg(&chain)
        .arg(&issuing))
    .success();
}

/// A client five minutes behind takes the CRL and the OCSP answer; the present time stays in
/// producedAt.
#[test]
fn a_client_whose_clock_is_behind_takes_what_is_new() {
    let ca = Ca::start("p256");
    let leaf = ca.issue("tls-server", &ca.web("www.example.org"));
    ca.revoke(&leaf.serial, "superseded").expect(204);
    let now = jiff::Timestamp::now();
    let crl = ca.crl("issuing");
    let age = now.duration_since(crl.this_update()).as_secs();
    assert!((270..=320).contains(&age), "{age} s");
    let behind = (now.as_second() - 200).to_string();
    let file = ca.written("crl.pem", crl.to_pem() + &ca.crl("root").to_pem());
    let other = ca.issue("tls-server", &ca.web("other.example.org"));
    let verified = run(openssl()
        .args(["verify", "-crl_check_all", "-attime", &behind, "-CRLfile"])
        .arg(&file)
        .arg("-CAfile")
        .arg(ca.node.root())
        .arg("-untrusted")
        .arg(&other.chain)
        .arg(&other.chain));
    assert!(verified.ok, "{}{}", verified.text(), verified.stderr);
}
