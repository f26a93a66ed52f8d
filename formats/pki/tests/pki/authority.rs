//! Root, issuing CA and leaves of every algorithm, as others read them.

use pki::{Certificate, KeyAlgorithm, SignatureAlgorithm, pem};
use x509_parser::prelude::{FromDer, X509Certificate};

use crate::support::{Openssl, World, every_kind, fails};

/// How OpenSSL 3.0 is told to check a leaf: of an SM2 chain only the last link,
/// since its `-vfyopt distid:` reaches the leaf's signature and no other.
fn leaf_options(algorithm: SignatureAlgorithm) -> &'static str {
    match algorithm {
        SignatureAlgorithm::Sm2Sm3 => {
            "-vfyopt distid:1234567812345678 -partial_chain -CAfile issuing.pem"
        }
        _ => "-check_ss_sig -CAfile root.pem -untrusted issuing.pem",
    }
}

fn issuing_options(algorithm: SignatureAlgorithm) -> &'static str {
    match algorithm {
        SignatureAlgorithm::Sm2Sm3 => "-vfyopt distid:1234567812345678 -CAfile root.pem",
        _ => "-check_ss_sig -CAfile root.pem",
    }
}

#[test]
fn openssl_verifies_the_chain_of_every_algorithm() {
    for (key, algorithm) in every_kind() {
        let world = World::new(key, algorithm);
        let openssl = Openssl::new();
        openssl.file("root.pem", world.root.certificate.to_pem());
        openssl.file("issuing.pem", world.issuing.certificate.to_pem());
        let option = leaf_options(algorithm);
        let issuing = format!(
            "verify -x509_strict {} issuing.pem",
            issuing_options(algorithm)
        );
        assert!(
            openssl.text(&issuing).contains("issuing.pem: OK"),
            "{algorithm}"
        );
        for (name, holder, purpose) in [
            (
                "server",
                &world.server,
                "-purpose sslserver -verify_hostname mail.example.org",
            ),
            ("person", &world.person, "-purpose smimesign"),
            ("ocsp", &world.ocsp, ""),
            ("tsa", &world.tsa, "-purpose timestampsign"),
        ] {
            openssl.file("leaf.pem", holder.certificate.to_pem());
            let verify = format!("verify -x509_strict {option} {purpose} leaf.pem");
            assert!(
                openssl.text(&verify).contains("leaf.pem: OK"),
                "{algorithm} {name}"
            );
        }
        // Without the issuing CA there is no chain: the check above can fail.
        let alone = "verify -CAfile root.pem leaf.pem";
        assert!(fails(&openssl.run(alone), alone).contains("unable to get local issuer"));
        // And with one bit of the signature turned over, no certificate.
        let mut der = world.server.certificate.der().to_vec();
        let last = der.len() - 1;
        der[last] ^= 1;
        openssl.file("bad.pem", pem::encode("CERTIFICATE", &der));
        let bad = format!("verify {option} bad.pem");
        fails(&openssl.run(&bad), &bad);
        let damaged = Certificate::from_der(&der).unwrap();
        assert!(damaged.verify(world.issuer.public_key()).is_err());
        assert!(
            world
                .server
                .certificate
                .is_issued_by(&world.issuing.certificate)
        );
        assert!(
            !world
                .server
                .certificate
                .is_issued_by(&world.root.certificate)
        );
        assert!(world.root.certificate.is_self_signed());
    }
}

#[test]
fn openssl_reads_what_was_written() {
    for (key, algorithm) in every_kind() {
        let world = World::new(key, algorithm);
        let certificate = &world.server.certificate;
        let openssl = Openssl::new();
        openssl.file("leaf.pem", certificate.to_pem());
        let text = openssl.text("x509 -in leaf.pem -noout -text -nameopt utf8,sep_comma_plus");
        for line in [
            "Version: 3 (0x2)",
            "Issuer: C=CN,O=信枢测试,CN=Test 签发",
            "Subject: CN=www.example.org",
            "X509v3 Basic Constraints: critical",
            "CA:FALSE",
            "X509v3 Key Usage: critical",
            "TLS Web Server Authentication",
            "DNS:www.example.org, DNS:mail.example.org, IP Address:192.0.2.7, IP Address:2001:DB8:0:0:0:0:0:7",
            "OCSP - URI:http://pki.example.org:8080/ocsp",
            "CA Issuers - URI:http://pki.example.org:8080/ca/issuing.cer",
            "URI:http://pki.example.org:8080/crl/issuing.crl",
            "Policy: 1.3.6.1.4.1.55555.1.1",
        ] {
            assert!(text.contains(line), "{algorithm}: {line} is not in {text}");
        }
        let usage = if key.is_rsa() {
            "Digital Signature, Key Encipherment\n"
        } else {
            "Digital Signature\n"
        };
        assert!(text.contains(usage), "{algorithm}: {text}");
        let serial = openssl.text("x509 -in leaf.pem -noout -serial");
        let serial = serial.trim().trim_start_matches("serial=");
        assert_eq!(serial.to_lowercase(), certificate.serial().to_string());
        let digest = openssl.text("x509 -in leaf.pem -noout -fingerprint -sha256");
        let digest = digest.trim().rsplit('=').next().unwrap().replace(':', "");
        assert_eq!(
            digest.to_lowercase(),
            hex::encode(certificate.fingerprint())
        );
    }
}

#[test]
fn x509_parser_reads_what_was_written() {
    for (key, algorithm) in every_kind() {
        let world = World::new(key, algorithm);
        for holder in [
            &world.root,
            &world.issuing,
            &world.server,
            &world.person,
            &world.ocsp,
            &world.tsa,
        ] {
            let ours = &holder.certificate;
            let (rest, theirs) = X509Certificate::from_der(ours.der()).unwrap();
            assert!(rest.is_empty());
            assert_eq!(theirs.tbs_certificate.as_ref(), ours.tbs_der());
            assert_eq!(theirs.subject().as_raw(), ours.subject().der());
            assert_eq!(
                theirs.validity().not_after.timestamp(),
                ours.validity().not_after.as_second()
            );
            assert_eq!(
                theirs.tbs_certificate.raw_serial(),
                ours.serial().as_bytes()
            );
            assert_eq!(
                theirs.signature_algorithm.algorithm.to_id_string(),
                algorithm.oid().to_string()
            );
        }
    }
}

#[test]
fn bundles_keep_their_order() {
    let world = World::new(KeyAlgorithm::P256, SignatureAlgorithm::EcdsaP256Sha256);
    let chain = [
        &world.server.certificate,
        &world.issuing.certificate,
        &world.root.certificate,
    ];
    let text = Certificate::bundle_to_pem(chain);
    let read = Certificate::bundle_from_pem(&text).unwrap();
    assert!(read.iter().eq(chain));
    assert!(Certificate::from_pem_or_der(text.as_bytes()).is_err());
    assert_eq!(
        Certificate::from_pem_or_der(read[0].der()).unwrap(),
        read[0]
    );
}
