//! Each rule of the linter, broken.

use pki::{
    Authority, Error, GeneralName, Issuer, Key, KeyAlgorithm, KeyError, KeyUsage, Name,
    SerialNumber, Shape, SignatureAlgorithm, Subject, Unsigned, Validity, lint, oid,
};

use crate::support::{
    TestKey, World, alt_names, at, findings, issuing_shape, root_shape, server_shape, validity,
    wait,
};

struct Draft {
    shape: Shape,
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
        shape: server_shape(),
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
    let profile = issuer
        .profile(&draft.shape, SignatureAlgorithm::EcdsaP256Sha256)
        .unwrap();
    let subject = Subject {
        serial: draft.serial.clone(),
        name: &draft.name,
        public_key: &draft.key,
        validity: draft.validity,
        alt_names: &draft.alt_names,
    };
    profile.certificate(&subject).unwrap()
}

#[test]
fn a_certificate_without_fault_passes() {
    let world = world();
    let linted = build(&world.issuer, &draft()).lint().unwrap();
    assert_eq!(
        linted.digest().to_vec(),
        pki::Digest::Sha256.hash(linted.tbs_der())
    );
    let mut nameless = draft();
    nameless.name = Name::empty();
    drop(build(&world.issuer, &nameless).lint().unwrap());
    let mut wildcard = draft();
    wildcard
        .alt_names
        .push(GeneralName::Dns("*.example.org".into()));
    drop(build(&world.issuer, &wildcard).lint().unwrap());
}

#[test]
fn each_rule_finds_its_fault() {
    type Spoil = fn(&mut Draft);
    let faults: &[(&str, Spoil)] = &[
        ("serial-number", |d| {
            d.serial = SerialNumber::from_bytes(&[0x7f; 8]).unwrap()
        }),
        ("validity-within-issuer", |d| d.validity = validity(3000)),
        ("key-usage", |d| d.shape.key_usage = KeyUsage::default()),
        ("key-usage", |d| {
            d.shape.key_usage = KeyUsage::DIGITAL_SIGNATURE | KeyUsage::KEY_CERT_SIGN
        }),
        ("extended-key-usage", |d| d.shape.extended_key_usage.clear()),
        ("extended-key-usage", |d| {
            d.shape.extended_key_usage.push(oid::OCSP_SIGNING)
        }),
        ("extended-key-usage", |d| {
            d.shape.extended_key_usage.push(oid::SERVER_AUTH)
        }),
        ("extended-key-usage", |d| {
            d.shape.key_usage = KeyUsage::NON_REPUDIATION
        }),
        ("path-length", |d| d.shape = issuing_shape()),
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
            d.shape.extended_key_usage = vec![oid::CLIENT_AUTH];
            d.name = Name::empty();
            d.alt_names.clear();
        }),
    ];
    let world = world();
    for (rule, spoil) in faults {
        let mut spoilt = draft();
        spoil(&mut spoilt);
        let found = findings(build(&world.issuer, &spoilt));
        assert!(found.contains(rule), "{rule} is not among {found:?}");
    }
}

#[test]
fn the_issuer_and_the_intent_are_held_against_the_bytes() {
    let world = world();
    let unsigned = build(&world.issuer, &draft());
    let intent = |issuer: &Issuer, authority| lint::Intent {
        issuer: issuer.clone(),
        authority,
        algorithm: SignatureAlgorithm::EcdsaP256Sha256,
    };
    let root = Issuer::from_certificate(&world.root.certificate).unwrap();
    let rules = |findings: lint::Findings| findings.iter().map(|f| f.rule).collect::<Vec<_>>();
    let wrong_issuer = lint::certificate(unsigned.tbs_der(), &intent(&root, Authority::EndEntity));
    assert_eq!(
        rules(wrong_issuer),
        ["issuer-name", "authority-key-identifier"]
    );
    let ca = Authority::Ca { path_len: None };
    let wrong_role = lint::certificate(unsigned.tbs_der(), &intent(&world.issuer, ca));
    assert_eq!(rules(wrong_role), ["basic-constraints"]);
    let mut other_scheme = intent(&world.issuer, Authority::EndEntity);
    other_scheme.algorithm = SignatureAlgorithm::EcdsaP384Sha384;
    let wrong_scheme = lint::certificate(unsigned.tbs_der(), &other_scheme);
    assert_eq!(rules(wrong_scheme), ["signature-algorithm"]);
    // One bit of the subjectKeyIdentifier turned over.
    let identifier = draft().key.key_identifier();
    let mut tbs = unsigned.tbs_der().to_vec();
    let place = tbs
        .windows(20)
        .position(|window| window == identifier)
        .unwrap();
    tbs[place] ^= 1;
    let wrong_key = lint::certificate(&tbs, &intent(&world.issuer, Authority::EndEntity));
    assert_eq!(rules(wrong_key), ["subject-key-identifier"]);
    // Bytes that are no certificate at all.
    let unreadable = lint::certificate(&tbs[..50], &intent(&world.issuer, ca));
    assert_eq!(rules(unreadable), ["readable"]);
}

#[test]
fn a_root_signs_itself_and_nothing_else_first() {
    let key = TestKey::named(KeyAlgorithm::P256, "root");
    let name = Name::from_common_name("Root").unwrap();
    let issuer = Issuer::root(name.clone(), key.public());
    let mut root = draft();
    root.shape = root_shape();
    root.name = name;
    root.alt_names.clear();
    root.key = key.public();
    drop(build(&issuer, &root).lint().unwrap());
    root.key = TestKey::named(KeyAlgorithm::P256, "leaf").public();
    assert_eq!(findings(build(&issuer, &root)), ["self-signed"]);
}

#[test]
fn what_no_certificate_can_hold_is_refused_before() {
    let world = world();
    let shape = server_shape();
    let profile = world.issuer.profile(&shape, world.algorithm).unwrap();
    let good = draft();
    let wrong = [GeneralName::Dns("a_b.example.org".into())];
    let subject = Subject {
        serial: good.serial.clone(),
        name: &good.name,
        public_key: &good.key,
        validity: good.validity,
        alt_names: &wrong,
    };
    assert!(profile.certificate(&subject).is_err());
    assert!(
        world
            .issuer
            .profile(&shape, SignatureAlgorithm::Ed25519)
            .is_err()
    );
    let mut no_url = server_shape();
    no_url.ocsp_urls = vec!["ocsp".into()];
    assert!(world.issuer.profile(&no_url, world.algorithm).is_err());
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
        let linted = build(&world.issuer, &draft()).lint().unwrap();
        let error = wait(linted.sign(key)).unwrap_err();
        assert!(matches!(error, Error::SignedOtherwise { .. }), "{error}");
    }
}
