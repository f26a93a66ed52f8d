//! Look-up, list, revocation.

use pki::RevocationReason;
use serde_json::json;
use testkit::{Options, Postgres};

use crate::support::{Ca, ocsp};

#[test]
fn one_certificate_by_its_serial_number() {
    let ca = Ca::start("p256");
    let leaf = ca.issue("tls-server", &ca.web("www.example.org"));
    let shown = ca
        .get(&format!("/api/v1/certificates/{}", leaf.serial))
        .expect(200)
        .json();
    assert_eq!(shown["serial"], leaf.serial);
    assert_eq!(shown["issuer"], "issuing");
    assert_eq!(shown["profile"], "tls-server");
    assert_eq!(shown["subject"], "CN=www.example.org");
    assert_eq!(shown["status"], "good");
    assert_eq!(
        shown["certificate"],
        std::fs::read_to_string(&leaf.chain).unwrap()
    );
    assert!(shown.get("reason").is_none(), "{shown}");
    // Colons and capitals, as other programs print serial numbers.
    let colons: Vec<_> = leaf
        .serial
        .as_bytes()
        .chunks(2)
        .map(|pair| String::from_utf8_lossy(pair).to_uppercase())
        .collect();
    ca.get(&format!("/api/v1/certificates/{}", colons.join(":")))
        .expect(200);
    let same = ca
        .node
        .xinshu(["cert", "show", &leaf.serial])
        .success()
        .json();
    assert_eq!(same, shown);
    let pem = ca.node.xinshu(["cert", "show", &leaf.serial, "--pem"]);
    assert_eq!(shown["certificate"], pem.success().text());
    ca.get("/api/v1/certificates/00112233445566778899")
        .problem(404);
    ca.get("/api/v1/certificates/xyz").problem(400);
    ca.get(&format!("/api/v1/certificates/{}", "f".repeat(99)))
        .problem(400);
}

#[test]
fn a_list_comes_in_pages_the_newest_first() {
    let ca = Ca::start("p256");
    let csr = ca.web("www.example.org");
    let mut serials: Vec<_> = (0..5)
        .map(|_| ca.issue("tls-server", &csr).serial)
        .collect();
    serials.reverse();
    let serials_of = |query: &str| -> Vec<String> {
        let list = ca
            .get(&format!("/api/v1/certificates?{query}"))
            .expect(200)
            .json();
        list["items"]
            .as_array()
            .unwrap()
            .iter()
            .map(|one| one["serial"].as_str().unwrap().to_owned())
            .collect()
    };
    assert_eq!(
        serials_of("subject=CN%3Dwww.example.org&limit=3"),
        serials[..3]
    );
    let third = ca
        .get(&format!("/api/v1/certificates/{}", serials[2]))
        .json();
    let before = third["issued_at"].as_str().unwrap();
    assert_eq!(
        serials_of(&format!(
            "subject=CN%3Dwww.example.org&issued_before={before}"
        )),
        serials[3..]
    );
    assert!(serials_of("subject=CN%3Dnobody").is_empty());
    let listed = ca
        .node
        .xinshu(["cert", "list", "--subject", "CN=www.example.org", "--json"])
        .success()
        .json();
    assert_eq!(listed.as_array().unwrap().len(), 5);
    for wrong in [
        "limit=0",
        "limit=1001",
        "limit=x",
        "issued_before=yesterday",
        "after=xyz",
        "after=00112233445566778899",
        "cursor=xyz",
        "cursor=MTIz",
    ] {
        ca.get(&format!("/api/v1/certificates?{wrong}"))
            .problem(400);
    }
}

