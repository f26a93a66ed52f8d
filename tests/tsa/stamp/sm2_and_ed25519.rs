//! Algorithms whose tokens OpenSSL 3.0 cannot verify: this project's own verifier does.

use pki::{Digest, KeyKind, SignatureAlgorithm, tsp::build_request};

use crate::support::Tsa;

#[test]
fn sm2_with_sm3() {
    let tsa = Tsa::start("sm2");
    for digest in [Digest::Sm3, Digest::Sha256] {
        let token = tsa.token(&build_request(digest, &[7; 32], None, Some(1), true));
        assert_eq!(
            (token.info().digest, token.info().hashed_message.as_slice()),
            (digest, [7; 32].as_slice())
        );
        let signer = token.signed_data().signer();
        assert_eq!(signer.signature_algorithm(), SignatureAlgorithm::Sm2Sm3);
        assert_eq!(signer.digest(), Digest::Sm3);
    }
    assert_eq!(tsa.unit().public_key().kind(), KeyKind::Sm2);
}

#[test]
fn ed25519() {
    let tsa = Tsa::start("ed25519");
    let token = tsa.token(&build_request(
        Digest::Sha512,
        &[7; 64],
        None,
        Some(1),
        true,
    ));
    assert_eq!(
        token.signed_data().signer().signature_algorithm(),
        SignatureAlgorithm::Ed25519
    );
    // RFC 8419 §3.1: SHA-512 goes with it.
    assert_eq!(token.signed_data().signer().digest(), Digest::Sha512);
}

#[test]
fn an_altered_token_is_not_verified() {
    let tsa = Tsa::start("sm2");
    let reply = tsa.stamp(&crate::support::query(7));
    let unit = tsa.unit();
    let place = reply
        .windows(32)
        .position(|window| window == [7; 32])
        .expect("the imprint");
    for at in [place, reply.len() - 1] {
        let mut altered = reply.clone();
        altered[at] ^= 1;
        let token =
            pki::tsp::TimeStampResp::from_der(&altered).and_then(|reply| reply.into_token());
        assert!(
            token.and_then(|token| token.verify(&unit)).is_err(),
            "altered at {at}"
        );
    }
}
