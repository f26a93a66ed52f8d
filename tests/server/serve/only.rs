//! Nodes that run a part of the services: `--only`.

use testkit::{Options, Xinshu, wait_until};

use crate::XINSHU;

/// A node whose machine has the keys that are named, the log's and TLS's alone.
fn with_keys(named: &[&str]) -> Xinshu {
    let node = Xinshu::init(XINSHU, Options::default());
    for entry in std::fs::read_dir(node.data().join("keys")).unwrap() {
        let entry = entry.unwrap();
        let name = entry.file_name().into_string().unwrap();
        let kept = ["passphrase", "log-", "tls."].iter().chain(named);
        if !kept.into_iter().any(|prefix| name.starts_with(prefix)) {
            std::fs::remove_file(entry.path()).unwrap();
        }
    }
    node
}

#[test]
fn a_part_of_the_services_can_run_alone() {
    let node = Xinshu::init(XINSHU, Options::default());
    let server = node.try_serve(&["--only", "tsa"]).unwrap();
    server
        .ask([], "/.well-known/openid-configuration")
        .expect(404);
    server
        .ask([], &format!("{}/crl/issuing.crl", server.http))
        .expect(404);
    // There, and it wants POST.
    server.ask([], &format!("{}/tsa", server.http)).expect(405);
    let wrong = node.xinshu(["serve", "--only", "tsa,pki"]);
    assert_eq!(wrong.code, Some(2), "{}", wrong.stderr);
}

#[test]
fn a_node_needs_the_keys_of_its_services_alone() {
    let (idp, tsa) = ("the identity provider's key", "the time-stamp authority");
    let nodes = [
        ("tsa", &["tsa-"][..], "tsa,idp", idp),
        ("idp", &["idp-"], "idp,tsa", tsa),
        ("ca", &["root-", "issuing-", "ocsp-"], "ca,idp", idp),
    ];
    for (only, keys, more, lacking) in nodes {
        let node = with_keys(keys);
        let server = node
            .try_serve(&["--only", only])
            .unwrap_or_else(|log| panic!("--only {only}: {log}"));
        server
            .ask([], &format!("{}/readyz", server.ops))
            .expect(200);
        server.local(["-f"], "/api/v1/audit/entries").success();
        drop(server);
        node.xinshu(["doctor", "--only", only]).success();
        // What is not there is named, where it is wanted.
        let log = node.try_serve(&["--only", more]).map(drop).unwrap_err();
        assert!(log.contains(lacking), "{only}: {log}");
    }
}

#[test]
fn commands_need_the_keys_of_their_service_alone() {
    let node = with_keys(&["idp-"]);
    node.user("alice");
    node.xinshu(["client", "list"]).success();
    node.xinshu(["audit", "list"]).success();
    let refused = node.xinshu(["ca", "publish-crl"]);
    assert_eq!(refused.code, Some(1));
    assert!(
        refused.stderr.contains("the certificate authority"),
        "{}",
        refused.stderr
    );
}

#[test]
fn rest_without_the_identity_provider_takes_no_tokens() {
    let node = Xinshu::init(XINSHU, Options::default());
    let robot = node.robot("robot", &["*"]);
    let bearer = robot.bearer(&node.serve());
    let server = node.try_serve(&["--only", "tsa"]).unwrap();
    let told = server
        .ask(["-H", &bearer], "/api/v1/tsa/units")
        .problem(401);
    assert!(told.contains("takes no access tokens"), "{told}");
    server.local(["-f"], "/api/v1/tsa/units").success();
}

#[test]
fn a_certificate_that_nobody_renews_is_told_and_still_shown() {
    let node = with_keys(&["tsa-"]);
    let server = node.try_serve(&["--only", "tsa"]).unwrap();
    let ready = || {
        server
            .ask([], &format!("{}/readyz", server.ops))
            .expect(200)
            .json()
    };
    assert_eq!(ready()["certificate"], "ok");
    // Three quarters of its ninety days.
    server.advance(68 * 24 * 3600);
    wait_until("the renewal that does not come to be told", || {
        ready()["certificate"] != "ok" && server.log().contains("TLS certificate is not renewed")
    });
    let told = ready()["certificate"].to_string();
    assert!(told.contains("a node that runs ca renews it"), "{told}");
    // By this machine's own clock the certificate is still good.
    server.ask([], "/log/checkpoint").expect(200);
}
