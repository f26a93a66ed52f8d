//! Time-stamps, as `openssl ts` and our own verifier read them.

use pki::{
    Certificate, Digest, KeyAlgorithm, ObjectIdentifier, SerialNumber, SignatureAlgorithm,
    tsp::{
        Accuracy, FailureInfo, Rejection, Stamp, TimeStampReq, TimeStampResp, TimeStampToken,
        TimeStamper, build_request, rejection,
    },
};

use crate::support::{Openssl, TestKey, World, every_kind, fails, wait};

fn policy() -> ObjectIdentifier {
    ObjectIdentifier::new("1.3.6.1.4.1.55555.2.1").unwrap()
}

fn stamp() -> Stamp {
    Stamp {
        policy: policy(),
        serial: SerialNumber::from_bytes(&[0x80, 1, 2, 3]).unwrap(),
        gen_time: jiff::Timestamp::now(),
        fraction_digits: 3,
        accuracy: Some(Accuracy {
            seconds: 1,
            millis: 500,
            micros: 20,
        }),
        ordering: false,
    }
}

fn respond(world: &World, request: &TimeStampReq) -> Vec<u8> {
    let chain = [world.issuing.certificate.clone()];
    let stamper = TimeStamper::new(&world.tsa.certificate, &chain, world.algorithm, true).unwrap();
    let unsigned = stamper.token(request, &stamp()).unwrap();
    wait(unsigned.sign(&*world.tsa.key)).unwrap()
}

#[test]
fn openssl_verifies_tokens() {
    for (key, algorithm) in every_kind() {
        if matches!(key, KeyAlgorithm::Sm2 | KeyAlgorithm::Ed25519) {
            // OpenSSL 3.0 checks neither in CMS; `our_own_verifier_agrees` does.
            continue;
        }
        let world = World::new(key, algorithm);
        let openssl = Openssl::new();
        openssl.file("data", "a document");
        openssl.file("other", "another document");
        openssl.file("root.pem", world.root.certificate.to_pem());
        openssl.file("issuing.pem", world.issuing.certificate.to_pem());
        openssl.file("tsa.pem", world.tsa.certificate.to_pem());
        for (digest, cert) in [("sha256", "-cert"), ("sha384", ""), ("sha512", "-cert")] {
            openssl.text(&format!(
                "ts -query -data data -{digest} {cert} -out request.tsq"
            ));
            let request = std::fs::read(openssl.path().join("request.tsq")).unwrap();
            let request = TimeStampReq::parse(&request).unwrap();
            let der = respond(&world, &request);
            openssl.file("response.tsr", &der);
            if algorithm.is_pss() {
                // `openssl ts` 3.0 knows no PSS; `openssl cms` does.
                let token = TimeStampResp::from_der(&der).unwrap().into_token().unwrap();
                openssl.file("token.der", token.der());
                openssl.file(
                    "anchors.pem",
                    Certificate::bundle_to_pem([
                        &world.root.certificate,
                        &world.issuing.certificate,
                    ]),
                );
                openssl.file(
                    "tsa-chain.pem",
                    Certificate::bundle_to_pem([
                        &world.tsa.certificate,
                        &world.issuing.certificate,
                    ]),
                );
                openssl.text("cms -verify -inform DER -in token.der -CAfile anchors.pem -certfile tsa-chain.pem -purpose timestampsign -binary -out content.der");
                continue;
            }
            // Without certificates in the token, OpenSSL is given the unit's.
            let verify = |data: &str| {
                format!(
                    "ts -verify -queryfile request.tsq -in response.tsr -CAfile root.pem -untrusted {data}"
                )
            };
            openssl.file(
                "chain.pem",
                world.issuing.certificate.to_pem() + &world.tsa.certificate.to_pem(),
            );
            let text = openssl.text(&verify("chain.pem"));
            assert!(
                text.contains("Verification: OK"),
                "{algorithm} {digest}: {text}"
            );
            let wrong =
                "ts -verify -data other -in response.tsr -CAfile root.pem -untrusted chain.pem";
            fails(&openssl.run(wrong), wrong);

            let text = openssl.text("ts -reply -in response.tsr -text");
            for line in [
                "Status: Granted.",
                "Policy OID: 1.3.6.1.4.1.55555.2.1",
                "Serial number: 0x80010203",
                "0x01 seconds, 0x01F4 millis, 0x14 micros",
                "Ordering: no",
                "TSA: DirName:",
            ] {
                assert!(
                    text.contains(line),
                    "{algorithm} {digest}: {line} is not in {text}"
                );
            }
            let token = TimeStampResp::from_der(&der).unwrap().into_token().unwrap();
            assert_eq!(
                token.signed_data().certificates().is_empty(),
                cert.is_empty()
            );
        }
    }
}

