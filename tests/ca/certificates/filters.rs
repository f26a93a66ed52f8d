//! The filters of the list of certificates, alone and together, on both databases.

use std::collections::BTreeSet;

use testkit::{Options, Postgres};

use crate::support::Ca;

fn subjects(ca: &Ca, query: &str) -> BTreeSet<String> {
    let list = ca.get(&format!("/api/v1/certificates?{query}"));
    let list = list.expect(200).json();
    let items = list["items"].as_array().unwrap().iter();
    items
        .map(|item| item["subject"].as_str().unwrap().to_owned())
        .filter(|subject| subject.contains("example.org") || subject.contains("Alice"))
        .collect()
}

#[test]
fn each_narrows_the_list_and_they_combine() {
    let options = Options {
        settings: vec![format!("database.url={}", Postgres::shared().database())],
        ..Options::default()
    };
    for ca in [Ca::start("p256"), Ca::with(options)] {
        let a = ca.issue("tls-server", &ca.web("a.example.org"));
        let b = ca.issue("tls-server", &ca.web("b.example.org"));
        let alice = ca.issue("person", &ca.csr("/CN=Alice", &[]));
        ca.revoke(&b.serial, "superseded").expect(204);
        // `person` lives a year, `tls-server` ninety days.
        let soon = (alice.certificate.validity().not_before
            + jiff::SignedDuration::from_hours(24 * 200))
        .to_string();
        let end_of_a = a.certificate.validity().not_after.to_string();
        let (www_a, www_b, cn_alice) = ("CN=a.example.org", "CN=b.example.org", "CN=Alice");
        for (query, expected) in [
            (String::new(), &[www_a, www_b, cn_alice][..]),
            ("subject=CN%3Da.example.org".into(), &[www_a]),
            ("profile=tls-server".into(), &[www_a, www_b]),
            ("profile=person".into(), &[cn_alice]),
            ("profile=nothing".into(), &[]),
            ("status=revoked".into(), &[www_b]),
            ("status=good".into(), &[www_a, cn_alice]),
            ("ca=root".into(), &[]),
            ("ca=issuing".into(), &[www_a, www_b, cn_alice]),
            (format!("expires_before={soon}"), &[www_a, www_b]),
            (format!("expires_after={soon}&profile=person"), &[cn_alice]),
            (
                format!("expires_after={end_of_a}&subject=CN%3Da.example.org"),
                &[www_a],
            ),
            (
                format!("expires_before={end_of_a}&subject=CN%3Da.example.org"),
                &[],
            ),
            ("status=good&profile=tls-server".into(), &[www_a]),
            (
                "status=revoked&profile=tls-server&ca=issuing".into(),
                &[www_b],
            ),
            ("status=revoked&profile=person".into(), &[]),
            (format!("status=revoked&expires_before={soon}"), &[www_b]),
            (format!("status=revoked&expires_after={soon}"), &[]),
            (
                format!("status=good&expires_before={soon}&ca=issuing"),
                &[www_a],
            ),
        ] {
            let expected = expected.iter().map(|one| (*one).to_owned()).collect();
            assert_eq!(subjects(&ca, &query), expected, "{query}");
        }
        for wrong in ["status=held", "status=", "expires_after=tomorrow"] {
            ca.get(&format!("/api/v1/certificates?{wrong}"))
                .problem(400);
        }
        let by_command = ca.node.xinshu([
            "cert",
            "list",
            "--status",
            "revoked",
            "--profile",
            "tls-server",
            "--expires-before",
            &soon,
            "--json",
        ]);
        let list = by_command.success().json();
        assert_eq!(list[0]["serial"], b.serial);
        assert_eq!(list.as_array().unwrap().len(), 1);
    }
}

#[test]
fn a_list_by_its_end_has_the_next_one_first_and_goes_on_by_its_cursor() {
    let ca = Ca::start("p256");
    for number in 0..3 {
        ca.issue("tls-server", &ca.web(&format!("n{number}.example.org")));
        ca.issue("person", &ca.csr(&format!("/CN=Alice {number}"), &[]));
    }
    let (mut ends, mut cursor) = (Vec::new(), String::new());
    loop {
        let path = "/api/v1/certificates?expires_before=2199-01-01T00:00:00Z&limit=2";
        let page = ca
            .get(&format!("{path}&cursor={cursor}"))
            .expect(200)
            .json();
        for item in page["items"].as_array().unwrap() {
            ends.push((item["not_after"].to_string(), item["serial"].to_string()));
        }
        match page["next"].as_str() {
            Some(next) => next.clone_into(&mut cursor),
            None => break,
        }
    }
    let mut sorted = ends.clone();
    sorted.sort();
    sorted.dedup();
    assert_eq!(ends, sorted);
    assert!(ends.len() >= 8, "{ends:?}");
    // A cursor of one order means nothing in the other.
    let page = ca.get("/api/v1/certificates?limit=1").json();
    let next = page["next"].as_str().unwrap();
    let other = format!("/api/v1/certificates?expires_after=2020-01-01T00:00:00Z&cursor={next}");
    ca.get(&other).problem(400);
}
