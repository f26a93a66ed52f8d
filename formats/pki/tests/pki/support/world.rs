//! A root, an issuing CA and one certificate of each kind.

use std::{net::IpAddr, sync::Arc};

use jiff::Timestamp;
use pki::{
    Authority, Certificate, Error, GeneralName, Issuer, KeyAlgorithm, KeyUsage, Name, Policy,
    Profile, SerialNumber, Shape, SignatureAlgorithm, Subject, Unsigned, Validity, oid,
};

use super::{TestKey, wait};

/// A certificate and the key it is for.
pub(crate) struct Holder {
    pub(crate) certificate: Certificate,
    pub(crate) key: Arc<TestKey>,
}

pub(crate) struct World {
    pub(crate) algorithm: SignatureAlgorithm,
    pub(crate) root: Holder,
    pub(crate) issuing: Holder,
    pub(crate) issuer: Issuer,
    pub(crate) server: Holder,
    pub(crate) person: Holder,
    pub(crate) ocsp: Holder,
    pub(crate) tsa: Holder,
}

/// Every key algorithm with its default scheme, and RSA with PSS.
pub(crate) fn every_kind() -> impl Iterator<Item = (KeyAlgorithm, SignatureAlgorithm)> {
    KeyAlgorithm::all()
        .map(|key| (key, key.default_signature()))
        .chain([
            (KeyAlgorithm::Rsa2048, SignatureAlgorithm::RsaPssSha256),
            (KeyAlgorithm::Rsa3072, SignatureAlgorithm::RsaPssSha384),
            (KeyAlgorithm::Rsa4096, SignatureAlgorithm::RsaPssSha512),
        ])
}

pub(crate) fn at(text: &str) -> Timestamp {
    text.parse().unwrap()
}

/// Valid from now for some days: OpenSSL has a clock of its own.
pub(crate) fn validity(days: i64) -> Validity {
    let now = Timestamp::now();
    let hour = jiff::SignedDuration::from_hours(1);
    Validity::new(
        now - hour,
        now - hour + jiff::SignedDuration::from_hours(days * 24),
    )
    .unwrap()
}

pub(crate) fn alt_names() -> Vec<GeneralName> {
    vec![
        GeneralName::Dns("www.example.org".into()),
        GeneralName::Dns("mail.example.org".into()),
        GeneralName::Ip("192.0.2.7".parse::<IpAddr>().unwrap()),
        GeneralName::Ip("2001:db8::7".parse::<IpAddr>().unwrap()),
    ]
}

impl World {
    pub(crate) fn new(key: KeyAlgorithm, algorithm: SignatureAlgorithm) -> Self {
        let root_key = TestKey::named(key, "root");
        let issuing_key = TestKey::named(key, "issuing");
        let leaf_key = TestKey::named(key, "leaf");

        let root_name = organization().common_name("Test 根证书").build().unwrap();
        let root_issuer = Issuer::root(root_name.clone(), root_key.public());
        let root_profile = root_issuer.profile(&root_shape(), algorithm).unwrap();
        let certificate = issue(&root_profile, &root_name, &root_key, 3650, &[], &root_key);
        let root = Holder {
            certificate,
            key: root_key,
        };

        let issuing_name = organization().common_name("Test 签发").build().unwrap();
        let root_issuer = Issuer::from_certificate(&root.certificate).unwrap();
        let profile = root_issuer.profile(&issuing_shape(), algorithm).unwrap();
        let issuing = Holder {
            certificate: issue(&profile, &issuing_name, &issuing_key, 1800, &[], &root.key),
            key: issuing_key,
        };

        let issuer = Issuer::from_certificate(&issuing.certificate).unwrap();
        let leaf = |shape: &Shape, name: &Name, alt_names: &[GeneralName]| Holder {
            certificate: issue(
                &issuer.profile(shape, algorithm).unwrap(),
                name,
                &leaf_key,
                90,
                alt_names,
                &issuing.key,
            ),
            key: Arc::clone(&leaf_key),
        };
        let server_name = Name::from_common_name("www.example.org").unwrap();
        let person_name = organization()
            .common_name("张三")
            .serial_number("20260001")
            .build()
            .unwrap();
        let email = [GeneralName::Email("zhang.san@example.org".into())];
        let responder = organization().common_name("Test OCSP").build().unwrap();
        let unit = organization().common_name("Test TSA").build().unwrap();
        Self {
            server: leaf(&server_shape(), &server_name, &alt_names()),
            person: leaf(&person_shape(), &person_name, &email),
            ocsp: leaf(&ocsp_shape(), &responder, &[]),
            tsa: leaf(&tsa_shape(), &unit, &[]),
            algorithm,
            root,
            issuing,
            issuer,
        }
    }
}

