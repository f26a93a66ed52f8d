//! What becomes of the requests that real tools make. The files and the tools are listed in
//! `formats/pki/tests/data/requests/README.md`.

use std::{collections::BTreeSet, path::Path};

use ca::{Error, IssuanceRequest, Issued, issue::issue};
use pki::{GeneralName, Name, oid};

use crate::test_ca::{TestCa, admin, dns};

const FOLDER: &str = concat!(
    env!("CARGO_MANIFEST_DIR"),
    "/../formats/pki/tests/data/requests"
);

enum Outcome {
    /// Issued with this subject and these names; these were left out.
    Issued(&'static str, &'static str, &'static str),
    /// Refused with a message that contains each of these.
    Refused(&'static [&'static str]),
}
use Outcome::{Issued as Good, Refused};

/// The certificate that most of the files ask for.
const WWW: Outcome = Good("CN=www.example.org", "dns:www.example.org", "");

#[rustfmt::skip]
const CASES: &[(&str, &str, Outcome)] = &[
    ("02-windows-mdm-bang.csr", "person", Good("CN=5B2A9D2E!4A10", "", "")),
    ("03-freeipa.csr", "tls-server", Refused(&["otherName userPrincipalName"])),
    ("04-critical-false.csr", "tls-server", WWW),
    ("05-challenge-t61.csr", "tls-server", WWW),
    ("05-challenge-ia5.csr", "tls-server", WWW),
    ("10-sha1.csr", "tls-server", Refused(&["signed with SHA-1", "sign it with SHA-256"])),
    ("12-attrs-unsorted.csr", "tls-server", WWW),
    ("14-rsa-no-null.csr", "person", Good("CN=FK-2020-1601,C=FR", "email:a@example.org", "")),
    ("18-ms-old-extreq.csr", "tls-server", Good("CN=www.example.org", "dns:www.example.org dns:api.example.org", "")),
    ("37-p384-sha256.csr", "tls-server", WWW),
    ("46-pss-222.csr", "tls-server", WWW),
    ("52-empty-O.csr", "tls-server", WWW),
    ("54-cn-not-in-san.csr", "tls-server", Refused(&["test1.example.org", "test2.example.org", "test3.example.org"])),
    ("65b-ip6-uncompressed-cn.csr", "tls-server", Good("CN=2001:db8::7", "ip:2001:db8::7", "")),
    ("70-dup-san.csr", "tls-server", WWW),
    ("75-upn-san.csr", "tls-server", Refused(&["otherName userPrincipalName"])),
    ("86-cn-t61.csr", "tls-server", Good("CN=www.example.org", "dns:www.example.org", "organizationName Häfen")),
    ("89b-numericstring.csr", "tls-server", Good("CN=www.example.org", "dns:www.example.org", "serialNumber 12345678")),
    ("90-printable-at.csr", "tls-server", Good("CN=*.example.org", "dns:*.example.org", "")),
    ("a-unknown-attr-UniversalString.csr", "tls-server", WWW),
    ("f7-utf16.der", "tls-server", WWW),
    ("f8-base64.der", "tls-server", WWW),
    ("k-roca.csr", "tls-server", Refused(&["weak", "ROCA"])),
    ("p1-emaildn.csr", "person", Good("CN=Zhang San", "email:zhang@example.org", "")),
    ("s2-sm2-null-params.csr", "tls-server", WWW),
    ("w13-latin1-text-before-pem.txt", "tls-server", WWW),
    ("w2-cn-is-second-name.csr", "tls-server", Good("CN=www.example.org", "dns:example.org dns:www.example.org", "")),
];

async fn order(test: &TestCa, profile: &str, csr: Vec<u8>) -> Result<Issued, Error> {
    let request = IssuanceRequest {
        profile: profile.to_owned(),
        ..test.request(csr)
    };
    issue(&test.ca, &admin(), request).await
}

fn names(issued: &Issued) -> String {
    let names = issued.certificate.subject_alt_names().iter();
    names.map(ToString::to_string).collect::<Vec<_>>().join(" ")
}

