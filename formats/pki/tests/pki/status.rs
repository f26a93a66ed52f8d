//! OCSP answers, as OpenSSL reads them.

use jiff::Timestamp;
use pki::{
    Error, KeyAlgorithm, RevocationReason, SerialNumber, SignatureAlgorithm,
    ocsp::{
        BasicResponse, CertIdHash, CertStatus, IssuerHashes, OcspErrorStatus, OcspRequest,
        Responder, SingleResponse, build_request, error_response,
    },
};

use crate::support::{Openssl, TestKey, World, at, every_kind, wait};

const REVOKED: CertStatus = CertStatus::Revoked {
    time: Timestamp::constant(1_772_352_550, 0),
    reason: RevocationReason::KeyCompromise,
};

fn answers(world: &World, request: &OcspRequest) -> Vec<SingleResponse> {
    let hashes = IssuerHashes::new(&world.issuer);
    let now = Timestamp::now();
    request
        .cert_ids()
        .iter()
        .map(|cert_id| {
            assert!(hashes.matches(cert_id));
            let status = if cert_id.serial() == Some(world.server.certificate.serial()) {
                REVOKED
            } else if cert_id.serial() == Some(world.person.certificate.serial()) {
                CertStatus::Good
            } else {
                CertStatus::Unknown
            };
            SingleResponse {
                cert_id: cert_id.clone(),
                status,
                this_update: now - jiff::SignedDuration::from_mins(1),
                next_update: Some(now + jiff::SignedDuration::from_hours(1)),
            }
        })
        .collect()
}

fn answer(world: &World, request: &OcspRequest) -> Vec<u8> {
    let responder = Responder::new(&world.ocsp.certificate, world.algorithm).unwrap();
    let unsigned = responder
        .response(&answers(world, request), Timestamp::now(), request.nonce())
        .unwrap();
    wait(unsigned.sign(&*world.ocsp.key)).unwrap()
}

/// The answer to a question about the person's certificate.
pub(crate) fn response(world: &World, nonce: Option<&[u8]>) -> Vec<u8> {
    let hashes = IssuerHashes::new(&world.issuer);
    let cert_id = hashes
        .cert_id(CertIdHash::Sha1, world.person.certificate.serial())
        .unwrap();
    let request = OcspRequest::parse(&build_request(&[cert_id], nonce)).unwrap();
    answer(world, &request)
}

#[test]
fn openssl_asks_and_believes() {
    for (key, algorithm) in every_kind() {
        let world = World::new(key, algorithm);
        let openssl = Openssl::new();
        openssl.file("root.pem", world.root.certificate.to_pem());
        openssl.file("issuing.pem", world.issuing.certificate.to_pem());
        openssl.file("server.pem", world.server.certificate.to_pem());
        openssl.file("person.pem", world.person.certificate.to_pem());
        for hash in ["-sha1", "-sha256"] {
            openssl.text(&format!(
                "ocsp {hash} -issuer issuing.pem -cert server.pem -cert person.pem -serial 0x7001 -nonce -reqout request.der"
            ));
            let request = std::fs::read(openssl.path().join("request.der")).unwrap();
            let request = OcspRequest::parse(&request).unwrap();
            assert_eq!(request.cert_ids().len(), 3);
            let der = answer(&world, &request);
            openssl.file("response.der", &der);
            let ours = BasicResponse::from_der(&der).unwrap();
            ours.verify(&world.issuing.certificate).unwrap();
            assert!(ours.verify(&world.root.certificate).is_err());
            assert_eq!(ours.nonce(), request.nonce());
            if algorithm == SignatureAlgorithm::Sm2Sm3 {
                // OpenSSL 3.0 cannot give the answer's signature the signer's id; it reads it all the same.
                let text = openssl.text("ocsp -respin response.der -resp_text -noverify");
                assert!(text.contains("Cert Status: good"), "{text}");
                continue;
            }
            // -no_nonce adds no other one; -reqin takes the nonce from the question and holds the answer's against it.
            let text = openssl.text(&format!(
                "ocsp {hash} -issuer issuing.pem -cert server.pem -cert person.pem -serial 0x7001 -no_nonce -reqin request.der -respin response.der -CAfile root.pem -verify_other issuing.pem"
            ));
            for line in [
                "Response verify OK",
                "server.pem: revoked",
                "Reason: keyCompromise",
                "person.pem: good",
                "0x7001: unknown",
            ] {
                assert!(
                    text.contains(line),
                    "{algorithm} {hash}: {line} is not in {text}"
                );
            }
        }
    }
}

