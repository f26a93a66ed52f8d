//! Requests as other people's tools write them: what has one meaning is read, and what cannot
//! be used is refused in words that say what to change.

use asn1::{Writer, tag};
use pki::{
    CertificationRequest, GeneralName, KeyAlgorithm, ObjectIdentifier, SignatureAlgorithm,
    SignatureScheme, oid,
};

use crate::support::{Openssl, TestKey, wait};

const ECDSA: SignatureAlgorithm = SignatureAlgorithm::EcdsaP256Sha256;

fn oid_of(text: &str) -> ObjectIdentifier {
    text.parse().unwrap()
}

/// A request with this subject, key and content of the attributes, signed by the P-256 key.
fn request(subject: &[u8], key: &[u8], attributes: &[u8]) -> Vec<u8> {
    let info = Writer::build(|w| {
        w.sequence(|w| {
            w.integer(0);
            w.raw(subject);
            w.raw(key);
            w.nested(tag::constructed(0), |w| w.raw(attributes));
        });
    });
    signed(&info, &pki::encode_signature_algorithm(ECDSA), ECDSA)
}

fn signed(info: &[u8], identifier: &[u8], algorithm: SignatureAlgorithm) -> Vec<u8> {
    let key = TestKey::named(algorithm.key_algorithm(), "leaf");
    let signature = wait(hsm_adapters::Key::sign(&*key, algorithm, info)).unwrap();
    Writer::build(|w| {
        w.sequence(|w| {
            w.raw(info);
            w.raw(identifier);
            w.bits(&signature);
        });
    })
}

fn p256() -> Vec<u8> {
    TestKey::named(KeyAlgorithm::P256, "leaf")
        .public()
        .der()
        .to_vec()
}

/// A Name of one attribute.
fn name(oid: ObjectIdentifier, tag: u8, value: &[u8]) -> Vec<u8> {
    Writer::build(|w| {
        w.sequence(|w| {
            w.set(|w| {
                w.sequence(|w| {
                    w.oid(oid);
                    w.tlv(tag, value);
                });
            });
        });
    })
}

fn attribute(oid: ObjectIdentifier, values: impl FnOnce(&mut Writer)) -> Vec<u8> {
    Writer::build(|w| {
        w.sequence(|w| {
            w.oid(oid);
            w.set(values);
        });
    })
}

/// extensionRequest, under either OID, with one subjectAltName.
fn names(oid: ObjectIdentifier, dns: &str) -> Vec<u8> {
    attribute(oid, |w| {
        w.sequence(|w| {
            w.extension(oid::SUBJECT_ALT_NAME, false, |w| {
                w.sequence(|w| w.tlv(tag::context(2), dns.as_bytes()));
            });
        });
    })
}

fn read(der: &[u8]) -> CertificationRequest {
    CertificationRequest::parse(der).unwrap()
}

fn refusal(der: &[u8]) -> String {
    CertificationRequest::parse(der).unwrap_err().to_string()
}

#[test]
fn subjects_of_every_string_type() {
    for (tag, value, text) in [
        (tag::PRINTABLE_STRING, &b"a*b@c&d_e!"[..], "a*b@c&d_e!"),
        (tag::NUMERIC_STRING, b"123", "123"),
        (tag::VISIBLE_STRING, b"a", "a"),
        (tag::TELETEX_STRING, b"H\xe4fen", "Häfen"),
        (tag::BMP_STRING, &[0x4f, 0xe1], "信"),
        (tag::UNIVERSAL_STRING, &[0, 0, 0x4f, 0xe1], "信"),
    ] {
        for oid in [oid::ORGANIZATION, oid::SERIAL_NUMBER, oid_of("2.5.4.13")] {
            let request = read(&request(&name(oid, tag, value), &p256(), &[]));
            assert_eq!(request.subject().values(oid).next(), Some(text));
            // What comes out is strict DER.
            let strict = pki::Name::from_der(request.subject().der()).unwrap();
            assert_eq!(&strict, request.subject());
        }
    }
}

