//! Bytes that are cut, lengthened, or BER: an error each, never a panic.

use pki::{
    Certificate, CertificateList, CertificationRequest, Digest, GeneralName, KeyAlgorithm, Name,
    SerialNumber, SignatureAlgorithm, csr,
    ocsp::{BasicResponse, CertIdHash, IssuerHashes, OcspRequest, build_request},
    tsp::{self, TimeStampReq, TimeStampResp, TimeStampToken},
};

use crate::{
    revocation_lists, status,
    support::{TestKey, World, alt_names, wait},
};

type Accepts = fn(&[u8]) -> bool;

/// One good example of each structure and its parser.
fn examples() -> Vec<(&'static str, Vec<u8>, Accepts)> {
    let world = World::new(KeyAlgorithm::P256, SignatureAlgorithm::EcdsaP256Sha256);
    let name = Name::from_common_name("www.example.org").unwrap();
    let key = TestKey::named(KeyAlgorithm::P256, "leaf");
    let request = wait(csr::build(&name, &alt_names(), &*key, world.algorithm)).unwrap();
    let hashes = IssuerHashes::new(&world.issuer);
    let serial = SerialNumber::from_bytes(&[0x80; 16]).unwrap();
    let cert_id = hashes.cert_id(CertIdHash::Sha1, &serial).unwrap();
    let policy = "1.2.3.4".parse().unwrap();
    let stamp = tsp::build_request(Digest::Sha256, &[1; 32], Some(policy), Some(5), true);
    vec![
        ("CertificationRequest", request, |der| {
            CertificationRequest::parse(der).is_ok()
        }),
        (
            "OCSPRequest",
            build_request(&[cert_id], Some(b"nonce")),
            |der| OcspRequest::parse(der).is_ok(),
        ),
        ("TimeStampReq", stamp, |der| {
            TimeStampReq::parse(der).is_ok()
        }),
        (
            "Certificate",
            world.server.certificate.der().to_vec(),
            |der| Certificate::from_der(der).is_ok(),
        ),
        (
            "CertificateList",
            revocation_lists::list(&world, 1),
            |der| CertificateList::from_der(der).is_ok(),
        ),
        (
            "OCSPResponse",
            status::response(&world, Some(b"nonce")),
            |der| BasicResponse::from_der(der).is_ok(),
        ),
        ("Name", name.der().to_vec(), |der| {
            Name::from_der(der).is_ok()
        }),
    ]
}

#[test]
fn cut_at_every_byte() {
    for (what, der, accepts) in examples() {
        assert!(accepts(&der), "{what}");
        for length in 0..der.len() {
            assert!(!accepts(&der[..length]), "{what} of {length} bytes");
        }
    }
}

#[test]
fn every_bit_turned_over_without_a_panic() {
    for (_, der, accepts) in examples() {
        for place in 0..der.len() {
            for bit in 0..8 {
                let mut changed = der.clone();
                changed[place] ^= 1 << bit;
                accepts(&changed);
            }
        }
    }
    // Of a request every byte counts: what is not signed is the signature.
    let (_, der, accepts) = examples().swap_remove(0);
    for place in 0..der.len() {
        let mut changed = der.clone();
        changed[place] ^= 0x10;
        assert!(!accepts(&changed), "byte {place}");
    }
}

#[test]
fn something_after_the_end() {
    for (what, mut der, accepts) in examples() {
        der.push(0);
        assert!(!accepts(&der), "{what}");
    }
}

#[test]
fn ber_is_not_der() {
    // Of these, other people's tools make requests only (docs/decisions/certificate-building.md).
    let strict = examples().into_iter().skip(1);
    for (what, der, accepts) in strict {
        let header = match der[1] {
            0x00..=0x7f => 2,
            long => 2 + usize::from(long & 0x7f),
        };
        let content = &der[header..];
        // Indefinite length (X.690 §8.1.3.6).
        let mut indefinite = vec![0x30, 0x80];
        indefinite.extend_from_slice(content);
        indefinite.extend_from_slice(&[0, 0]);
        assert!(!accepts(&indefinite), "{what}");
        // A length of more octets than it needs.
        let mut padded = vec![0x30, 0x84];
        padded.extend_from_slice(&(content.len() as u32).to_be_bytes());
        padded.extend_from_slice(content);
        assert!(!accepts(&padded), "{what}");
    }
}