#[tokio::test]
async fn every_file_has_its_outcome() {
    let files: BTreeSet<String> = std::fs::read_dir(FOLDER)
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .filter(|name| name != "README.md")
        .collect();
    let listed = CASES.iter().map(|(file, ..)| (*file).to_owned()).collect();
    assert_eq!(files, listed);

    let test = TestCa::new().await;
    for (file, profile, expected) in CASES {
        let csr = std::fs::read(Path::new(FOLDER).join(file)).unwrap();
        let outcome = order(&test, profile, csr).await;
        match (expected, outcome) {
            (Good(subject, alternative_names, ignored), Ok(issued)) => {
                assert_eq!(issued.certificate.subject().to_string(), *subject, "{file}");
                assert_eq!(names(&issued), *alternative_names, "{file}");
                assert_eq!(issued.ignored.join(", "), *ignored, "{file}");
            }
            (Refused(parts), Err(error)) => {
                let message = error.to_string();
                for part in *parts {
                    assert!(message.contains(part), "{file}: {message}");
                }
                assert!(!message.contains("1.3.6.1."), "{file}: {message}");
            }
            (Good(..), Err(error)) => panic!("{file}: {error}"),
            (Refused(_), Ok(issued)) => panic!("{file}: issued {}", names(&issued)),
        }
    }
    test.verify_records().await;
}

#[tokio::test]
async fn every_name_that_is_not_allowed_is_in_the_refusal() {
    let test = TestCa::new().await;
    let other = |type_id: &str| {
        let type_id: pki::ObjectIdentifier = type_id.parse().unwrap();
        let value = tlv(0xa0, &tlv(0x0c, b"x"));
        tlv(0xa0, &[tlv(6, type_id.as_bytes()), value].concat())
    };
    let names = [
        tlv(0x82, b"www.example.org"),
        other("1.3.6.1.4.1.311.20.2.3"),
        other("1.3.6.1.5.2.2"),
        tlv(0x81, b"alice@example.org"),
    ];
    let csr = request_with(&test, &names.concat()).await;
    let error = order(&test, "tls-server", csr).await;
    assert_eq!(
        error.unwrap_err().to_string(),
        "profile tls-server takes DNS names and IP addresses, not an otherName \
         userPrincipalName and an otherName KRB5PrincipalName and an rfc822Name \
         \"alice@example.org\""
    );
    // The log is kept for ever and does not say whose address it was.
    let cause = test.entries("ca.certificate.issue").await[0].cause.clone();
    let cause = cause.unwrap();
    assert!(
        cause.contains("an rfc822Name") && !cause.contains("alice"),
        "{cause}"
    );
}

/// An element; its length has one octet more than DER would give it.
fn tlv(tag: u8, value: &[u8]) -> Vec<u8> {
    let length = u8::try_from(value.len()).unwrap();
    [&[tag, 0x81, length], value].concat()
}

/// A request for `www.example.org` with names that our own builder does not write.
async fn request_with(test: &TestCa, names: &[u8]) -> Vec<u8> {
    let extension = pki::Extension {
        oid: oid::SUBJECT_ALT_NAME,
        critical: false,
        value: tlv(0x30, names),
    };
    let subject = Name::from_common_name("www.example.org").unwrap();
    let uri = format!("software:{}", crypto::random::id());
    let p256 = pki::KeyAlgorithm::P256;
    let key = test.keyring.generate(&uri, p256).await.unwrap();
    let signature = p256.default_signature();
    pki::csr::build_with_extensions(&subject, &[], &[extension], key.as_ref(), signature)
        .await
        .unwrap()
}

#[tokio::test]
async fn what_a_profile_leaves_out_is_listed() {
    let test = TestCa::new().await;
    let subject = Name::builder()
        .common_name("www.example.org")
        .organization("Office")
        .email_address("root@example.org")
        .build()
        .unwrap();
    let algorithm = pki::KeyAlgorithm::P256;
    let csr = test
        .csr_of(algorithm, &subject, &[dns("www.example.org")])
        .await;
    let issued = order(&test, "tls-server", csr).await.unwrap();
    assert_eq!(
        issued.ignored,
        ["organizationName Office", "emailAddress root@example.org"]
    );
    assert_eq!(names(&issued), "dns:www.example.org");
}

