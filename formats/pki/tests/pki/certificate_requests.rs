//! Certificate requests of OpenSSL and of our own, and what becomes of what they ask for.

use pki::{
    BasicConstraints, CertificationRequest, Error, Extension, GeneralName, KeyAlgorithm, KeyKind,
    Name, RequestError, SerialNumber, SignatureAlgorithm, Subject, csr, oid, request,
};

use crate::support::{
    Openssl, TestKey, World, alt_names, every_kind, rules_of, server_extensions, server_template,
    validity, wait,
};

#[test]
fn openssl_makes_requests_of_every_algorithm() {
    for (key, kind) in [
        ("EC -pkeyopt ec_paramgen_curve:P-256", KeyKind::P256),
        ("EC -pkeyopt ec_paramgen_curve:P-384", KeyKind::P384),
        (
            "RSA -pkeyopt rsa_keygen_bits:2048",
            KeyKind::Rsa { bits: 2048 },
        ),
        (
            "RSA -pkeyopt rsa_keygen_bits:2064",
            KeyKind::Rsa { bits: 2064 },
        ),
        ("ED25519", KeyKind::Ed25519),
        ("SM2", KeyKind::Sm2),
    ] {
        let openssl = Openssl::new();
        openssl.text(&format!("genpkey -algorithm {key} -out key.pem"));
        let options = match kind {
            KeyKind::Sm2 => "-sm3 -sigopt distid:1234567812345678",
            _ => "-sha256",
        };
        openssl.text(&format!(
            "req -new -key key.pem {options} -utf8 -subj /C=CN/O=信枢/CN=www.example.org -addext subjectAltName=DNS:www.example.org,IP:192.0.2.7,email:a@example.org,URI:urn:a:b -out request.pem"
        ));
        let pem = std::fs::read(openssl.path().join("request.pem")).unwrap();
        let request = CertificationRequest::from_pem_or_der(&pem).unwrap();
        assert_eq!(request.public_key().kind(), kind);
        assert_eq!(
            request.subject().to_string(),
            "CN=www.example.org,O=信枢,C=CN"
        );
        let expected = [
            GeneralName::Dns("www.example.org".into()),
            GeneralName::Ip("192.0.2.7".parse().unwrap()),
            GeneralName::Email("a@example.org".into()),
            GeneralName::Uri("urn:a:b".into()),
        ];
        assert_eq!(request.subject_alt_names(), expected);
        assert_eq!(
            CertificationRequest::parse(request.der()).unwrap().der(),
            request.der()
        );
    }
}

#[test]
fn openssl_reads_ours() {
    for (key, algorithm) in every_kind() {
        let pair = TestKey::named(key, "leaf");
        let name = Name::builder()
            .organization("信枢")
            .common_name("www.example.org")
            .build()
            .unwrap();
        let der = wait(csr::build(&name, &alt_names(), &*pair, algorithm)).unwrap();
        let request = CertificationRequest::parse(&der).unwrap();
        assert_eq!(request.subject(), &name);
        assert_eq!(request.subject_alt_names(), alt_names());
        assert_eq!(request.signature_scheme(), algorithm.into());
        let openssl = Openssl::new();
        openssl.file("request.pem", pki::pem::encode("CERTIFICATE REQUEST", &der));
        let options = match key {
            KeyAlgorithm::Sm2 => "-vfyopt distid:1234567812345678",
            _ => "",
        };
        let text = openssl.text(&format!(
            "req -in request.pem -noout -verify {options} -text"
        ));
        assert!(
            text.contains("verify OK") && text.contains("DNS:www.example.org"),
            "{text}"
        );
    }
}

#[test]
fn weak_and_foreign_keys_are_refused() {
    for (key, options) in [
        ("RSA -pkeyopt rsa_keygen_bits:1024", "-sha256"),
        (
            "RSA -pkeyopt rsa_keygen_bits:2048 -pkeyopt rsa_keygen_pubexp:3",
            "-sha256",
        ),
        ("EC -pkeyopt ec_paramgen_curve:secp256k1", "-sha256"),
        (
            "EC -pkeyopt ec_paramgen_curve:P-256 -pkeyopt ec_param_enc:explicit",
            "-sha256",
        ),
        ("RSA -pkeyopt rsa_keygen_bits:2048", "-sha1"),
        ("ED448", ""),
    ] {
        let openssl = Openssl::new();
        openssl.text(&format!("genpkey -algorithm {key} -out key.pem"));
        openssl.text(&format!(
            "req -new -key key.pem {options} -subj /CN=a -out request.pem"
        ));
        let pem = std::fs::read(openssl.path().join("request.pem")).unwrap();
        let error = CertificationRequest::from_pem_or_der(&pem).unwrap_err();
        assert!(
            !matches!(error, Error::Request(RequestError::BadSignature)),
            "{key}: {error}"
        );
    }
}

