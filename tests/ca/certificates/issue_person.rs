//! Profile `person`.

use crate::support::{Ca, shown};

#[test]
fn with_the_parts_of_a_name_that_the_profile_takes() {
    let ca = Ca::start("p256");
    let csr = ca.csr(
        "/C=CN/ST=Zhejiang/O=测试机关/OU=档案处/CN=王芳/serialNumber=330100/emailAddress=other@example.org",
        &["subjectAltName=email:wang.fang@example.org"],
    );
    let leaf = ca.issue("person", &csr);
    let subject = leaf.certificate.subject();
    assert_eq!(subject.common_name(), Some("王芳"));
    assert_eq!(
        subject.values(pki::oid::ORGANIZATION).collect::<Vec<_>>(),
        ["测试机关"]
    );
    assert_eq!(
        subject.values(pki::oid::SERIAL_NUMBER).collect::<Vec<_>>(),
        ["330100"]
    );
    let text = shown(&leaf.chain);
    // RFC 5280 §4.1.2.6: new certificates hold mail addresses in subjectAltName.
    assert!(
        !text.contains("Zhejiang") && !text.contains("emailAddress"),
        "{text}"
    );
    assert!(
        text.contains("email:wang.fang@example.org, email:other@example.org"),
        "{text}"
    );
    assert!(
        text.contains("TLS Web Client Authentication, E-mail Protection"),
        "{text}"
    );
    assert!(
        text.contains("Digital Signature, Non Repudiation"),
        "{text}"
    );
    assert!(ca.verify(&leaf).ok);
    let days = leaf
        .certificate
        .validity()
        .not_after
        .duration_since(leaf.certificate.validity().not_before);
    assert_eq!(days.as_hours() / 24, 365);
}

#[test]
fn not_without_a_name() {
    let ca = Ca::start("p256");
    let csr = ca.csr("/O=Office", &["subjectAltName=email:someone@example.org"]);
    let told = ca.order("person", &csr.file).problem(422);
    assert!(told.contains("commonName"), "{told}");
}