#[test]
fn our_own_verifier_agrees() {
    for (key, algorithm) in every_kind() {
        let world = World::new(key, algorithm);
        for digest in Digest::ALL {
            let hash = digest.hash(b"a document");
            let request = build_request(digest, &hash, Some(policy()), Some(u64::MAX), true);
            let request = TimeStampReq::parse(&request).unwrap();
            let der = respond(&world, &request);
            let token = TimeStampResp::from_der(&der).unwrap().into_token().unwrap();
            token.verify(&world.tsa.certificate).unwrap();
            assert!(token.verify(&world.server.certificate).is_err());
            assert_eq!(
                token.signed_data().signer_certificate(),
                Some(&world.tsa.certificate)
            );
            let info = token.info();
            assert_eq!((info.digest, &info.hashed_message), (digest, &hash));
            assert_eq!(info.nonce.as_deref(), request.nonce());
            assert_eq!(info.accuracy, stamp().accuracy);
            assert_eq!(info.policy, policy());
            assert_eq!(info.serial, stamp().serial);
        }
    }
}

#[test]
fn one_hash_function_serves_throughout() {
    for (key, digest) in [
        (KeyAlgorithm::P384, Digest::Sha384),
        (KeyAlgorithm::Sm2, Digest::Sm3),
        (KeyAlgorithm::Ed25519, Digest::Sha512),
    ] {
        let world = World::new(key, key.default_signature());
        let request = build_request(Digest::Sha256, &[0; 32], None, None, false);
        let der = respond(&world, &TimeStampReq::parse(&request).unwrap());
        let token = TimeStampResp::from_der(&der).unwrap().into_token().unwrap();
        assert_eq!(token.signed_data().signer().digest(), digest);
    }
}

#[test]
fn a_changed_token_is_refused() {
    let world = World::new(KeyAlgorithm::Sm2, SignatureAlgorithm::Sm2Sm3);
    let request = build_request(Digest::Sm3, &[7; 32], None, None, true);
    let der = respond(&world, &TimeStampReq::parse(&request).unwrap());
    let place = der
        .windows(32)
        .position(|window| window == [7; 32])
        .unwrap();
    let mut changed = der.clone();
    changed[place] ^= 1;
    let token = TimeStampResp::from_der(&changed)
        .unwrap()
        .into_token()
        .unwrap();
    assert!(token.verify(&world.tsa.certificate).is_err());
    // Whatever byte changes, no token verifies that says something else.
    let good = TimeStampResp::from_der(&der).unwrap().into_token().unwrap();
    for place in 0..der.len() {
        let mut changed = der.clone();
        changed[place] ^= 1;
        if let Ok(token) = TimeStampResp::from_der(&changed).and_then(TimeStampResp::into_token) {
            let verified = token.verify(&world.tsa.certificate).is_ok();
            assert!(!verified || token.info() == good.info(), "byte {place}");
        }
    }
}

fn refused(der: &[u8]) -> FailureInfo {
    TimeStampReq::parse(der).unwrap_err().failure
}