#[test]
fn answers_come_back_as_they_were_given() {
    let world = World::new(KeyAlgorithm::P384, SignatureAlgorithm::EcdsaP384Sha384);
    let hashes = IssuerHashes::new(&world.issuer);
    let serial = world.server.certificate.serial();
    for hash in [CertIdHash::Sha1, CertIdHash::Sha256] {
        let cert_id = hashes.cert_id(hash, serial).unwrap();
        let request = build_request(&[cert_id], Some(&[7; 128]));
        let request = OcspRequest::parse(&request).unwrap();
        let read = BasicResponse::from_der(&answer(&world, &request)).unwrap();
        let [single] = read.answers() else {
            panic!("{read:?}")
        };
        assert_eq!(single.cert_id, request.cert_ids()[0]);
        assert_eq!(single.status, REVOKED);
        assert_eq!(read.nonce(), Some(&[7; 128][..]));
        assert_eq!(
            read.certificates(),
            std::slice::from_ref(&world.ocsp.certificate)
        );
    }
    let elsewhere = IssuerHashes::of(world.root.certificate.subject(), world.issuer.public_key());
    let cert_id = elsewhere.cert_id(CertIdHash::Sha1, serial).unwrap();
    assert!(!hashes.matches(&cert_id));
}

#[test]
fn nonces_and_numbers_are_bounded() {
    // RFC 9654 §2.1 and our own limit of 16.
    let world = World::new(KeyAlgorithm::P256, SignatureAlgorithm::EcdsaP256Sha256);
    let hashes = IssuerHashes::new(&world.issuer);
    let serial = SerialNumber::from_bytes(&[1]).unwrap();
    let cert_id = hashes.cert_id(CertIdHash::Sha1, &serial).unwrap();
    let ask = |count, nonce: Option<&[u8]>| {
        OcspRequest::parse(&build_request(&vec![cert_id.clone(); count], nonce))
    };
    assert!(ask(16, Some(&[1])).is_ok());
    assert!(ask(17, None).is_err());
    assert!(ask(0, None).is_err());
    assert!(ask(1, Some(&[])).is_err());
    assert!(ask(1, Some(&[1; 129])).is_err());
}

#[test]
fn openssl_names_each_error() {
    let openssl = Openssl::new();
    for (status, name) in [
        (OcspErrorStatus::MalformedRequest, "malformedrequest (1)"),
        (OcspErrorStatus::InternalError, "internalerror (2)"),
        (OcspErrorStatus::TryLater, "trylater (3)"),
        (OcspErrorStatus::SigRequired, "sigrequired (5)"),
        (OcspErrorStatus::Unauthorized, "unauthorized (6)"),
    ] {
        openssl.file("response.der", error_response(status));
        let output = openssl.run("ocsp -respin response.der -noverify");
        let text = String::from_utf8_lossy(&[output.stdout, output.stderr].concat()).into_owned();
        assert!(text.contains(name), "{name}: {text}");
        assert!(BasicResponse::from_der(&error_response(status)).is_err());
    }
}

#[test]
fn only_a_responder_may_answer() {
    let world = World::new(KeyAlgorithm::P256, SignatureAlgorithm::EcdsaP256Sha256);
    assert!(Responder::new(&world.server.certificate, world.algorithm).is_err());
    let responder = Responder::new(&world.ocsp.certificate, world.algorithm).unwrap();
    assert!(
        responder
            .response(&[], at("2026-01-01T00:00:00Z"), None)
            .is_err()
    );
    let hashes = IssuerHashes::new(&world.issuer);
    let cert_id = hashes
        .cert_id(CertIdHash::Sha1, world.person.certificate.serial())
        .unwrap();
    let request = OcspRequest::parse(&build_request(&[cert_id], None)).unwrap();
    let unsigned = responder
        .response(&answers(&world, &request), Timestamp::now(), None)
        .unwrap();
    let other = TestKey::named(KeyAlgorithm::P256, "issuing");
    assert!(matches!(
        wait(unsigned.sign(&*other)),
        Err(Error::SignedOtherwise { .. })
    ));
}