#[tokio::test]
async fn no_name_is_lost() {
    let test = TestCa::new().await;
    let two = Name::builder()
        .common_name("a.example.org")
        .common_name("B.example.org")
        .build()
        .unwrap();
    let p256 = pki::KeyAlgorithm::P256;
    // Two common names without alternative names: both become names.
    let csr = test.csr_of(p256, &two, &[]).await;
    let issued = order(&test, "tls-server", csr).await.unwrap();
    assert_eq!(names(&issued), "dns:a.example.org dns:B.example.org");
    // Either of them missing among the names is an error that names it.
    for (names, lost) in [
        ([dns("a.example.org")], "B.example.org"),
        ([dns("b.example.org")], "a.example.org"),
    ] {
        let csr = test.csr_of(p256, &two, &names).await;
        let error = order(&test, "tls-server", csr).await.unwrap_err();
        assert!(error.to_string().contains(lost), "{error}");
        let cause = test.entries("ca.certificate.issue").await[0].cause.clone();
        assert!(!cause.unwrap().contains(lost));
    }
    // A common name that is too long for the subject is not replaced by another name.
    let long = format!("{}.example.org", "a".repeat(60));
    let csr = test
        .csr(&long[..64], &[dns("www.example.org"), dns(&long[..64])])
        .await;
    let issued = order(&test, "tls-server", csr).await.unwrap();
    assert_eq!(
        issued.certificate.subject().common_name(),
        Some(&long[..64])
    );
}

#[tokio::test]
async fn a_key_that_was_revoked_for_its_compromise_is_refused() {
    let test = TestCa::new().await;
    let csr = test.csr("www.example.org", &[]).await;
    let issued = order(&test, "tls-server", csr.clone()).await.unwrap();
    // The same key in a second certificate is nothing unusual.
    order(&test, "tls-server", csr.clone()).await.unwrap();
    let serial = issued.certificate.serial();
    test.revoke(serial, false).await.unwrap();
    let refused = |outcome: Result<Issued, Error>| {
        assert!(matches!(outcome, Err(Error::CompromisedKey)));
    };
    refused(order(&test, "tls-server", csr.clone()).await);
    refused(order(&test, "person", csr.clone()).await);
    // A revocation of an earlier version, which did not record the key, is found by a job.
    test.sql("DELETE FROM ca_compromised_key").await;
    order(&test, "tls-server", csr.clone()).await.unwrap();
    test.run_jobs().await;
    refused(order(&test, "tls-server", csr).await);
    // Other keys are not concerned.
    test.issue("www.example.org").await;
    test.verify_records().await;
}

#[tokio::test]
async fn a_mailbox_of_the_subject_is_an_alternative_name_once() {
    let test = TestCa::new().await;
    let subject = |address: &str| {
        Name::builder()
            .common_name("Zhang San")
            .email_address(address)
            .build()
            .unwrap()
    };
    let mail = |address: &str| GeneralName::Email(address.to_owned());
    for (address, requested, expected) in [
        ("a@example.org", vec![], "email:a@example.org"),
        (
            "a@EXAMPLE.org",
            vec![mail("a@example.org")],
            "email:a@example.org",
        ),
        (
            "a@example.org",
            vec![mail("b@example.org")],
            "email:b@example.org email:a@example.org",
        ),
    ] {
        let p256 = pki::KeyAlgorithm::P256;
        let csr = test.csr_of(p256, &subject(address), &requested).await;
        let issued = order(&test, "person", csr).await.unwrap();
        assert_eq!(names(&issued), expected);
        assert_eq!(issued.ignored, [""; 0]);
        let in_subject = issued.certificate.subject().values(oid::EMAIL_ADDRESS);
        assert_eq!(in_subject.count(), 0);
    }
    let p256 = pki::KeyAlgorithm::P256;
    let csr = test.csr_of(p256, &subject("no address"), &[]).await;
    let error = order(&test, "person", csr).await.unwrap_err();
    assert!(error.to_string().contains("no address"), "{error}");
}
