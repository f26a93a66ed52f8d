//! Each rule of the linter, broken.

use pki::{
    BasicConstraints, EncodedTemplate, Error, ExtensionSet, GeneralName, Issuer, Key, KeyAlgorithm,
    KeyError, KeyUsage, Name, SerialNumber, SignatureAlgorithm, Subject, Unsigned, Validity,
    lint::{self, AltNameKind, KeyRule, ProfileRules},
    oid,
};

use crate::support::{
    TestKey, World, alt_names, at, findings, issuing_extensions, root_extensions, rules_of,
    server_extensions, validity, wait,
};

struct Draft {
    extensions: ExtensionSet,
    serial: SerialNumber,
    name: Name,
    validity: Validity,
    alt_names: Vec<GeneralName>,
    key: pki::PublicKey,
}

fn world() -> World {
    World::new(KeyAlgorithm::P256, SignatureAlgorithm::EcdsaP256Sha256)
}

/// A server's certificate without fault.
fn draft() -> Draft {
    Draft {
        extensions: server_extensions(),
        serial: SerialNumber::new(
            jiff::Timestamp::UNIX_EPOCH,
            &aws_lc_rs::rand::SystemRandom::new(),
        )
        .unwrap(),
        name: Name::from_common_name("www.example.org").unwrap(),
        validity: validity(30),
        alt_names: alt_names(),
        key: TestKey::named(KeyAlgorithm::P256, "leaf").public(),
    }
}

fn build(issuer: &Issuer, draft: &Draft) -> Unsigned {
    let template = EncodedTemplate::new(
        issuer,
        &draft.extensions,
        SignatureAlgorithm::EcdsaP256Sha256,
    )
    .unwrap();
    let subject = Subject {
        serial: draft.serial.clone(),
        name: &draft.name,
        public_key: &draft.key,
        validity: draft.validity,
        alt_names: &draft.alt_names,
    };
    template.certificate(&subject).unwrap()
}

fn lint_draft(issuer: &Issuer, draft: &Draft) -> Result<pki::Linted, Error> {
    build(issuer, draft).lint(&rules_of(&draft.extensions))
}

#[test]
fn a_certificate_without_fault_passes() {
    let world = world();
    let linted = lint_draft(&world.issuer, &draft()).unwrap();
    assert_eq!(
        linted.digest().to_vec(),
        pki::Digest::Sha256.hash(linted.tbs_der())
    );
    let mut nameless = draft();
    nameless.name = Name::empty();
    drop(lint_draft(&world.issuer, &nameless).unwrap());
    let mut wildcard = draft();
    wildcard
        .alt_names
        .push(GeneralName::Dns("*.example.org".into()));
    drop(lint_draft(&world.issuer, &wildcard).unwrap());
}

#[test]
fn each_rule_finds_its_fault() {
    type Spoil = fn(&mut Draft);
    let faults: &[(&str, Spoil)] = &[
        ("serial-number", |d| {
            d.serial = SerialNumber::from_bytes(&[0x7f; 8]).unwrap()
        }),
        ("validity-within-issuer", |d| d.validity = validity(3000)),
        ("key-usage", |d| {
            d.extensions.key_usage = KeyUsage::default()
        }),
        ("key-usage", |d| {
            d.extensions.key_usage = KeyUsage::DIGITAL_SIGNATURE | KeyUsage::KEY_CERT_SIGN
        }),
        ("extended-key-usage", |d| {
            d.extensions.extended_key_usage.clear()
        }),
        ("extended-key-usage", |d| {
            d.extensions.extended_key_usage.push(oid::OCSP_SIGNING)
        }),
        ("extended-key-usage", |d| {
            d.extensions.extended_key_usage.push(oid::SERVER_AUTH)
        }),
        ("extended-key-usage", |d| {
            d.extensions.key_usage = KeyUsage::NON_REPUDIATION
        }),
        ("path-length", |d| d.extensions = issuing_extensions()),
        ("self-signed", |d| {
            d.key = TestKey::named(KeyAlgorithm::P256, "issuing").public()
        }),
        ("alt-name-syntax", |d| {
            d.alt_names.push(d.alt_names[0].clone())
        }),
        ("tls-server-names", |d| d.alt_names.clear()),
        ("tls-server-names", |d| {
            d.name = Name::from_common_name("other.example.org").unwrap()
        }),
        ("subject-present", |d| {
            d.extensions.extended_key_usage = vec![oid::CLIENT_AUTH];
            d.name = Name::empty();
            d.alt_names.clear();
        }),
    ];
    let world = world();
    for (rule, spoil) in faults {
        let mut spoilt = draft();
        spoil(&mut spoilt);
        let found = findings(build(&world.issuer, &spoilt), &rules_of(&spoilt.extensions));
        assert!(found.contains(rule), "{rule} is not among {found:?}");
    }
}

