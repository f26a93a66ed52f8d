//! Each member of the request, in the token (RFC 3161 §2.4.2).

use std::collections::HashSet;

use pki::{Digest, ObjectIdentifier, oid, tsp::build_request};

use crate::support::{POLICY, Tsa, query};

fn policy() -> ObjectIdentifier {
    ObjectIdentifier::new(POLICY).unwrap()
}

#[test]
fn the_imprint_is_repeated() {
    let tsa = Tsa::start("p256");
    let cases = [
        (Digest::Sha256, 32),
        (Digest::Sha384, 48),
        (Digest::Sha512, 64),
        (Digest::Sm3, 32),
    ];
    for (digest, length) in cases {
        let imprint: Vec<u8> = (0..length).collect();
        let token = tsa.token(&build_request(digest, &imprint, None, None, true));
        assert_eq!(
            (token.info().digest, &token.info().hashed_message),
            (digest, &imprint)
        );
        assert_eq!(token.info().policy, policy());
        assert!(token.info().accuracy.is_some());
        assert!(!token.info().ordering);
    }
}

#[test]
fn the_nonce_is_repeated_and_none_is_added() {
    let tsa = Tsa::start("p256");
    for nonce in [0, 1, 0x7f, 0x80, 0xff, u64::MAX] {
        let token = tsa.token(&build_request(
            Digest::Sha256,
            &[1; 32],
            None,
            Some(nonce),
            true,
        ));
        let repeated = token.info().nonce.clone().expect("a nonce");
        let number = repeated
            .iter()
            .fold(0_u64, |number, byte| number << 8 | u64::from(*byte));
        assert_eq!(number, nonce, "{repeated:02x?}");
    }
    let token = tsa.token(&build_request(Digest::Sha256, &[1; 32], None, None, true));
    assert_eq!(token.info().nonce, None);
}

#[test]
fn certificates_come_where_they_are_asked_for() {
    let tsa = Tsa::start("p256");
    let fingerprint = tsa.unit().fingerprint();
    for wanted in [true, false] {
        let token = tsa.token(&build_request(Digest::Sha256, &[1; 32], None, None, wanted));
        let certificates = token.signed_data().certificates();
        assert_eq!(certificates.len(), if wanted { 2 } else { 0 });
        assert_eq!(token.signed_data().signer_certificate().is_some(), wanted);
        // ESSCertIDv2 (RFC 5816) names the signer either way.
        let attribute = oid::ID_AA_SIGNING_CERTIFICATE_V2.as_bytes();
        assert!(
            token
                .der()
                .windows(attribute.len())
                .any(|window| window == attribute)
        );
        assert!(token.der().windows(32).any(|window| window == fingerprint));
    }
}

#[test]
fn the_policy_asked_for_is_the_policy_given() {
    let tsa = Tsa::start("p256");
    let token = tsa.token(&build_request(
        Digest::Sha256,
        &[1; 32],
        Some(policy()),
        None,
        true,
    ));
    assert_eq!(token.info().policy, policy());
}

#[test]
fn serial_numbers_never_repeat_and_time_goes_on() {
    let tsa = Tsa::start("p256");
    let mut serials = HashSet::new();
    let mut last = None;
    for byte in 0..20 {
        let token = tsa.token(&query(byte));
        assert!(
            serials.insert(token.info().serial.to_string()),
            "a serial number came twice"
        );
        assert!(last <= Some(token.info().gen_time));
        last = Some(token.info().gen_time);
    }
}
