//! A root, an issuing CA and one certificate of each kind.

use std::{net::IpAddr, sync::Arc};

use jiff::Timestamp;
use pki::{
    BasicConstraints, Certificate, EncodedTemplate, Error, ExtensionSet, GeneralName, Issuer,
    KeyAlgorithm, KeyUsage, Name, Policy, SerialNumber, SignatureAlgorithm, Subject, Unsigned,
    Validity,
    lint::{AltNameKind, KeyRule, ProfileRules},
    oid,
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
        let certificate = issue(
            (&root_issuer, &root_extensions()),
            &root_name,
            &root_key,
            3650,
            &[],
            (&root_key, algorithm),
        );
        let root = Holder {
            certificate,
            key: root_key,
        };

        let issuing_name = organization().common_name("Test 签发").build().unwrap();
        let root_issuer = Issuer::from_certificate(&root.certificate).unwrap();
        let issuing = Holder {
            certificate: issue(
                (&root_issuer, &issuing_extensions()),
                &issuing_name,
                &issuing_key,
                1800,
                &[],
                (&root.key, algorithm),
            ),
            key: issuing_key,
        };

        let issuer = Issuer::from_certificate(&issuing.certificate).unwrap();
        let leaf = |extensions: &ExtensionSet, name: &Name, alt_names: &[GeneralName]| Holder {
            certificate: issue(
                (&issuer, extensions),
                name,
                &leaf_key,
                90,
                alt_names,
                (&issuing.key, algorithm),
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
            server: leaf(&server_extensions(), &server_name, &alt_names()),
            person: leaf(&person_extensions(), &person_name, &email),
            ocsp: leaf(&ocsp_extensions(), &responder, &[]),
            tsa: leaf(&tsa_extensions(), &unit, &[]),
            algorithm,
            root,
            issuing,
            issuer,
        }
    }
}

fn issue(
    (issuer, extensions): (&Issuer, &ExtensionSet),
    name: &Name,
    subject: &TestKey,
    days: i64,
    alt_names: &[GeneralName],
    (signer, algorithm): (&TestKey, SignatureAlgorithm),
) -> Certificate {
    let template = EncodedTemplate::new(issuer, extensions, algorithm).unwrap();
    let unsigned = template.certificate(&Subject {
        serial: SerialNumber::new(Timestamp::UNIX_EPOCH, &aws_lc_rs::rand::SystemRandom::new())
            .unwrap(),
        name,
        public_key: &subject.public(),
        validity: validity(days),
        alt_names,
    });
    let linted = unsigned.unwrap().lint(&rules_of(extensions));
    wait(linted.unwrap().sign(signer)).unwrap()
}

/// The profile of the server's certificate.
pub(crate) fn server_template(world: &World) -> EncodedTemplate {
    EncodedTemplate::new(&world.issuer, &server_extensions(), world.algorithm).unwrap()
}

/// The findings of a certificate that the linter refuses.
pub(crate) fn findings(unsigned: Unsigned, rules: &ProfileRules) -> Vec<&'static str> {
    match unsigned.lint(rules) {
        Ok(linted) => panic!("passed: {}", linted.serial()),
        Err(Error::Lint(findings)) => findings.iter().map(|finding| finding.rule).collect(),
        Err(other) => panic!("{other}"),
    }
}

/// The rules of a profile that has these extensions and allows every name and key.
pub(crate) fn rules_of(extensions: &ExtensionSet) -> ProfileRules {
    ProfileRules {
        profile: "test".into(),
        basic_constraints: extensions.basic_constraints,
        key_usage: extensions.key_usage,
        extended_key_usage: extensions.extended_key_usage.clone(),
        policies: extensions
            .policies
            .iter()
            .map(|policy| policy.oid)
            .collect(),
        max_lifetime: jiff::SignedDuration::from_hours(24 * 3650),
        subject_attributes: vec![
            oid::COUNTRY,
            oid::ORGANIZATION,
            oid::COMMON_NAME,
            oid::SERIAL_NUMBER,
        ],
        alt_names: vec![AltNameKind::Dns, AltNameKind::Ip, AltNameKind::Email],
        max_alt_names: 100,
        keys: vec![
            KeyRule::P256,
            KeyRule::P384,
            KeyRule::Rsa {
                min_bits: 2048,
                max_bits: 4096,
            },
            KeyRule::Ed25519,
            KeyRule::Sm2,
        ],
        ocsp_no_check: extensions.ocsp_no_check,
    }
}

fn organization() -> pki::NameBuilder {
    Name::builder().country("CN").organization("信枢测试")
}

pub(crate) fn root_extensions() -> ExtensionSet {
    ExtensionSet {
        basic_constraints: BasicConstraints::Ca { path_len: None },
        key_usage: KeyUsage::KEY_CERT_SIGN | KeyUsage::CRL_SIGN,
        ..ExtensionSet::default()
    }
}

pub(crate) fn issuing_extensions() -> ExtensionSet {
    ExtensionSet {
        basic_constraints: BasicConstraints::Ca { path_len: Some(0) },
        key_usage: KeyUsage::KEY_CERT_SIGN | KeyUsage::CRL_SIGN,
        policies: vec![Policy {
            oid: oid::ANY_POLICY,
            cps: None,
        }],
        crl_urls: vec!["http://pki.example.org:8080/crl/root.crl".into()],
        ca_issuers_urls: vec!["http://pki.example.org:8080/ca/root.cer".into()],
        ..ExtensionSet::default()
    }
}

fn leaf_extensions() -> ExtensionSet {
    ExtensionSet {
        policies: vec![Policy {
            oid: "1.3.6.1.4.1.55555.1.1".parse().unwrap(),
            cps: None,
        }],
        crl_urls: vec!["http://pki.example.org:8080/crl/issuing.crl".into()],
        ocsp_urls: vec!["http://pki.example.org:8080/ocsp".into()],
        ca_issuers_urls: vec!["http://pki.example.org:8080/ca/issuing.cer".into()],
        ..ExtensionSet::default()
    }
}

pub(crate) fn server_extensions() -> ExtensionSet {
    ExtensionSet {
        key_usage: KeyUsage::DIGITAL_SIGNATURE | KeyUsage::KEY_ENCIPHERMENT,
        extended_key_usage: vec![oid::SERVER_AUTH],
        ..leaf_extensions()
    }
}

fn person_extensions() -> ExtensionSet {
    ExtensionSet {
        key_usage: KeyUsage::DIGITAL_SIGNATURE | KeyUsage::KEY_ENCIPHERMENT,
        extended_key_usage: vec![oid::CLIENT_AUTH, oid::EMAIL_PROTECTION],
        ..leaf_extensions()
    }
}

fn ocsp_extensions() -> ExtensionSet {
    ExtensionSet {
        key_usage: KeyUsage::DIGITAL_SIGNATURE,
        extended_key_usage: vec![oid::OCSP_SIGNING],
        ocsp_no_check: true,
        ocsp_urls: vec![],
        crl_urls: vec![],
        ..leaf_extensions()
    }
}

fn tsa_extensions() -> ExtensionSet {
    ExtensionSet {
        key_usage: KeyUsage::DIGITAL_SIGNATURE | KeyUsage::NON_REPUDIATION,
        extended_key_usage: vec![oid::TIME_STAMPING],
        ..leaf_extensions()
    }
}