#[test]
fn attributes_without_a_certain_text_are_kept_apart() {
    for (tag, value) in [
        (tag::PRINTABLE_STRING, "信".as_bytes()),
        (tag::TELETEX_STRING, "信".as_bytes()),
        (tag::UTF8_STRING, &b"a\0b"[..]),
        (tag::BIT_STRING, &[0, 1]),
        (tag::SEQUENCE, &[]),
    ] {
        let request = read(&request(&name(oid::ORGANIZATION, tag, value), &p256(), &[]));
        assert!(request.subject().is_empty());
        let [unreadable] = request.unreadable_attributes() else {
            panic!("{value:?}");
        };
        let error = unreadable.error().to_string();
        assert!(error.contains("subject, organizationName: "), "{error}");
    }
    // Blank fields ask for nothing.
    let blank = read(&request(
        &name(oid::ORGANIZATION, tag::UTF8_STRING, b" "),
        &p256(),
        &[],
    ));
    assert!(blank.subject().is_empty() && blank.unreadable_attributes().is_empty());
}

#[test]
fn attributes_in_any_order_and_of_any_form() {
    let microsoft = oid_of("1.3.6.1.4.1.311.2.1.14");
    let strange = |value: &[u8]| attribute(oid_of("1.2.3.4"), |w| w.raw(value));
    let attributes = [
        names(microsoft, "b.example.org"),
        names(oid::EXTENSION_REQUEST, "a.example.org"),
        names(oid::EXTENSION_REQUEST, "B.example.org"),
        // No value at all, a tag of a high number, an indefinite length.
        strange(&[]),
        strange(&[0xdf, 0x81, 0x01, 1, 0]),
        strange(&[0x30, 0x80, 5, 0, 0, 0]),
        attribute(oid::EXTENSION_REQUEST, |w| w.sequence(|_| {})),
        attribute(oid::CHALLENGE_PASSWORD, |w| {
            w.tlv(tag::OCTET_STRING, &[0xff])
        }),
    ];
    let subject = name(oid::COMMON_NAME, tag::UTF8_STRING, b"a");
    let request = read(&request(&subject, &p256(), &attributes.concat()));
    assert_eq!(
        request.subject_alt_names(),
        [
            GeneralName::Dns("b.example.org".into()),
            GeneralName::Dns("a.example.org".into())
        ]
    );
    assert_eq!(request.challenge_password(), None);
}

#[test]
fn ber_is_read_and_its_signature_is_verified_over_the_original_bytes() {
    let subject = name(oid::COMMON_NAME, tag::UTF8_STRING, b"a");
    let content = [&[2, 1, 0][..], &subject, &p256(), &[0xa0, 0]].concat();
    let indefinite = [&[0x30, 0x80][..], &content, &[0, 0]].concat();
    let length = (content.len() as u32).to_be_bytes();
    let padded = [&[0x30, 0x84][..], &length, &content].concat();
    let identifier = pki::encode_signature_algorithm(ECDSA);
    for info in [indefinite, padded] {
        let whole = signed(&info, &identifier, ECDSA);
        assert_eq!(read(&whole).subject().to_string(), "CN=a");
        // The same values in DER are other bytes than were signed.
        let der = Writer::build(|w| w.sequence(|w| w.raw(&content)));
        let at = whole.windows(info.len()).position(|w| w == info).unwrap();
        let rest = &whole[at + info.len()..];
        let other = Writer::build(|w| {
            w.sequence(|w| {
                w.raw(&der);
                w.raw(rest);
            });
        });
        assert!(refusal(&other).contains("wrong signature"));
    }
}