fn issue(
    profile: &Profile,
    name: &Name,
    subject: &TestKey,
    days: i64,
    alt_names: &[GeneralName],
    signer: &TestKey,
) -> Certificate {
    let unsigned = profile.certificate(&Subject {
        serial: SerialNumber::new(Timestamp::UNIX_EPOCH, &aws_lc_rs::rand::SystemRandom::new())
            .unwrap(),
        name,
        public_key: &subject.public(),
        validity: validity(days),
        alt_names,
    });
    wait(unsigned.unwrap().lint().unwrap().sign(signer)).unwrap()
}

/// The profile of the server's certificate.
pub(crate) fn server_profile(world: &World) -> Profile {
    world
        .issuer
        .profile(&server_shape(), world.algorithm)
        .unwrap()
}

/// The findings of a certificate that the linter refuses.
pub(crate) fn findings(unsigned: Unsigned) -> Vec<&'static str> {
    match unsigned.lint() {
        Ok(linted) => panic!("passed: {}", linted.serial()),
        Err(Error::Lint(findings)) => findings.iter().map(|finding| finding.rule).collect(),
        Err(other) => panic!("{other}"),
    }
}

fn organization() -> pki::NameBuilder {
    Name::builder().country("CN").organization("信枢测试")
}

pub(crate) fn root_shape() -> Shape {
    Shape {
        authority: Authority::Ca { path_len: None },
        key_usage: KeyUsage::KEY_CERT_SIGN | KeyUsage::CRL_SIGN,
        ..Shape::default()
    }
}

pub(crate) fn issuing_shape() -> Shape {
    Shape {
        authority: Authority::Ca { path_len: Some(0) },
        key_usage: KeyUsage::KEY_CERT_SIGN | KeyUsage::CRL_SIGN,
        policies: vec![Policy {
            oid: oid::ANY_POLICY,
            cps: None,
        }],
        crl_urls: vec!["http://pki.example.org:8080/crl/root.crl".into()],
        ca_issuers_urls: vec!["http://pki.example.org:8080/ca/root.cer".into()],
        ..Shape::default()
    }
}

fn leaf_shape() -> Shape {
    Shape {
        policies: vec![Policy {
            oid: "1.3.6.1.4.1.55555.1.1".parse().unwrap(),
            cps: None,
        }],
        crl_urls: vec!["http://pki.example.org:8080/crl/issuing.crl".into()],
        ocsp_urls: vec!["http://pki.example.org:8080/ocsp".into()],
        ca_issuers_urls: vec!["http://pki.example.org:8080/ca/issuing.cer".into()],
        ..Shape::default()
    }
}

pub(crate) fn server_shape() -> Shape {
    Shape {
        key_usage: KeyUsage::DIGITAL_SIGNATURE | KeyUsage::KEY_ENCIPHERMENT,
        extended_key_usage: vec![oid::SERVER_AUTH],
        ..leaf_shape()
    }
}

fn person_shape() -> Shape {
    Shape {
        key_usage: KeyUsage::DIGITAL_SIGNATURE | KeyUsage::KEY_ENCIPHERMENT,
        extended_key_usage: vec![oid::CLIENT_AUTH, oid::EMAIL_PROTECTION],
        ..leaf_shape()
    }
}

fn ocsp_shape() -> Shape {
    Shape {
        key_usage: KeyUsage::DIGITAL_SIGNATURE,
        extended_key_usage: vec![oid::OCSP_SIGNING],
        ocsp_no_check: true,
        ocsp_urls: vec![],
        crl_urls: vec![],
        ..leaf_shape()
    }
}

fn tsa_shape() -> Shape {
    Shape {
        key_usage: KeyUsage::DIGITAL_SIGNATURE | KeyUsage::NON_REPUDIATION,
        extended_key_usage: vec![oid::TIME_STAMPING],
        ..leaf_shape()
    }
}