#[test]
fn possession_must_be_proved() {
    for (key, algorithm) in every_kind() {
        let pair = TestKey::named(key, "leaf");
        let der = wait(csr::build(&Name::empty(), &[], &*pair, algorithm)).unwrap();
        // Another's key under this signature: the request of someone who holds no key.
        let other = TestKey::named(key, "root");
        let place = der
            .windows(pair.public().der().len())
            .position(|w| w == pair.public().der())
            .unwrap();
        let mut stolen = der.clone();
        stolen[place..place + other.public().der().len()].copy_from_slice(other.public().der());
        assert!(matches!(
            CertificationRequest::parse(&stolen),
            Err(Error::Request(
                RequestError::BadSignature | RequestError::BadSm2Signature { .. }
            ))
        ));
    }
}

#[test]
fn nothing_is_copied_that_was_not_granted() {
    let world = World::new(KeyAlgorithm::P256, SignatureAlgorithm::EcdsaP256Sha256);
    let pair = TestKey::named(KeyAlgorithm::P256, "leaf");
    let asked = [
        // CA:TRUE with keyCertSign, and more.
        Extension {
            oid: oid::BASIC_CONSTRAINTS,
            critical: true,
            value: vec![0x30, 3, 1, 1, 0xff],
        },
        Extension {
            oid: oid::KEY_USAGE,
            critical: true,
            value: vec![3, 2, 1, 6],
        },
        Extension {
            oid: oid::CERTIFICATE_POLICIES,
            critical: false,
            value: vec![0x30, 6, 0x30, 4, 6, 2, 0x2a, 3],
        },
        Extension {
            oid: "1.2.3.4.5".parse().unwrap(),
            critical: true,
            value: vec![5, 0],
        },
    ];
    let name = Name::from_common_name("www.example.org").unwrap();
    let der = wait(csr::build_with_extensions(
        &name,
        &alt_names(),
        &asked,
        &*pair,
        world.algorithm,
    ))
    .unwrap();
    let request = CertificationRequest::parse(&der).unwrap();
    assert_eq!(request.requested_extensions().len(), 5);

    let unsigned = server_template(&world).certificate(&Subject {
        serial: SerialNumber::new(
            jiff::Timestamp::UNIX_EPOCH,
            &aws_lc_rs::rand::SystemRandom::new(),
        )
        .unwrap(),
        name: request.subject(),
        public_key: request.public_key(),
        validity: validity(30),
        alt_names: request.subject_alt_names(),
    });
    let certificate = {
        let linted = unsigned.unwrap().lint(&rules_of(&server_extensions()));
        wait(linted.unwrap().sign(&*world.issuing.key)).unwrap()
    };
    assert_eq!(certificate.basic_constraints(), BasicConstraints::EndEntity);
    let of = |certificate: &pki::Certificate| {
        let mut oids: Vec<_> = certificate
            .extensions()
            .iter()
            .map(|extension| extension.oid)
            .collect();
        oids.sort();
        oids
    };
    assert_eq!(of(&certificate), of(&world.server.certificate));
    let policies =
        |certificate: &pki::Certificate| certificate.extension(oid::CERTIFICATE_POLICIES).cloned();
    assert_eq!(policies(&certificate), policies(&world.server.certificate));
}

#[test]
fn requests_have_a_limit() {
    let big = vec![0x30; request::MAX_LENGTH + 1];
    assert!(matches!(
        CertificationRequest::parse(&big),
        Err(Error::Encoding(asn1::Error::TooLong { .. }))
    ));
    assert!(CertificationRequest::from_pem_or_der(&vec![b'a'; 300_000]).is_err());
    assert!(CertificationRequest::from_pem_or_der(b"hello").is_err());
}