#[test]
fn identifiers_of_algorithms_in_the_forms_that_are_found() {
    let subject = name(oid::COMMON_NAME, tag::UTF8_STRING, b"a");
    for algorithm in [
        SignatureAlgorithm::EcdsaP256Sha256,
        SignatureAlgorithm::RsaPkcs1Sha256,
        SignatureAlgorithm::Ed25519,
        SignatureAlgorithm::Sm2Sm3,
    ] {
        let key = TestKey::named(algorithm.key_algorithm(), "leaf");
        for with_null in [true, false] {
            let identifier = Writer::build(|w| {
                w.sequence(|w| {
                    w.oid(algorithm.oid());
                    if with_null {
                        w.null();
                    }
                });
            });
            let content = [&[2, 1, 0][..], &subject, key.public().der(), &[0xa0, 0]].concat();
            let info = Writer::build(|w| w.sequence(|w| w.raw(&content)));
            let request = read(&signed(&info, &identifier, algorithm));
            assert_eq!(request.signature_scheme(), SignatureScheme::from(algorithm));
        }
    }
}

#[test]
fn keys_in_the_forms_that_are_found() {
    let subject = name(oid::COMMON_NAME, tag::UTF8_STRING, b"a");
    let spki = |algorithm: &[ObjectIdentifier], key: &[u8]| {
        Writer::build(|w| {
            w.sequence(|w| {
                w.sequence(|w| algorithm.iter().for_each(|oid| w.oid(*oid)));
                w.bits(key);
            });
        })
    };
    for (algorithm, identifier) in [
        // A compressed point; RSA without NULL; SM2 by its curve alone.
        (
            SignatureAlgorithm::EcdsaP256Sha256,
            vec![
                KeyAlgorithm::P256.oid(),
                KeyAlgorithm::P256.curve().unwrap(),
            ],
        ),
        (
            SignatureAlgorithm::RsaPkcs1Sha256,
            vec![KeyAlgorithm::Rsa2048.oid()],
        ),
        (
            SignatureAlgorithm::Sm2Sm3,
            vec![KeyAlgorithm::Sm2.curve().unwrap()],
        ),
    ] {
        let key = TestKey::named(algorithm.key_algorithm(), "leaf");
        let key = key.public();
        let public = key.subject_public_key();
        let compressed = match algorithm {
            SignatureAlgorithm::RsaPkcs1Sha256 => public.to_vec(),
            _ => [&[2 + (public[64] & 1)][..], &public[1..33]].concat(),
        };
        for public in [public, &compressed] {
            let content = [
                &[2, 1, 0][..],
                &subject,
                &spki(&identifier, public),
                &[0xa0, 0],
            ]
            .concat();
            let info = Writer::build(|w| w.sequence(|w| w.raw(&content)));
            let identifier = pki::encode_signature_algorithm(algorithm);
            let request = read(&signed(&info, &identifier, algorithm));
            // Whatever the form was, the key is the same in the one form that is certified.
            assert_eq!(request.public_key().der(), key.der());
        }
    }
}

/// What OpenSSL makes of these options.
fn by_openssl(key: &str, options: &str) -> pki::Result<CertificationRequest> {
    let openssl = Openssl::new();
    openssl.text(&format!("genpkey -algorithm {key} -out key.pem"));
    openssl.text(&format!(
        "req -new -key key.pem {options} -subj /CN=www.example.org -out request.pem"
    ));
    let pem = std::fs::read(openssl.path().join("request.pem")).unwrap();
    CertificationRequest::from_pem_or_der(&pem)
}

#[test]
fn any_sha2_with_any_key() {
    for digest in ["-sha256", "-sha384", "-sha512"] {
        for key in [
            "EC -pkeyopt ec_paramgen_curve:P-256",
            "EC -pkeyopt ec_paramgen_curve:P-384",
            "RSA -pkeyopt rsa_keygen_bits:2048",
            "RSA -pkeyopt rsa_keygen_bits:2064",
        ] {
            by_openssl(key, digest).unwrap_or_else(|error| panic!("{key} {digest}: {error}"));
        }
        for salt in ["0", "20", "32", "max"] {
            let options =
                format!("{digest} -sigopt rsa_padding_mode:pss -sigopt rsa_pss_saltlen:{salt}");
            by_openssl("RSA -pkeyopt rsa_keygen_bits:2048", &options)
                .unwrap_or_else(|error| panic!("{options}: {error}"));
        }
    }
}