#[test]
fn requests_are_refused_with_the_right_reason() {
    let good = build_request(Digest::Sha256, &[0; 32], None, Some(5), true);
    assert!(TimeStampReq::parse(&good).is_ok());
    // RFC 3161 §2.4.2.
    let mut version = good.clone();
    version[4] = 2;
    assert_eq!(refused(&version), FailureInfo::BadRequest);
    let short = build_request(Digest::Sha256, &[0; 20], None, None, false);
    assert_eq!(refused(&short), FailureInfo::BadDataFormat);
    let mut sha224 = good.clone();
    let place = sha224
        .windows(3)
        .position(|window| window == [4, 2, 1])
        .unwrap();
    sha224[place + 2] = 4;
    assert_eq!(refused(&sha224), FailureInfo::BadAlg);
    let mut extended = good;
    let extension = [0xa0, 9, 0x30, 7, 0x06, 3, 0x55, 0x1d, 0x0e, 0x04, 0];
    extended.extend_from_slice(&extension);
    extended[1] += extension.len() as u8;
    assert_eq!(refused(&extended), FailureInfo::UnacceptedExtension);
    assert_eq!(refused(&[0x30; 5000]), FailureInfo::BadDataFormat);
}

#[test]
fn openssl_reads_each_rejection() {
    let openssl = Openssl::new();
    for (failure, name) in [
        (
            FailureInfo::BadAlg,
            "unrecognized or unsupported algorithm identifier",
        ),
        (
            FailureInfo::BadRequest,
            "transaction not permitted or supported",
        ),
        (
            FailureInfo::BadDataFormat,
            "the data submitted has the wrong format",
        ),
        (
            FailureInfo::TimeNotAvailable,
            "the TSA's time source is not available",
        ),
        (
            FailureInfo::UnacceptedPolicy,
            "the requested TSA policy is not supported by the TSA",
        ),
        (
            FailureInfo::UnacceptedExtension,
            "the requested extension is not supported by the TSA",
        ),
        (
            FailureInfo::AddInfoNotAvailable,
            "the additional information requested could not be understood or is not available",
        ),
        (
            FailureInfo::SystemFailure,
            "the request cannot be handled due to system failure",
        ),
    ] {
        let der = rejection(&Rejection::new(failure, "换一个摘要"));
        openssl.file("response.tsr", &der);
        let text = openssl.text("ts -reply -in response.tsr -text");
        assert!(
            text.contains("Status: Rejected.") && text.contains(name),
            "{failure:?}: {text}"
        );
        // 换 is U+6362.
        assert!(text.contains("\\U6362"), "{text}");
        match TimeStampResp::from_der(&der).unwrap() {
            TimeStampResp::Rejected {
                status: 2,
                failure: read,
                ..
            } => assert_eq!(read, Some(failure)),
            other => panic!("{other:?}"),
        }
    }
}

#[test]
fn only_a_unit_may_stamp() {
    let world = World::new(KeyAlgorithm::P256, SignatureAlgorithm::EcdsaP256Sha256);
    assert!(TimeStamper::new(&world.server.certificate, &[], world.algorithm, false).is_err());
    let stamper = TimeStamper::new(&world.tsa.certificate, &[], world.algorithm, false).unwrap();
    let request = build_request(Digest::Sha256, &[0; 32], None, None, false);
    let request = TimeStampReq::parse(&request).unwrap();
    let other = TestKey::named(KeyAlgorithm::P256, "root");
    assert!(wait(stamper.token(&request, &stamp()).unwrap().sign(&*other)).is_err());
    let token = wait(
        stamper
            .token(&request, &stamp())
            .unwrap()
            .sign_token(&*world.tsa.key),
    )
    .unwrap();
    let token = TimeStampToken::from_der(&token).unwrap();
    token.verify(&world.tsa.certificate).unwrap();
    let mut wrong = stamp();
    wrong.accuracy = Some(Accuracy {
        seconds: 0,
        millis: 1000,
        micros: 0,
    });
    assert!(stamper.token(&request, &wrong).is_err());
}
