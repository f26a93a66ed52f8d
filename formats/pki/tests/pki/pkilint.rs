//! pkilint finds nothing, not even a warning, in what is made under RSA and ECDSA.

use std::process::Command;

use pki::{KeyAlgorithm, SignatureAlgorithm};

use crate::{
    revocation_lists, status,
    support::{Openssl, World, succeeds},
};

/// Where `scripts/test-deps` puts Python programs; `PKILINT_BIN` names another folder.
fn program(name: &str) -> std::path::PathBuf {
    let folder = std::env::var_os("PKILINT_BIN").map_or_else(
        || {
            std::path::Path::new(&std::env::var_os("HOME").unwrap())
                .join(".cache/xinshu/python/bin")
        },
        Into::into,
    );
    let program = folder.join(name);
    assert!(
        program.exists(),
        "{} is not there: run scripts/test-deps",
        program.display()
    );
    program
}

fn lint(name: &str, arguments: &[&str], file: &std::path::Path) {
    let output = Command::new(program(name))
        .args(["lint", "-s", "WARNING"])
        .args(arguments)
        .arg(file)
        .output()
        .unwrap();
    let what = format!("{name} {}", file.display());
    let found = succeeds(&output, &what);
    assert_eq!(found.trim(), "", "{what}");
}

#[test]
fn it_finds_nothing() {
    for key in [
        KeyAlgorithm::P256,
        KeyAlgorithm::P384,
        KeyAlgorithm::Rsa2048,
    ] {
        let world = World::new(key, key.default_signature());
        let files = Openssl::new();
        for (name, holder) in [
            ("root", &world.root),
            ("issuing", &world.issuing),
            ("server", &world.server),
            ("person", &world.person),
            ("ocsp", &world.ocsp),
            ("tsa", &world.tsa),
        ] {
            let file = files.file(&format!("{key}-{name}.pem"), holder.certificate.to_pem());
            lint("lint_pkix_cert", &[], &file);
        }
        let crl = files.file("list.crl", revocation_lists::list(&world, 3));
        lint("lint_crl", &["-t", "CRL", "-p", "PKIX"], &crl);
        let response = files.file("response.der", status::response(&world, Some(b"nonce")));
        lint("lint_ocsp_response", &[], &response);
    }
}

#[test]
fn it_would_find_something() {
    let world = World::new(KeyAlgorithm::P256, SignatureAlgorithm::EcdsaP256Sha256);
    // pkilint takes the dot-less host for a wrong URI.
    let mut der = world.server.certificate.der().to_vec();
    let host = b"pki.example.org:8080/ocsp";
    let place = der
        .windows(host.len())
        .position(|window| window == host)
        .unwrap();
    der[place + 3] = b'-';
    der[place + 11] = b'-';
    let files = Openssl::new();
    let file = files.file("bad.pem", pki::pem::encode("CERTIFICATE", &der));
    let output = Command::new(program("lint_pkix_cert"))
        .args(["lint", "-s", "WARNING"])
        .arg(file)
        .output()
        .unwrap();
    assert!(!output.stdout.is_empty() && !output.status.success());
}
