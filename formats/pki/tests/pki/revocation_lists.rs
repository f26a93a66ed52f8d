//! CRLs, as OpenSSL and `x509-parser` read them.

use pki::{
    CertificateList, CrlTemplate, Error, KeyAlgorithm, Revocation, RevocationReason, SerialNumber,
    SignatureAlgorithm,
};
use x509_parser::prelude::{CertificateRevocationList, FromDer};

use crate::support::{Openssl, TestKey, World, at, every_kind, fails, wait};

fn template(distribution_point: Option<Vec<String>>) -> CrlTemplate {
    let now = jiff::Timestamp::now();
    CrlTemplate {
        crl_number: 7,
        this_update: now - jiff::SignedDuration::from_mins(1),
        next_update: now + jiff::SignedDuration::from_hours(24),
        distribution_point,
    }
}

fn entry(serial: &SerialNumber, reason: RevocationReason) -> Revocation {
    Revocation {
        serial: serial.clone(),
        revocation_date: at("2026-03-01T08:09:10Z"),
        reason,
        invalidity_date: None,
    }
}

/// A CRL with the server's certificate on it and `others` more.
pub(crate) fn list(world: &World, others: u64) -> Vec<u8> {
    let others = (1..=others)
        .map(|number| SerialNumber::from_bytes(&(u64::MAX - number).to_be_bytes()).unwrap());
    let entries = std::iter::once(entry(
        world.server.certificate.serial(),
        RevocationReason::KeyCompromise,
    ))
    .chain(others.map(|serial| entry(&serial, RevocationReason::Unspecified)));
    let unsigned = template(None)
        .build(&world.issuer, world.algorithm, entries)
        .unwrap();
    wait(unsigned.sign(&*world.issuing.key)).unwrap()
}

#[test]
fn openssl_checks_revocation_by_every_algorithm() {
    for (key, algorithm) in every_kind() {
        let world = World::new(key, algorithm);
        let der = list(&world, 2);
        let openssl = Openssl::new();
        openssl.file("list.crl", &der);
        openssl.file("list.pem", pki::pem::encode("X509 CRL", &der));
        openssl.file("root.pem", world.root.certificate.to_pem());
        openssl.file("issuing.pem", world.issuing.certificate.to_pem());
        openssl.file("server.pem", world.server.certificate.to_pem());
        openssl.file("person.pem", world.person.certificate.to_pem());
        let text = openssl.text("crl -in list.crl -inform DER -noout -text");
        for line in [
            "Version 2",
            "X509v3 CRL Number: \n                7",
            "Key Compromise",
            "Mar  1 08:09:10 2026 GMT",
        ] {
            assert!(text.contains(line), "{algorithm}: {line} is not in {text}");
        }
        let ours = CertificateList::from_der(&der).unwrap();
        ours.verify(world.issuing.certificate.public_key()).unwrap();
        assert!(ours.verify(world.root.certificate.public_key()).is_err());
        if algorithm == SignatureAlgorithm::Sm2Sm3 {
            // OpenSSL 3.0 has no way to give a CRL's signature the signer's id.
            continue;
        }
        let check = "verify -crl_check -CAfile root.pem -untrusted issuing.pem -CRLfile list.pem";
        let revoked = format!("{check} server.pem");
        assert!(fails(&openssl.run(&revoked), &revoked).contains("certificate revoked"));
        openssl.text(&format!("{check} person.pem"));
    }
}

#[test]
fn both_readers_agree_with_what_was_written() {
    let world = World::new(KeyAlgorithm::P256, SignatureAlgorithm::EcdsaP256Sha256);
    let entries = [
        Revocation {
            invalidity_date: Some(at("2026-02-01T00:00:00Z")),
            ..entry(
                world.server.certificate.serial(),
                RevocationReason::Superseded,
            )
        },
        entry(
            world.person.certificate.serial(),
            RevocationReason::Unspecified,
        ),
    ];
    let url = "http://pki.example.org:8080/crl/issuing.crl".to_owned();
    let template = template(Some(vec![url.clone()]));
    let unsigned = template
        .build(&world.issuer, world.algorithm, entries.clone())
        .unwrap();
    let der = wait(unsigned.sign(&*world.issuing.key)).unwrap();
    let ours = CertificateList::from_der(&der).unwrap();
    assert_eq!(
        ours.entries().collect::<Result<Vec<_>, _>>().unwrap(),
        entries
    );
    assert_eq!(ours.crl_number(), [7]);
    assert_eq!(
        ours.authority_key_identifier(),
        world.issuer.key_identifier()
    );
    assert_eq!(ours.issuer(), world.issuing.certificate.subject());
    let (_, theirs) = CertificateRevocationList::from_der(&der).unwrap();
    assert_eq!(theirs.crl_number().unwrap().to_bytes_be(), [7]);
    let serials: Vec<_> = theirs
        .iter_revoked_certificates()
        .map(|entry| entry.raw_serial().to_vec())
        .collect();
    assert_eq!(
        serials,
        entries.map(|entry| entry.serial.as_bytes().to_vec())
    );
    let openssl = Openssl::new();
    openssl.file("list.crl", &der);
    let text = openssl.text("crl -in list.crl -inform DER -noout -text");
    assert!(
        text.contains("Issuing Distribution Point: critical") && text.contains(&url),
        "{text}"
    );
    assert!(text.contains("Invalidity Date"), "{text}");
}

#[test]
fn an_empty_list_has_no_list() {
    let world = World::new(KeyAlgorithm::P256, SignatureAlgorithm::EcdsaP256Sha256);
    let unsigned = template(None)
        .build(&world.issuer, world.algorithm, [])
        .unwrap();
    let der = wait(unsigned.sign(&*world.issuing.key)).unwrap();
    assert_eq!(
        CertificateList::from_der(&der).unwrap().entries().count(),
        0
    );
    let openssl = Openssl::new();
    openssl.file("list.crl", &der);
    assert!(
        openssl
            .text("crl -in list.crl -inform DER -noout -text")
            .contains("No Revoked Certificates.")
    );
}

#[test]
fn two_hundred_thousand_entries_are_no_trouble() {
    let world = World::new(KeyAlgorithm::P256, SignatureAlgorithm::EcdsaP256Sha256);
    let der = list(&world, 200_000);
    let read = CertificateList::from_der(&der).unwrap();
    assert_eq!(read.entries().count(), 200_001);
    read.verify(world.issuer.public_key()).unwrap();
}

#[test]
fn what_cannot_be_is_refused() {
    let world = World::new(KeyAlgorithm::P256, SignatureAlgorithm::EcdsaP256Sha256);
    let mut backwards = template(None);
    backwards.next_update = backwards.this_update;
    assert!(backwards.build(&world.issuer, world.algorithm, []).is_err());
    let rsa = SignatureAlgorithm::RsaPkcs1Sha256;
    assert!(matches!(
        template(None).build(&world.issuer, rsa, []),
        Err(Error::Crypto(crypto::Error::UnsupportedAlgorithm { .. }))
    ));
    // A key that is not the issuer's.
    let other = TestKey::named(KeyAlgorithm::P256, "leaf");
    let unsigned = template(None)
        .build(&world.issuer, world.algorithm, [])
        .unwrap();
    assert!(matches!(
        wait(unsigned.sign(&*other)),
        Err(Error::SignedOtherwise { .. })
    ));
}