#[test]
fn refusals_say_what_to_change() {
    let rsa = "RSA -pkeyopt rsa_keygen_bits:2048";
    for (key, options, expected) in [
        (rsa, "-sha1", "signed with SHA-1"),
        (rsa, "-md5", "signed with MD5"),
        (rsa, "-sha224", "sha224WithRSAEncryption"),
        (
            rsa,
            "-sha1 -sigopt rsa_padding_mode:pss",
            "signed with SHA-1",
        ),
        (
            rsa,
            "-sha256 -sigopt rsa_padding_mode:pss -sigopt rsa_mgf1_md:sha1",
            "mask",
        ),
        (
            "EC -pkeyopt ec_paramgen_curve:P-256",
            "-sha1",
            "signed with SHA-1",
        ),
        (
            "EC -pkeyopt ec_paramgen_curve:P-521",
            "-sha512",
            "P-521 keys are not supported",
        ),
        (
            "EC -pkeyopt ec_paramgen_curve:secp256k1",
            "-sha256",
            "secp256k1 keys are not supported",
        ),
        (
            "EC -pkeyopt ec_paramgen_curve:P-256 -pkeyopt ec_param_enc:explicit",
            "-sha256",
            "explicit parameters",
        ),
        ("ED448", "", "Ed448 keys are not supported"),
        (
            "RSA-PSS -pkeyopt rsa_keygen_bits:2048",
            "-sha256",
            "RSASSA-PSS keys are not supported",
        ),
        ("RSA -pkeyopt rsa_keygen_bits:1024", "-sha256", "1024"),
        (
            "SM2",
            "-sm3",
            "the SM2 id that is expected is 1234567812345678",
        ),
    ] {
        let error = by_openssl(key, options)
            .map(|_| ())
            .unwrap_err()
            .to_string();
        assert!(error.contains(expected), "{key} {options}: {error}");
        // No OID where a name exists.
        assert!(!error.contains("1.2.840."), "{error}");
    }
}

#[test]
fn kinds_of_other_names_are_named() {
    for (type_id, expected) in [
        ("1.3.6.1.4.1.311.20.2.3", "otherName userPrincipalName"),
        ("1.3.6.1.5.2.2", "otherName KRB5PrincipalName"),
        ("1.2.3.4", "otherName 1.2.3.4"),
    ] {
        let attribute = attribute(oid::EXTENSION_REQUEST, |w| {
            w.sequence(|w| {
                w.extension(oid::SUBJECT_ALT_NAME, false, |w| {
                    w.sequence(|w| {
                        w.nested(tag::constructed(0), |w| {
                            w.oid(oid_of(type_id));
                            w.nested(tag::constructed(0), |w| w.tlv(tag::UTF8_STRING, b"a@b"));
                        });
                    });
                });
            });
        });
        let subject = name(oid::COMMON_NAME, tag::UTF8_STRING, b"a");
        let request = read(&request(&subject, &p256(), &attribute));
        assert_eq!(request.subject_alt_names()[0].kind_in_words(), expected);
    }
}

#[test]
fn malformed_parts_are_named() {
    let subject = name(oid::COMMON_NAME, tag::UTF8_STRING, b"a");
    let san = |value: &[u8]| {
        attribute(oid::EXTENSION_REQUEST, |w| {
            w.sequence(|w| w.extension(oid::SUBJECT_ALT_NAME, false, |w| w.raw(value)));
        })
    };
    for (attributes, expected) in [
        (
            san(&[0x30, 4, 0x87, 2, 1, 2]),
            "subjectAltName, iPAddress: 2 octets",
        ),
        (
            san(&[0x30, 3, 0x82, 1, 0xff]),
            "subjectAltName, dNSName: not text",
        ),
        (
            san(&[0x30, 3, 0x82, 1, 0]),
            "subjectAltName, dNSName: not text",
        ),
        (san(&[0x30, 5]), "subjectAltName: cut short"),
        (vec![0x30, 9], "attributes: cut short"),
    ] {
        let error = refusal(&request(&subject, &p256(), &attributes));
        assert!(error.contains(expected), "{error}");
    }
}
