//! The default authority of a profile.

use serde_json::json;

use crate::support::Ca;

/// Browsers verify neither Ed25519 nor SM2 signatures.
#[test]
fn from_a_deployment_with_another_algorithm() {
    for algorithm in ["ed25519", "sm2"] {
        let ca = Ca::start(algorithm);
        let issuer_of = |profile: &str, csr: &std::path::Path| {
            let csr = std::fs::read_to_string(csr).unwrap();
            let issued = ca
                .post(
                    "/api/v1/certificates",
                    &json!({ "profile": profile, "csr": csr }),
                )
                .expect(201)
                .json();
            let serial = issued["serial"].as_str().unwrap().to_owned();
            let shown = ca.get(&format!("/api/v1/certificates/{serial}")).json();
            shown["issuer"].as_str().unwrap().to_owned()
        };
        let server = ca.web("www.example.org");
        assert_eq!(issuer_of("tls-server", &server.file), "tls-issuing");
        let person = ca.csr("/CN=Wang Fang", &["subjectAltName=email:wang@example.org"]);
        assert_eq!(issuer_of("person", &person.file), "issuing");
    }
}
