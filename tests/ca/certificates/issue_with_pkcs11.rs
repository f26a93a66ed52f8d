//! An authority whose keys live in a PKCS#11 token.

use testkit::{Options, SoftHsm};

use crate::support::{Ca, ocsp};

#[test]
fn it_issues_and_revokes() {
    let hsm = SoftHsm::new();
    for algorithm in ["p256", "rsa3072"] {
        let mut ca = Ca::with(Options {
            algorithm: algorithm.to_owned(),
            settings: vec![format!("keys.store={}", hsm.store())],
            environment: vec![(
                "SOFTHSM2_CONF".to_owned(),
                hsm.configuration().display().to_string(),
            )],
        });
        let authorities = ca.node.xinshu(["ca", "list", "--json"]).success().json();
        for authority in authorities.as_array().unwrap() {
            let key = authority["key"].as_str().unwrap();
            assert!(key.starts_with("pkcs11:"), "{key}");
        }
        let leaf = ca.issue("tls-server", &ca.web("www.example.org"));
        assert!(ca.verify(&leaf).ok);
        assert_eq!(ocsp::post(&ca, &leaf), "good");
        ca.restart();
        assert_eq!(ocsp::get(&ca, &leaf), "good");
        ca.revoke(&leaf.serial, "keyCompromise").expect(204);
        assert!(!ca.verify(&leaf).ok);
        assert_eq!(ocsp::get(&ca, &leaf), "revoked keyCompromise");
        ca.node.xinshu(["audit", "verify"]).success();
    }
}