#[test]
fn pages_lose_none_that_were_issued_in_the_same_moment() {
    let options = Options {
        settings: vec![format!("database.url={}", Postgres::shared().database())],
        ..Options::default()
    };
    for ca in [Ca::start("p256"), Ca::with(options)] {
        let csr = ca.web("www.example.org");
        let mut issued: Vec<_> = (0..7)
            .map(|_| ca.issue("tls-server", &csr).serial)
            .collect();
        // The oldest stands alone; six share one moment.
        let oldest = issued[0].clone();
        ca.node.sql(
            "UPDATE ca_certificate SET issued_at = (SELECT MAX(issued_at) FROM ca_certificate)
             WHERE subject = 'CN=www.example.org' AND issued_at >
             (SELECT MIN(issued_at) FROM ca_certificate WHERE subject = 'CN=www.example.org')",
        );
        let mut found: Vec<String> = Vec::new();
        loop {
            let page = ["--subject", "CN=www.example.org", "--limit", "2", "--json"];
            let after = found.last().cloned();
            let after = after.iter().flat_map(|serial| ["--after", serial]);
            let page = ["cert", "list"].into_iter().chain(page).chain(after);
            let list = ca.node.xinshu(page).success().json();
            let serials = list.as_array().unwrap();
            if serials.is_empty() {
                break;
            }
            assert!(found.len() < issued.len(), "a page comes again");
            found.extend(
                serials
                    .iter()
                    .map(|one| one["serial"].as_str().unwrap().to_owned()),
            );
        }
        assert_eq!(found.last(), Some(&oldest));
        // The same by cursor over REST.
        let mut paged: Vec<String> = Vec::new();
        let mut cursor = String::new();
        loop {
            let page = ca
                .get(&format!(
                    "/api/v1/certificates?subject=CN%3Dwww.example.org&limit=2&cursor={cursor}"
                ))
                .expect(200)
                .json();
            let items = page["items"].as_array().unwrap();
            paged.extend(
                items
                    .iter()
                    .map(|one| one["serial"].as_str().unwrap().to_owned()),
            );
            match page["next"].as_str() {
                Some(next) => next.clone_into(&mut cursor),
                None => break,
            }
        }
        assert_eq!(paged, found);
        found.sort();
        issued.sort();
        assert_eq!(found, issued);
    }
}

#[test]
fn every_reason_is_told_everywhere() {
    let ca = Ca::start("p256");
    let reasons = [
        RevocationReason::Unspecified,
        RevocationReason::KeyCompromise,
        RevocationReason::CaCompromise,
        RevocationReason::AffiliationChanged,
        RevocationReason::Superseded,
        RevocationReason::CessationOfOperation,
        RevocationReason::CertificateHold,
        RevocationReason::PrivilegeWithdrawn,
        RevocationReason::AaCompromise,
    ];
    for reason in reasons {
        // A compromised key is not certified again.
        let csr = ca.web("www.example.org");
        let leaf = ca.issue("tls-server", &csr);
        ca.revoke(&leaf.serial, reason.name()).expect(204);
        let shown = ca
            .get(&format!("/api/v1/certificates/{}", leaf.serial))
            .json();
        assert_eq!(
            (shown["status"].as_str(), shown["reason"].as_str()),
            (Some("revoked"), Some(reason.name()))
        );
        assert!(shown["revoked_at"].is_string(), "{shown}");
        let entry = ca
            .crl("issuing")
            .entries()
            .map(Result::unwrap)
            .find(|entry| entry.serial == *leaf.certificate.serial());
        assert_eq!(entry.expect("an entry in the CRL").reason, reason);
        // RFC 5280 §5.3.1: an unspecified reason is told by leaving it out.
        let told = match reason {
            RevocationReason::Unspecified => "revoked".to_owned(),
            reason => format!("revoked {}", reason.name()),
        };
        // OpenSSL 3.0 has no names for these two.
        if !matches!(
            reason,
            RevocationReason::PrivilegeWithdrawn | RevocationReason::AaCompromise
        ) {
            assert_eq!(ocsp::get(&ca, &leaf), told);
        }
    }
    assert_eq!(ca.crl("issuing").entries().count(), reasons.len());
    let leaf = ca.issue("tls-server", &ca.web("www.example.org"));
    for reason in ["hold", "bored", ""] {
        let told = ca.revoke(&leaf.serial, reason).problem(422);
        assert!(told.contains("keyCompromise"), "{told}");
    }
    let told = ca.revoke(&leaf.serial, "removeFromCRL").problem(422);
    assert!(told.contains("xinshu cert release"), "{told}");
    ca.post(
        &format!("/api/v1/certificates/{}/revoke", leaf.serial),
        &json!({}),
    )
    .expect(204);
    let shown = ca
        .get(&format!("/api/v1/certificates/{}", leaf.serial))
        .json();
    assert_eq!(shown["reason"], "unspecified");
}

#[test]
fn only_once_and_only_what_is_there() {
    let ca = Ca::start("p256");
    let leaf = ca.issue("tls-server", &ca.web("www.example.org"));
    ca.revoke(&leaf.serial, "superseded").expect(204);
    let told = ca.revoke(&leaf.serial, "affiliationChanged").problem(409);
    assert!(told.contains("revoked already, for superseded"), "{told}");
    let shown = ca
        .get(&format!("/api/v1/certificates/{}", leaf.serial))
        .json();
    assert_eq!(shown["reason"], "superseded");
    ca.revoke("00112233445566778899", "superseded").problem(404);
    ca.revoke("xyz", "superseded").problem(400);
    let again = ca.node.xinshu(["cert", "revoke", &leaf.serial]);
    assert_eq!(again.code, Some(1));
    assert!(again.stderr.contains("revoked already"), "{}", again.stderr);
}
