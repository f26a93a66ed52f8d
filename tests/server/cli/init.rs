//! `xinshu init`, again and again.

use testkit::{Browser, Options, User, Xinshu};

use crate::XINSHU;

#[test]
fn init_twice_changes_nothing() {
    let node = Xinshu::init(XINSHU, Options::default());
    let root = std::fs::read(node.root()).unwrap();
    let again = node.initialize().success();
    assert!(
        again.text().contains("was set up already"),
        "{}",
        again.text()
    );
    assert_eq!(std::fs::read(node.root()).unwrap(), root);
    assert!(!again.text().contains("one-time"), "a second link was made");
}

#[test]
fn the_link_of_init_sets_the_administrators_password_once() {
    let node = Xinshu::prepare(XINSHU, Options::default());
    let told = node.initialize().success().text();
    let link = told
        .lines()
        .map(str::trim)
        .find(|line| line.contains("/account/set-password?token="))
        .unwrap_or_else(|| panic!("no link: {told}"));
    let server = node.serve();
    let browser = Browser::new(&server);
    let page = browser.get(link);
    assert_eq!(page.status, 200, "{}", page.body);
    let (csrf, token) = (page.hidden("csrf"), page.hidden("token"));
    let set = |password: &str| {
        let form = [
            ("csrf", csrf.as_str()),
            ("token", &token),
            ("new_password", password),
            ("new_password_again", password),
        ];
        browser.post(&format!("{}/account/set-password", server.https), &form)
    };
    let first = set("a sentence of one's own");
    assert_eq!(
        first.location.as_deref(),
        Some("/sign-in?notice=password-set")
    );
    assert_eq!(set("a sentence of another's").status, 404);
    assert_eq!(browser.get(link).status, 404);

    let user = |password: &str| User {
        name: "admin".to_owned(),
        password: password.to_owned(),
    };
    let sign_in = |password| browser.sign_in(&server.https, &user(password));
    assert_eq!(sign_in("a sentence of another's").status, 403);
    let signed_in = sign_in("a sentence of one's own");
    assert_eq!(signed_in.location.as_deref(), Some("/account"));
    let account = browser.get(&format!("{}/account", server.https));
    assert_eq!(account.status, 200, "{}", account.body);
}

#[test]
fn serve_without_init_says_what_to_run() {
    let node = Xinshu::prepare(XINSHU, Options::default());
    let refused = node.xinshu(["serve"]);
    assert_eq!(refused.code, Some(1));
    assert!(
        refused.stderr.contains("xinshu init --data"),
        "{}",
        refused.stderr
    );
}
