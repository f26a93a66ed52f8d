//! A unit in P-256 beside one whose tokens OpenSSL cannot verify.

use testkit::tool;

use crate::support::{QUERY, Tsa};

#[test]
fn beside_ed25519() {
    is_verified_by_openssl(&Tsa::start("ed25519"));
}

#[test]
fn beside_sm2() {
    is_verified_by_openssl(&Tsa::start("sm2"));
}

/// Where OpenSSL verifies the default unit's tokens, there is no other.
#[test]
fn nowhere_else() {
    let tsa = Tsa::start("p256");
    let units = tsa.node.xinshu(["tsa", "list", "--json"]).success().json();
    assert_eq!(units.as_array().unwrap().len(), 1);
    tsa.post_to("/tsa/p256", QUERY, b"x").problem(404);
}

fn is_verified_by_openssl(tsa: &Tsa) {
    let units = tsa.node.xinshu(["tsa", "list", "--json"]).success().json();
    assert_eq!(units[0]["name"], "default");
    assert_eq!(
        (&units[1]["name"], &units[1]["algorithm"]),
        (&"p256".into(), &"p256".into())
    );
    assert_eq!(units[1]["policy"], units[0]["policy"]);
    let (document, query) = (tsa.written("document.txt", "第一条"), tsa.file("query.tsq"));
    let (document, query) = (document.to_str().unwrap(), query.to_str().unwrap());
    tool(
        "openssl",
        [
            "ts", "-query", "-data", document, "-sha256", "-cert", "-out", query,
        ],
    )
    .success();
    let question = std::fs::read(query).unwrap();
    let verify = |path: &str| {
        let reply = tsa.post_to(path, QUERY, &question).expect(200).body;
        let reply = tsa.written("reply.tsr", reply);
        let (reply, root) = (reply.to_str().unwrap(), tsa.node.root());
        let root = root.to_str().unwrap();
        tool(
            "openssl",
            [
                "ts",
                "-verify",
                "-in",
                reply,
                "-queryfile",
                query,
                "-CAfile",
                root,
            ],
        )
    };
    for path in ["/tsa/p256", "/tsa/p256/"] {
        let verified = verify(path);
        assert!(verified.ok, "{path}: {}", verified.stderr);
    }
    // What the guide says of the others.
    assert!(!verify("/tsa/").ok);
    // A restart and a second `init` keep it.
    tsa.node.initialize().success();
    let again = tsa.node.xinshu(["tsa", "list", "--json"]).success().json();
    assert_eq!(again, units);
    tsa.node.xinshu(["doctor"]).success();
    tsa.node.xinshu(["audit", "verify"]).success();
}