#[test]
fn other_forms_of_the_same_value() {
    let stamp = |tail: &[u8]| {
        let mut der = tsp::build_request(Digest::Sha256, &[1; 32], None, None, false);
        der.extend_from_slice(tail);
        der[1] += tail.len() as u8;
        TimeStampReq::parse(&der).is_ok()
    };
    assert!(stamp(&[]));
    assert!(stamp(&[1, 1, 0xff]));
    // certReq DEFAULT FALSE written out, and a TRUE of BER.
    assert!(!stamp(&[1, 1, 0]));
    assert!(!stamp(&[1, 1, 1]));
    // Nonces: minimal, padded, negative but canonical, empty.
    assert!(stamp(&[2, 2, 0, 0x80]));
    assert!(!stamp(&[2, 2, 0, 0x7f]));
    assert!(stamp(&[2, 1, 0x80]));
    assert!(!stamp(&[2, 2, 0xff, 0x80]));
    assert!(!stamp(&[2, 0]));
}

#[test]
fn attributes_out_of_order_are_not_a_set() {
    let name: Name = "CN=a+UID=b".parse().unwrap();
    let der = name.der();
    let set = &der[4..];
    let first = 2 + usize::from(set[1]);
    let mut swapped = der[..4].to_vec();
    swapped.extend_from_slice(&set[first..]);
    swapped.extend_from_slice(&set[..first]);
    assert_eq!(swapped.len(), der.len());
    assert!(Name::from_der(der).is_ok());
    assert!(Name::from_der(&swapped).is_err());
}

#[test]
fn time_stamp_responses_are_held_to_the_same() {
    let rejection = tsp::rejection(&tsp::Rejection::new(tsp::FailureInfo::BadAlg, "x"));
    for length in 0..rejection.len() {
        assert!(TimeStampResp::from_der(&rejection[..length]).is_err());
    }
    assert!(TimeStampToken::from_der(&rejection).is_err());
}

#[test]
fn control_characters_do_not_reach_a_name() {
    assert!(
        GeneralName::Dns("a\u{0}.example.org".into())
            .check()
            .is_err()
    );
    // commonName "a\0b" in DER.
    let der = [
        0x30, 0x0e, 0x31, 0x0c, 0x30, 0x0a, 6, 3, 0x55, 4, 3, 0x0c, 3, b'a', 0, b'b',
    ];
    assert!(Name::from_der(&der).is_err());
}

mod arbitrary {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn bytes_never_panic(bytes in proptest::collection::vec(any::<u8>(), 0..300)) {
            let _ = CertificationRequest::from_pem_or_der(&bytes);
            let _ = OcspRequest::parse(&bytes);
            let _ = TimeStampReq::parse(&bytes);
            let _ = TimeStampResp::from_der(&bytes);
            let _ = Certificate::from_pem_or_der(&bytes);
            let _ = CertificateList::from_der(&bytes);
            let _ = Name::from_der(&bytes);
            let _ = BasicResponse::from_der(&bytes);
            let _ = pki::ecdsa_der_to_raw(&bytes, 32);
        }

        #[test]
        fn text_never_panics(text in "\\PC{0,100}") {
            let _ = text.parse::<Name>();
            let _ = text.parse::<SerialNumber>();
            let _ = pki::pem::decode(&text);
            let _ = GeneralName::Dns(text.clone()).check();
            let _ = GeneralName::Email(text.clone()).check();
            let _ = GeneralName::Uri(text).check();
        }
    }
}