#[test]
fn what_the_profile_does_not_allow_is_found() {
    type Narrow = fn(&mut ProfileRules);
    let narrowed: &[(&str, Narrow)] = &[
        ("profile-key-usage", |r| {
            r.key_usage = KeyUsage::NON_REPUDIATION
        }),
        ("profile-extended-key-usage", |r| {
            r.extended_key_usage = vec![oid::CLIENT_AUTH]
        }),
        ("profile-extended-key-usage", |r| {
            r.extended_key_usage.push(oid::CLIENT_AUTH)
        }),
        ("profile-policies", |r| r.policies.clear()),
        ("profile-policies", |r| r.policies.push(oid::ANY_POLICY)),
        ("profile-lifetime", |r| {
            r.max_lifetime = jiff::SignedDuration::from_hours(29 * 24)
        }),
        ("profile-subject", |r| {
            r.subject_attributes = vec![oid::ORGANIZATION]
        }),
        ("profile-alt-names", |r| {
            r.alt_names = vec![AltNameKind::Dns]
        }),
        ("profile-alt-names", |r| r.max_alt_names = 3),
        ("profile-key", |r| {
            r.keys = vec![
                KeyRule::P384,
                KeyRule::Rsa {
                    min_bits: 2048,
                    max_bits: 4096,
                },
            ]
        }),
        ("profile-ocsp-no-check", |r| r.ocsp_no_check = true),
        ("basic-constraints", |r| {
            r.basic_constraints = BasicConstraints::Ca { path_len: None }
        }),
    ];
    let world = world();
    for (rule, narrow) in narrowed {
        let mut rules = rules_of(&server_extensions());
        narrow(&mut rules);
        assert_eq!(
            findings(build(&world.issuer, &draft()), &rules),
            [*rule],
            "the rules are {rules:?}"
        );
    }
    let rsa = TestKey::named(KeyAlgorithm::Rsa2048, "leaf").public();
    let at_least_3072 = KeyRule::Rsa {
        min_bits: 3072,
        max_bits: 4096,
    };
    assert!(!at_least_3072.allows(&rsa));
}

#[test]
fn the_issuer_and_the_intent_are_held_against_the_bytes() {
    let world = world();
    let unsigned = build(&world.issuer, &draft());
    let rules_with = |basic_constraints| ProfileRules {
        basic_constraints,
        ..rules_of(&server_extensions())
    };
    fn intent<'a>(issuer: &Issuer, rules: &'a ProfileRules) -> lint::Intent<'a> {
        lint::Intent {
            issuer: issuer.clone(),
            algorithm: SignatureAlgorithm::EcdsaP256Sha256,
            rules,
        }
    }
    let root = Issuer::from_certificate(&world.root.certificate).unwrap();
    let found = |findings: lint::Findings| findings.iter().map(|f| f.rule).collect::<Vec<_>>();
    let wrong_issuer = lint::certificate(
        unsigned.tbs_der(),
        &intent(&root, &rules_with(BasicConstraints::EndEntity)),
    );
    assert_eq!(
        found(wrong_issuer),
        ["issuer-name", "authority-key-identifier"]
    );
    let ca = &rules_with(BasicConstraints::Ca { path_len: None });
    let wrong_role = lint::certificate(unsigned.tbs_der(), &intent(&world.issuer, ca));
    assert_eq!(found(wrong_role), ["basic-constraints"]);
    let end_entity = rules_with(BasicConstraints::EndEntity);
    let mut other_scheme = intent(&world.issuer, &end_entity);
    other_scheme.algorithm = SignatureAlgorithm::EcdsaP384Sha384;
    let wrong_scheme = lint::certificate(unsigned.tbs_der(), &other_scheme);
    assert_eq!(found(wrong_scheme), ["signature-algorithm"]);
    // One bit of the subjectKeyIdentifier turned over.
    let identifier = draft().key.key_identifier();
    let mut tbs = unsigned.tbs_der().to_vec();
    let place = tbs
        .windows(20)
        .position(|window| window == identifier)
        .unwrap();
    tbs[place] ^= 1;
    let wrong_key = lint::certificate(&tbs, &intent(&world.issuer, &end_entity));
    assert_eq!(found(wrong_key), ["subject-key-identifier"]);
    // Bytes that are no certificate at all.
    let unreadable = lint::certificate(&tbs[..50], &intent(&world.issuer, ca));
    assert_eq!(found(unreadable), ["readable"]);
}

