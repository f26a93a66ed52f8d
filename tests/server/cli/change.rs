//! Changing people and clients by command.

use testkit::{Options, Xinshu};

use crate::XINSHU;

#[test]
fn a_user_is_changed() {
    let node = Xinshu::init(XINSHU, Options::default());
    node.user("alice");
    let show = || node.xinshu(["user", "show", "alice"]).success().json();
    let change = |options: &[&str]| {
        let command = [&["user", "change", "alice"], options].concat();
        node.xinshu(command).success();
        show()
    };
    assert_eq!(show()["email_verified"], false, "there is no address");
    let user = change(&["--email", "a@b.example", "--display-name", "Alice"]);
    assert_eq!(user["email"], "a@b.example");
    assert_eq!(user["display_name"], "Alice");
    assert_eq!(user["email_verified"], true);
    let user = change(&["--email-verified", "false"]);
    assert_eq!(user["email_verified"], false);
    let user = change(&["--permission", "ca.certificate.read", "--email", ""]);
    assert_eq!(user["email"], serde_json::Value::Null);
    assert_eq!(user["display_name"], "Alice");
    assert_eq!(user["permissions"][0], "ca.certificate.read");
    let add = [
        "user",
        "add",
        "bob",
        "--email",
        "b@b.example",
        "--email-verified",
        "false",
    ];
    node.xinshu(add).success();
    let bob = node.xinshu(["user", "show", "bob"]).success().json();
    assert_eq!(bob["email_verified"], false);
    node.xinshu(["audit", "verify"]).success();
}

#[test]
fn a_client_is_changed() {
    let node = Xinshu::init(XINSHU, Options::default());
    let add = [
        "client",
        "add",
        "portal",
        "--redirect-uri",
        "https://old.example/cb",
        "--post-logout-redirect-uri",
        "https://old.example/",
        "--resource",
        "https://api.example",
        "--json",
    ];
    let id = node.xinshu(add).success().json()["client_id"].clone();
    let id = id.as_str().unwrap();
    let show = || node.xinshu(["client", "show", id]).success().json();
    assert_eq!(show()["resources"][0], "https://api.example");
    let change = |options: &[&str]| {
        let command = [&["client", "change", id], options].concat();
        node.xinshu(command).success();
        show()
    };
    let client = change(&[
        "--redirect-uri",
        "https://new.example/cb",
        "--redirect-uri",
        "https://new.example/cb2",
    ]);
    let uris = client["redirect_uris"].as_array().unwrap();
    assert_eq!(uris.len(), 2, "{client}");
    assert_eq!(client["client_name"], "portal");
    assert_eq!(
        client["post_logout_redirect_uris"][0],
        "https://old.example/"
    );
    let client = change(&["--name", "Portal", "--claims-in-id-token", "true"]);
    assert_eq!(client["client_name"], "Portal");
    assert_eq!(client["claims_in_id_token"], true);
    assert_eq!(client["resources"][0], "https://api.example");
    let client = change(&["--resource", "", "--post-logout-redirect-uri", ""]);
    assert_eq!(client["resources"].as_array().unwrap().len(), 0);
    assert_eq!(client["redirect_uris"].as_array().unwrap().len(), 2);
    for wrong in [
        ["--redirect-uri", ""],
        ["--redirect-uri", "https://a,b.example/"],
        ["--name", ""],
        ["--resource", "not an address"],
    ] {
        let command = [&["client", "change", id], &wrong[..]].concat();
        assert_eq!(node.xinshu(command).code, Some(1), "{wrong:?}");
    }
    node.xinshu(["client", "disable", id]).success();
    assert_eq!(show()["disabled"], true);
    node.xinshu(["client", "enable", id]).success();
    assert_eq!(show()["disabled"], false);
    node.xinshu(["audit", "verify"]).success();
}

#[test]
fn sessions_are_listed_and_ended() {
    let node = Xinshu::init(XINSHU, Options::default());
    let alice = node.user("alice");
    let server = node.serve();
    let browsers = [
        testkit::Browser::new(&server),
        testkit::Browser::new(&server),
    ];
    for browser in &browsers {
        browser.sign_in(&server.https, &alice);
    }
    let list = || {
        let list = node
            .xinshu(["session", "list", "alice", "--json"])
            .success();
        list.json().as_array().unwrap().clone()
    };
    let sessions = list();
    assert_eq!(sessions.len(), 2);
    let id = sessions[0]["id"].as_str().unwrap();
    node.xinshu(["session", "end", "alice", id]).success();
    assert_eq!(node.xinshu(["session", "end", "alice", id]).code, Some(1));
    assert_eq!(list().len(), 1);
    let ended = node.xinshu(["session", "end", "alice", "--json"]).success();
    assert_eq!(ended.json()["ended"], 1);
    assert!(list().is_empty());
}
