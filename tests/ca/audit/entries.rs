//! No entry, no act: issuing, revoking, publishing and refusing.

use testkit::run;

use crate::support::{Ca, Leaf, ocsp, openssl};

/// A certificate's SHA-256 by OpenSSL.
fn sha256(leaf: &Leaf) -> String {
    let shown = run(openssl()
        .args(["x509", "-noout", "-fingerprint", "-sha256", "-in"])
        .arg(&leaf.chain))
    .success();
    let text = shown.text().to_lowercase().replace(':', "");
    text.trim()
        .rsplit('=')
        .next()
        .unwrap_or_default()
        .to_owned()
}

#[test]
fn with_who_what_and_why() {
    let ca = Ca::start("p256");
    let leaf = ca.issue("tls-server", &ca.web("www.example.org"));
    let subject = format!("certificate:{}", leaf.serial);
    let issued = ca.entries("ca.certificate.issue");
    let entry = issued
        .iter()
        .find(|entry| entry["subject"] == subject.as_str())
        .expect("an entry");
    assert_eq!(entry["outcome"], "success");
    assert!(
        entry["actor"].as_str().unwrap().starts_with("client:"),
        "{entry}"
    );
    assert_eq!(entry["details"]["sha256"], sha256(&leaf));
    assert_eq!(entry["details"]["profile"], "tls-server");
    assert_eq!(entry["address"], "127.0.0.1");

    ca.revoke(&leaf.serial, "superseded").expect(204);
    let revoked = &ca.entries("ca.certificate.revoke")[0];
    assert_eq!(
        (revoked["subject"].as_str(), revoked["outcome"].as_str()),
        (Some(subject.as_str()), Some("success"))
    );
    assert_eq!(revoked["details"]["reason"], "superseded");
    let published = &ca.entries("ca.crl.publish")[0];
    assert_eq!(published["details"]["entries"], 1);
    ca.node.xinshu(["audit", "verify"]).success();
}

#[test]
fn refusals_too() {
    let ca = Ca::start("p256");
    let leaf = ca.issue("tls-server", &ca.web("www.example.org"));
    let csr = ca.csr(
        "/CN=www.example.org",
        &["subjectAltName=DNS:www.example.org,email:a@example.org"],
    );
    ca.order("tls-server", &csr.file).problem(422);
    let refused = &ca.entries("ca.certificate.issue")[0];
    assert_eq!(refused["outcome"], "refused");
    assert!(
        refused["cause"]
            .as_str()
            .unwrap()
            .contains("not an rfc822Name"),
        "{refused}"
    );
    // What stands in the tree cannot be erased: it holds nothing that names a person.
    assert_eq!(
        ca.node
            .sql("SELECT COUNT(*) FROM audit_entry WHERE body LIKE '%a@example.org%'")
            .trim(),
        "0"
    );

    let reader = ca.node.robot("reader", &["ca.certificate.read"]);
    let bearer = reader.bearer(&ca.server);
    let path = format!("/api/v1/certificates/{}/revoke", leaf.serial);
    let json = ["-H", "Content-Type: application/json", "-H", &bearer, "-d"];
    ca.server
        .ask(json.into_iter().chain(["{}"]), &path)
        .problem(403);
    let refused = &ca.entries("ca.certificate.revoke")[0];
    assert_eq!(refused["outcome"], "refused");
    assert!(
        refused["actor"].as_str().unwrap().contains(&reader.id),
        "{refused}"
    );

    let csr = std::fs::read_to_string(ca.web("www.example.org").file).unwrap();
    let order = serde_json::json!({ "profile": "tls-server", "csr": csr }).to_string();
    ca.server
        .ask(
            json.into_iter().chain([order.as_str()]),
            "/api/v1/certificates",
        )
        .problem(403);
    let refused = &ca.entries("ca.certificate.issue")[0];
    assert_eq!(refused["outcome"], "refused");
    assert!(
        refused["actor"].as_str().unwrap().contains(&reader.id),
        "{refused}"
    );

    assert_eq!(ocsp::get(&ca, &leaf), "good");
    ca.node.xinshu(["audit", "verify"]).success();
}
