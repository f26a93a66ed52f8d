//! Every page as people see it: `pages.py` says what it looks for.

use std::process::Command;

use serde_json::json;
use testkit::{Browser, Options, Xinshu, cache, run};

use crate::{XINSHU, approve, key_pin};

/// As long as names of organizations are.
const ORGANIZATION: &str = "某某省第一师范高等专科学校附属实验中学";

#[test]
fn every_page_fits_in_both_languages_and_colour_schemes() {
    let mut node = Xinshu::init(XINSHU, Options::default());
    node.set(format!("pages.organization={ORGANIZATION}"));
    let user = node.user("ئابدۇقادىر");
    node.xinshu(["user", "add", "new.colleague"]).success();
    let link = node
        .xinshu(["user", "set-password", "new.colleague", "--json"])
        .success()
        .json();
    let callback = "https://portal.example/a-rather-long-path/callback";
    let client = node
        .xinshu([
            "client",
            "add",
            "教务管理系统 Portal",
            "--redirect-uri",
            callback,
            "--json",
        ])
        .success()
        .json();
    let client_id = client["client_id"].as_str().unwrap();
    let server = node.serve();
    let link = link["url"].as_str().unwrap();
    let link = link.split_once("/account/").unwrap().1;
    let authorize = format!(
        "/oauth2/authorize?response_type=code&client_id={client_id}&redirect_uri={callback}\
         &scope=openid+profile+email&prompt=consent"
    );
    // A second browser, and an application that has access.
    let plain = authorize.replace("&prompt=consent", "");
    let browser = Browser::new(&server);
    let answer = approve(
        &server,
        &browser,
        &user,
        &format!("{}{plain}", server.https),
    );
    let code = answer.split_once("code=").unwrap().1;
    let code = code.split('&').next().unwrap();
    let secret = client["client_secret"].as_str().unwrap();
    let tokens = server.ask(
        [
            "--user",
            &format!("{client_id}:{secret}"),
            "--data",
            &format!("grant_type=authorization_code&code={code}&redirect_uri={callback}"),
        ],
        &format!("{}/oauth2/token", server.https),
    );
    assert_eq!(tokens.status, 200);
    // SCREENSHOTS names a folder where whoever wants to look finds the pages.
    let screenshots =
        std::env::var_os("SCREENSHOTS").map_or_else(|| node.file("screenshots"), Into::into);
    std::fs::create_dir_all(&screenshots).unwrap();
    let given = json!({
        "base": server.https,
        "key_pin": key_pin(&server),
        "user": user.name,
        "password": user.password,
        "password_link": format!("{}/account/{link}", server.https),
        "authorize": authorize,
        "screenshots": screenshots,
    });
    let seen = run(Command::new(cache().join("python/bin/python"))
        .arg(concat!(
            env!("CARGO_MANIFEST_DIR"),
            "/tests/idp/pages/pages.py"
        ))
        .arg(given.to_string()));
    let faults = seen.text();
    assert!(seen.ok && faults.is_empty(), "{faults}{}", seen.stderr);
}