#[test]
fn a_root_signs_itself_and_nothing_else_first() {
    let key = TestKey::named(KeyAlgorithm::P256, "root");
    let name = Name::from_common_name("Root").unwrap();
    let issuer = Issuer::root(name.clone(), key.public());
    let mut root = draft();
    root.extensions = root_extensions();
    root.name = name;
    root.alt_names.clear();
    root.key = key.public();
    drop(lint_draft(&issuer, &root).unwrap());
    root.key = TestKey::named(KeyAlgorithm::P256, "leaf").public();
    assert_eq!(
        findings(build(&issuer, &root), &rules_of(&root.extensions)),
        ["self-signed"]
    );
}

#[test]
fn what_no_certificate_can_hold_is_refused_before() {
    let world = world();
    let extensions = server_extensions();
    let template = EncodedTemplate::new(&world.issuer, &extensions, world.algorithm).unwrap();
    let good = draft();
    let wrong = [GeneralName::Dns("a_b.example.org".into())];
    let subject = Subject {
        serial: good.serial.clone(),
        name: &good.name,
        public_key: &good.key,
        validity: good.validity,
        alt_names: &wrong,
    };
    assert!(template.certificate(&subject).is_err());
    assert!(EncodedTemplate::new(&world.issuer, &extensions, SignatureAlgorithm::Ed25519).is_err());
    let mut no_url = server_extensions();
    no_url.ocsp_urls = vec!["ocsp".into()];
    assert!(EncodedTemplate::new(&world.issuer, &no_url, world.algorithm).is_err());
    assert!(Issuer::from_certificate(&world.server.certificate).is_err());
    assert!(Validity::new(at("2026-01-02T00:00:00Z"), at("2026-01-01T00:00:00Z")).is_err());
}

/// A key that says it is another: a device that mixed its handles up.
#[derive(Debug)]
struct Impostor {
    says: std::sync::Arc<TestKey>,
    is: std::sync::Arc<TestKey>,
}

#[async_trait::async_trait]
impl Key for Impostor {
    fn uri(&self) -> &str {
        "test:impostor"
    }

    fn algorithm(&self) -> KeyAlgorithm {
        self.says.algorithm()
    }

    fn public_key(&self) -> &pki::PublicKey {
        self.says.public_key()
    }

    async fn sign(
        &self,
        algorithm: SignatureAlgorithm,
        message: &[u8],
    ) -> Result<Vec<u8>, KeyError> {
        self.is.sign(algorithm, message).await
    }
}

#[test]
fn what_another_key_signed_does_not_get_out() {
    let world = world();
    let leaf = TestKey::named(KeyAlgorithm::P256, "leaf");
    let impostor = Impostor {
        says: world.issuing.key.clone(),
        is: leaf.clone(),
    };
    for key in [&impostor as &dyn Key, &*leaf] {
        let linted = lint_draft(&world.issuer, &draft()).unwrap();
        let error = wait(linted.sign(key)).unwrap_err();
        assert!(matches!(error, Error::SignedOtherwise { .. }), "{error}");
    }
}
