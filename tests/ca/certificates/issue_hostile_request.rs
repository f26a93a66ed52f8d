//! A request proposes; only the profile decides.

use crate::support::{Ca, shown};

#[test]
fn no_extension_is_copied() {
    let ca = Ca::start("p256");
    let hostile = [
        "basicConstraints=critical,CA:TRUE,pathlen:3",
        "keyUsage=critical,keyCertSign,cRLSign,digitalSignature",
        "extendedKeyUsage=codeSigning,OCSPSigning,timeStamping",
        "noCheck=ignored",
        "nameConstraints=permitted;DNS:.",
        "certificatePolicies=2.23.140.1.2.3",
        "crlDistributionPoints=URI:http://evil.example.org/crl",
        "authorityInfoAccess=OCSP;URI:http://evil.example.org/ocsp",
        "1.2.3.4.5.6=critical,ASN1:UTF8String:planted",
        "subjectKeyIdentifier=00:11:22:33",
    ];
    for (profile, alt_name) in [
        ("tls-server", "DNS:www.example.org"),
        ("person", "email:a@example.org"),
    ] {
        let alt_name = format!("subjectAltName=critical,{alt_name}");
        let mut extensions = hostile.to_vec();
        extensions.push(&alt_name);
        let leaf = ca.issue(profile, &ca.csr("/CN=www.example.org", &extensions));
        let text = shown(&leaf.chain);
        for planted in [
            "CA:TRUE",
            "Certificate Sign",
            "CRL Sign",
            "Code Signing",
            "OCSP Signing",
            "Time Stamping",
        ] {
            assert!(!text.contains(planted), "{profile}: {planted} in {text}");
        }
        for planted in [
            "evil",
            "planted",
            "1.2.3.4.5.6",
            "2.23.140",
            "00:11:22:33",
            "Name Constraints",
            "No Check",
        ] {
            assert!(!text.contains(planted), "{profile}: {planted} in {text}");
        }
        assert!(text.contains("CA:FALSE"), "{text}");
        assert!(ca.verify(&leaf).ok);
    }
}

#[test]
fn a_challenge_password_is_not_told_on() {
    let ca = Ca::start("p256");
    let configuration = ca.written(
        "request.conf",
        "[req]\nprompt=no\ndistinguished_name=dn\nattributes=attributes\nreq_extensions=extensions\n\
         [dn]\nCN=www.example.org\n[attributes]\nchallengePassword=open sesame\n\
         [extensions]\nsubjectAltName=DNS:www.example.org\n",
    );
    let configuration = configuration.to_str().unwrap();
    let csr = ca.csr_by(
        &[
            "-newkey",
            "ec",
            "-pkeyopt",
            "ec_paramgen_curve:P-256",
            "-config",
            configuration,
        ],
        "/CN=www.example.org",
        &[],
    );
    let leaf = ca.issue("tls-server", &csr);
    assert!(
        !leaf
            .certificate
            .der()
            .windows(11)
            .any(|window| window == b"open sesame")
    );
    assert!(!ca.server.log().contains("open sesame"));
    assert_eq!(
        ca.node
            .sql("SELECT COUNT(*) FROM audit_entry WHERE body LIKE '%open sesame%'")
            .trim(),
        "0"
    );
}

#[test]
fn other_kinds_of_names_are_refused() {
    let ca = Ca::start("p256");
    let tls = "/CN=www.example.org";
    let cases = [
        (
            "tls-server",
            tls,
            "DNS:www.example.org,email:root@example.org",
            "takes DNS names",
        ),
        (
            "tls-server",
            tls,
            "DNS:www.example.org,URI:https://www.example.org",
            "takes DNS names",
        ),
        (
            "tls-server",
            tls,
            "DNS:www.example.org,RID:1.2.3.4",
            "takes DNS names",
        ),
        (
            "tls-server",
            tls,
            "DNS:www.example.org,otherName:1.3.6.1.4.1.311.20.2.3;UTF8:root",
            "takes DNS names",
        ),
        (
            "tls-server",
            tls,
            "DNS:other.example.org",
            "is not among the subjectAltName",
        ),
        (
            "tls-server",
            tls,
            "DNS:www.example.org,DNS:*.*.example.org",
            "*",
        ),
        (
            "tls-server",
            tls,
            "DNS:www.example.org,DNS:a b.example.org",
            "a b",
        ),
        (
            "tls-server",
            tls,
            "DNS:www.example.org,DNS:-.example.org",
            "-.example.org",
        ),
        (
            "person",
            "/CN=Wang",
            "DNS:www.example.org",
            "takes mail addresses",
        ),
        ("person", "/CN=Wang", "IP:192.0.2.1", "takes mail addresses"),
        (
            "person",
            "/CN=Wang",
            "URI:https://www.example.org",
            "takes mail addresses",
        ),
        (
            "person",
            "/CN=Wang",
            "email:not an address",
            "not an address",
        ),
    ];
    for (profile, subject, names, expected) in cases {
        let csr = ca.csr(subject, &[&format!("subjectAltName={names}")]);
        let told = ca.order(profile, &csr.file).problem(422);
        assert!(told.contains(expected), "{profile} {names}: {told}");
    }
    assert_eq!(
        ca.get("/api/v1/certificates").json()["items"]
            .as_array()
            .unwrap()
            .iter()
            .filter(|certificate| ["tls-server", "person"]
                .iter()
                .any(|profile| certificate["profile"] == *profile))
            .count(),
        0
    );
}

#[test]
fn more_names_than_a_hundred_are_refused() {
    let ca = Ca::start("p256");
    let names = |count: u32| {
        let names: Vec<_> = (0..count)
            .map(|number| format!("DNS:n{number}.example.org"))
            .collect();
        format!("subjectAltName={}", names.join(","))
    };
    ca.issue("tls-server", &ca.csr("/CN=n0.example.org", &[&names(100)]));
    let told = ca
        .order(
            "tls-server",
            &ca.csr("/CN=n0.example.org", &[&names(101)]).file,
        )
        .problem(422);
    assert!(told.contains("100"), "{told}");
}
