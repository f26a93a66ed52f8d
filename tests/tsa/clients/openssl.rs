//! `openssl ts`, from the question to the verified token.

use testkit::{Options, Postgres, SoftHsm, tool};

use crate::support::Tsa;

#[test]
fn p256() {
    accepts(&Tsa::start("p256"));
}

#[test]
fn p384() {
    accepts(&Tsa::start("p384"));
}

#[test]
fn rsa3072() {
    accepts(&Tsa::start("rsa3072"));
}

#[test]
fn on_postgresql() {
    accepts(&Tsa::with(Options {
        settings: vec![format!("database.url={}", Postgres::shared().database())],
        ..Options::default()
    }));
}

#[test]
fn from_a_token() {
    let hsm = SoftHsm::new();
    accepts(&Tsa::with(Options {
        settings: vec![format!("keys.store={}", hsm.store())],
        environment: vec![(
            "SOFTHSM2_CONF".to_owned(),
            hsm.configuration().display().to_string(),
        )],
        ..Options::default()
    }));
}

fn accepts(tsa: &Tsa) {
    let document = tsa.written("document.txt", "第一条 本办法自发布之日起施行。\n");
    let other = tsa.written("other.txt", "第一条 本办法自昨日起施行。\n");
    let (document, other) = (document.to_str().unwrap(), other.to_str().unwrap());
    let root = tsa.node.root();
    let root = root.to_str().unwrap();
    for digest in ["-sha256", "-sha384", "-sha512"] {
        let query = tsa.file("query.tsq");
        let query = query.to_str().unwrap();
        tool(
            "openssl",
            [
                "ts", "-query", "-data", document, digest, "-cert", "-out", query,
            ],
        )
        .success();
        let reply = tsa.written("reply.tsr", tsa.stamp(&std::fs::read(query).unwrap()));
        let reply = reply.to_str().unwrap();
        for given in [["-queryfile", query], ["-data", document]] {
            let verified = tool(
                "openssl",
                ["ts", "-verify", "-in", reply, "-CAfile", root]
                    .into_iter()
                    .chain(given),
            );
            assert!(verified.ok, "{digest} {}: {}", given[0], verified.stderr);
            assert!(
                verified.text().contains("Verification: OK"),
                "{}",
                verified.text()
            );
        }
        let wrong = tool(
            "openssl",
            [
                "ts", "-verify", "-in", reply, "-CAfile", root, "-data", other,
            ],
        );
        assert!(
            !wrong.ok && wrong.stderr.contains("message imprint mismatch"),
            "{}",
            wrong.stderr
        );
    }
    tsa.node.xinshu(["audit", "verify"]).success();
}

#[test]
fn without_certificates_where_none_are_asked_for() {
    let tsa = Tsa::start("p256");
    let query = tsa.file("query.tsq");
    let document = tsa.written("document.txt", "hello");
    let (query, document) = (query.to_str().unwrap(), document.to_str().unwrap());
    tool(
        "openssl",
        ["ts", "-query", "-data", document, "-sha256", "-out", query],
    )
    .success();
    let reply = tsa.written("reply.tsr", tsa.stamp(&std::fs::read(query).unwrap()));
    let root = tsa.node.root();
    let base = [
        "ts",
        "-verify",
        "-in",
        reply.to_str().unwrap(),
        "-CAfile",
        root.to_str().unwrap(),
        "-queryfile",
        query,
    ];
    let verified = tool("openssl", base);
    assert!(!verified.ok, "certificates came along unasked");
    // The verifier brings the unit's certificate and what lies between.
    let issuing = tsa
        .server
        .ask([], &format!("{}/ca/issuing.cer", tsa.server.http))
        .expect(200)
        .body;
    let chain = tsa.unit().to_pem() + &pki::Certificate::from_der(&issuing).unwrap().to_pem();
    let chain = tsa.written("chain.pem", chain);
    let brought = ["-untrusted", chain.to_str().unwrap()];
    let verified = tool("openssl", base.into_iter().chain(brought)).success();
    assert!(
        verified.text().contains("Verification: OK"),
        "{}",
        verified.text()
    );
}

#[test]
fn over_tls_as_over_plain_http() {
    let tsa = Tsa::start("p256");
    let query = format!(
        "@{}",
        tsa.written("query.tsq", crate::support::query(1)).display()
    );
    for path in ["/tsa", "/tsa/default"] {
        let answer = tsa
            .server
            .ask(["-H", crate::support::QUERY, "--data-binary", &query], path)
            .expect(200);
        let token = pki::tsp::TimeStampResp::from_der(&answer.body)
            .unwrap()
            .into_token()
            .unwrap();
        token.verify(&tsa.unit()).unwrap();
        assert_eq!(answer.header("cache-control"), "no-store");
    }
}
