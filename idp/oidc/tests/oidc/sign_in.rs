//! The sign-in page.

use std::time::Duration;

use axum::http::StatusCode;
use platform_runtime::Clock as _;
use platform_store::{StoreError, params};

use crate::{
    answer::Answer,
    browser::Browser,
    test_idp::{PASSWORD, TestIdp},
};

on_both![
    nobody_learns_whether_a_user_exists,
    guessing_at_an_account_is_slowed_down_whether_it_exists_or_not,
    guesses_at_the_same_moment_count_each,
    a_sign_in_replaces_the_session,
    sessions_end_after_their_time,
    who_guesses_cannot_keep_the_owner_out,
    names_sign_in_in_every_spelling,
    a_success_opens_no_address_that_others_closed,
];

async fn attempt(browser: &mut Browser, name: &str, password: &str) -> Answer {
    browser.sign_in("/sign-in", name, password).await
}

async fn nobody_learns_whether_a_user_exists(idp: TestIdp) {
    for name in ["alice", "disabled"] {
        idp.add_user(name).await;
    }
    let change = idp_directory::UserChange {
        disabled: Some(true),
        ..Default::default()
    };
    idp.change_user("disabled", change).await.unwrap();
    let mut pages = Vec::new();
    for (name, password) in [
        ("alice", "wrong horse"),
        ("nobody", "wrong horse"),
        ("disabled", PASSWORD),
        ("a b", "x"),
    ] {
        let before = idp.authn.password_hashes_computed();
        let answer = attempt(&mut idp.browser(), name, password).await;
        assert_eq!(answer.status, StatusCode::FORBIDDEN);
        assert_eq!(idp.authn.password_hashes_computed() - before, 1, "{name}");
        let csrf = answer.field("csrf");
        pages.push(
            answer
                .body
                .replace(&csrf, "")
                .replace(&format!("value=\"{name}\""), ""),
        );
    }
    assert!(pages.windows(2).all(|pair| pair[0] == pair[1]));
    assert_eq!(idp.count("idp.sign_in", "refused").await, 4);
}

async fn guessing_at_an_account_is_slowed_down_whether_it_exists_or_not(idp: TestIdp) {
    idp.add_user("alice").await;
    for name in ["nobody", "alice"] {
        let mut browser = idp.browser();
        for _ in 0..5 {
            assert_eq!(
                attempt(&mut browser, name, "wrong horse").await.status,
                StatusCode::FORBIDDEN
            );
        }
        let before = idp.authn.password_hashes_computed();
        let answer = attempt(&mut browser, name, PASSWORD).await;
        assert_eq!(answer.status, StatusCode::TOO_MANY_REQUESTS, "{name}");
        let wait: u64 = answer.header("retry-after").parse().unwrap();
        assert!((1..=2).contains(&wait), "{wait}");
        assert_eq!(idp.authn.password_hashes_computed(), before);
        // The wait doubles with each further attempt.
        for expected in [2, 4, 8] {
            idp.pass(expected);
            assert_eq!(
                attempt(&mut browser, name, "wrong horse").await.status,
                StatusCode::FORBIDDEN
            );
            let answer = attempt(&mut browser, name, "wrong horse").await;
            let wait: u64 = answer.header("retry-after").parse().unwrap();
            assert!(
                (expected..=expected + 1).contains(&wait),
                "{wait} after {expected}"
            );
        }
    }
    // From another address the account is just as closed; after the wait it opens.
    let mut browser = idp.browser();
    browser.address = [198, 51, 100, 1].into();
    assert_eq!(
        attempt(&mut browser, "alice", PASSWORD).await.status,
        StatusCode::TOO_MANY_REQUESTS
    );
    idp.pass(20);
    assert_eq!(
        attempt(&mut browser, "alice", PASSWORD).await.status,
        StatusCode::SEE_OTHER
    );
    // A good sign-in forgets the account's failures.
    assert_eq!(
        attempt(&mut idp.browser(), "alice", "wrong horse")
            .await
            .status,
        StatusCode::FORBIDDEN
    );
    assert_eq!(
        attempt(&mut idp.browser(), "alice", PASSWORD).await.status,
        StatusCode::SEE_OTHER
    );
}

async fn guesses_at_the_same_moment_count_each(idp: TestIdp) {
    let idp = std::sync::Arc::new(idp);
    idp.add_user("alice").await;
    let tasks: Vec<_> = (0..20)
        .map(|_| {
            let idp = idp.clone();
            tokio::spawn(async move {
                attempt(&mut idp.browser(), "alice", "wrong horse")
                    .await
                    .status
            })
        })
        .collect();
    let mut looked_at = 0;
    for task in tasks {
        looked_at += usize::from(task.await.unwrap() == StatusCode::FORBIDDEN);
    }
    assert_eq!(looked_at, 5);
}

#[tokio::test]
async fn an_address_that_tries_many_accounts_is_slowed_down() {
    let idp = TestIdp::new().await;
    idp.add_user("alice").await;
    let mut browser = idp.browser();
    for index in 0..100 {
        let answer = attempt(&mut browser, &format!("user{index}"), "wrong horse").await;
        assert_eq!(answer.status, StatusCode::FORBIDDEN);
    }
    assert_eq!(
        attempt(&mut browser, "alice", PASSWORD).await.status,
        StatusCode::TOO_MANY_REQUESTS
    );
    browser.address = [198, 51, 100, 1].into();
    assert_eq!(
        attempt(&mut browser, "alice", PASSWORD).await.status,
        StatusCode::SEE_OTHER
    );
}

async fn a_sign_in_replaces_the_session(idp: TestIdp) {
    idp.add_user("alice").await;
    let mut browser = idp.browser();
    browser.set_cookie("__Host-xinshu-session", "planted-by-someone-else");
    attempt(&mut browser, "alice", PASSWORD).await;
    let first = browser.cookie("__Host-xinshu-session").unwrap().to_owned();
    assert_ne!(first, "planted-by-someone-else");
    attempt(&mut browser, "alice", PASSWORD).await;
    let mut old = idp.browser();
    old.set_cookie("__Host-xinshu-session", &first);
    assert_eq!(old.get("/account").await.location(), "/sign-in");
    assert_eq!(browser.get("/account").await.status, StatusCode::OK);
}

#[tokio::test]
async fn a_form_from_elsewhere_is_refused() {
    let idp = TestIdp::new().await;
    idp.add_user("alice").await;
    let mut browser = idp.browser();
    let form = [("username", "alice"), ("password", PASSWORD)];
    assert_eq!(
        browser.post("/sign-in", &form).await.status,
        StatusCode::FORBIDDEN
    );
    let page = browser.get("/sign-in").await;
    let mut other = idp.browser();
    other.get("/sign-in").await;
    assert_eq!(
        other.submit("/sign-in", &page, &form).await.status,
        StatusCode::FORBIDDEN
    );
    assert!(other.cookie("__Host-xinshu-session").is_none());
}

async fn sessions_end_after_their_time(idp: TestIdp) {
    idp.add_user("alice").await;
    let mut browser = idp.browser();
    attempt(&mut browser, "alice", PASSWORD).await;
    // Used every hour it lives for twelve hours and no longer.
    for _ in 0..11 {
        idp.pass(3600);
        assert_eq!(browser.get("/account").await.status, StatusCode::OK);
    }
    idp.pass(3600);
    assert_eq!(browser.get("/account").await.location(), "/sign-in");
}

#[tokio::test]
async fn pages_speak_the_readers_language() {
    let idp = TestIdp::new().await;
    let mut browser = idp.browser();
    browser.language = "zh-CN,zh;q=0.9,en;q=0.5";
    let page = browser.get("/sign-in").await;
    assert!(page.body.contains("lang=\"zh-CN\"") && page.body.contains("用户名"));
    let page = browser.get("/sign-in?ui_locales=fr+en").await;
    assert!(page.body.contains("<html lang=\"en\">"));
    // The choice is kept.
    assert!(
        browser
            .get("/sign-in")
            .await
            .body
            .contains("<html lang=\"en\">")
    );
}

#[tokio::test]
async fn pages_carry_their_safeguards() {
    let idp = TestIdp::new().await;
    let page = idp.browser().get("/sign-in").await;
    assert!(
        page.header("content-security-policy")
            .contains("frame-ancestors 'none'")
    );
    assert_eq!(page.header("x-content-type-options"), "nosniff");
    assert_eq!(page.header("referrer-policy"), "no-referrer");
    assert_eq!(page.header("cache-control"), "no-store");
    for token in [
        "name=\"username\"",
        "autocomplete=\"username\"",
        "name=\"password\"",
        "autocomplete=\"current-password\"",
    ] {
        assert!(page.body.contains(token), "{token}");
    }
    let css = page
        .body
        .split("rel=\"stylesheet\" href=\"")
        .nth(1)
        .unwrap()
        .split('"')
        .next()
        .unwrap();
    let css = idp.browser().get(css).await;
    assert!(css.header("content-type").starts_with("text/css"));
    assert!(css.header("cache-control").contains("immutable"));
}

/// However many guess, from wherever: a browser that the owner has signed in with works, and
/// so does a change of the password.
async fn who_guesses_cannot_keep_the_owner_out(idp: TestIdp) {
    idp.add_user("alice").await;
    let (mut owner, mut stranger) = (idp.browser(), idp.browser());
    attempt(&mut owner, "alice", PASSWORD).await;
    let device = owner.cookie("__Host-xinshu-device").unwrap().to_owned();
    // The same address, as behind a gateway: the address is closed, and the account.
    for _ in 0..5 {
        attempt(&mut stranger, "alice", "wrong horse").await;
    }
    for index in 0..96 {
        attempt(&mut stranger, &format!("user{index}"), "wrong horse").await;
    }
    for _ in 0..2 {
        for name in ["alice", "user97"] {
            let answer = attempt(&mut stranger, name, "wrong horse").await;
            assert_eq!(answer.status, StatusCode::TOO_MANY_REQUESTS);
        }
    }
    let page = owner.get("/account").await;
    let form = [
        ("password", PASSWORD),
        ("new_password", "a new and longer sentence"),
        ("new_password_again", "a new and longer sentence"),
    ];
    let answer = owner.submit("/account/password", &page, &form).await;
    assert_eq!(answer.location(), "/account?notice=password-changed");
    let page = owner.get("/sign-out").await;
    owner.submit("/sign-out", &page, &[]).await;
    let new = "a new and longer sentence";
    assert_eq!(
        attempt(&mut owner, "alice", new).await.location(),
        "/account"
    );
    // The owner's success does not help who guesses.
    let answer = attempt(&mut stranger, "alice", new).await;
    assert_eq!(answer.status, StatusCode::TOO_MANY_REQUESTS);
    // Guesses in the owner's browser are counted there, and there alone.
    let mut here = idp.browser();
    here.set_cookie("__Host-xinshu-device", &device);
    for _ in 0..5 {
        let answer = attempt(&mut here, "alice", "wrong horse").await;
        assert_eq!(answer.status, StatusCode::FORBIDDEN);
    }
    let answer = attempt(&mut here, "alice", new).await;
    assert_eq!(answer.status, StatusCode::TOO_MANY_REQUESTS);
    // For anybody else it is an unknown browser.
    idp.pass(400);
    idp.add_user("bob").await;
    for _ in 0..5 {
        attempt(&mut here, "bob", "wrong horse").await;
    }
    let answer = attempt(&mut idp.browser(), "bob", PASSWORD).await;
    assert_eq!(answer.status, StatusCode::TOO_MANY_REQUESTS);
}

#[tokio::test]
async fn a_browser_is_known_by_a_cookie_of_ours_only() {
    let idp = TestIdp::new().await;
    idp.add_user("alice").await;
    let planted = "p".repeat(43);
    let mut browser = idp.browser();
    browser.set_cookie("__Host-xinshu-device", &planted);
    attempt(&mut browser, "alice", PASSWORD).await;
    let first = browser.cookie("__Host-xinshu-device").unwrap().to_owned();
    assert_ne!(first, planted);
    // It is kept, also by a second person at the same browser.
    idp.add_user("bob").await;
    for name in ["alice", "bob"] {
        attempt(&mut browser, name, PASSWORD).await;
        assert_eq!(browser.cookie("__Host-xinshu-device"), Some(first.as_str()));
    }
    // Who sets a password by a link is known afterwards; browsers from before are not.
    let link = idp.password_link("alice").await.unwrap();
    let path = link.url.strip_prefix(crate::test_idp::ISSUER).unwrap();
    let mut reset = idp.browser();
    let page = reset.get(path).await;
    let token = page.field("token");
    let form = [
        ("token", token.as_str()),
        ("new_password", "a new and longer sentence"),
        ("new_password_again", "a new and longer sentence"),
    ];
    reset.submit("/account/set-password", &page, &form).await;
    let mut stranger = idp.browser();
    for _ in 0..5 {
        attempt(&mut stranger, "alice", "wrong horse").await;
    }
    let new = "a new and longer sentence";
    assert_eq!(
        attempt(&mut browser, "alice", new).await.status,
        StatusCode::TOO_MANY_REQUESTS
    );
    assert_eq!(
        attempt(&mut reset, "alice", new).await.location(),
        "/account"
    );
}

/// Guessing a password in a session that somebody left open is slowed down too.
#[tokio::test]
async fn guesses_in_a_session_are_counted_there() {
    let idp = TestIdp::new().await;
    idp.add_user("alice").await;
    let (mut here, mut there) = (idp.browser(), idp.browser());
    for browser in [&mut here, &mut there] {
        attempt(browser, "alice", PASSWORD).await;
    }
    let change = async |browser: &mut Browser, current: &'static str| {
        let page = browser.get("/account").await;
        let form = [
            ("password", current),
            ("new_password", "a new and longer sentence"),
            ("new_password_again", "a new and longer sentence"),
        ];
        browser
            .submit("/account/password", &page, &form)
            .await
            .status
    };
    for _ in 0..10 {
        assert_eq!(
            change(&mut here, "wrong horse").await,
            StatusCode::FORBIDDEN
        );
    }
    assert_eq!(
        change(&mut here, "wrong horse").await,
        StatusCode::TOO_MANY_REQUESTS
    );
    assert_eq!(change(&mut there, PASSWORD).await, StatusCode::SEE_OTHER);
}

/// RFC 8265 §3.3; and users of 0.1.0 whose names are not allowed any more.
async fn names_sign_in_in_every_spelling(idp: TestIdp) {
    for name in ["王Lei", "jos\u{e9}", "ئابدۇقادىر"] {
        idp.add_user(name).await;
    }
    for typed in [
        "王lei",
        "王ＬＥＩ",
        " 王Lei ",
        "JOSE\u{301}",
        "jos\u{e9}",
        "ئابدۇقادىر",
    ] {
        let answer = attempt(&mut idp.browser(), typed, PASSWORD).await;
        assert_eq!(answer.location(), "/account", "{typed}");
    }
    let mixed = "p\u{430}ypal";
    idp.add_user("later").await;
    let renamed: Result<u64, StoreError> = idp
        .store
        .transact(async move |tx| {
            let sql = "UPDATE idp_user SET name = $1 WHERE name = 'later'";
            tx.execute(sql, platform_store::params!["p\u{430}ypal"])
                .await
        })
        .await;
    assert_eq!(renamed.unwrap(), 1);
    let answer = attempt(&mut idp.browser(), "P\u{430}yPal", PASSWORD).await;
    assert_eq!(answer.location(), "/account");
    let new = idp_directory::NewUser {
        name: mixed.replace("pal", "pai"),
        ..Default::default()
    };
    assert!(idp.add(new).await.is_err());
    // Another spelling is no other account to whoever guesses.
    for typed in ["王lei", "王ＬＥＩ", "王Lei", " 王lei", "王ｌei"] {
        attempt(&mut idp.browser(), typed, "wrong horse").await;
    }
    let answer = attempt(&mut idp.browser(), "王lei", PASSWORD).await;
    assert_eq!(answer.status, StatusCode::TOO_MANY_REQUESTS);
}

/// Guesses from the same address close it while a good password is checked.
async fn a_success_opens_no_address_that_others_closed(idp: TestIdp) {
    const ADDRESS: &str = "address:192.0.2.7";
    let idp = std::sync::Arc::new(idp);
    idp.add_user("alice").await;
    let counted = async || {
        let sql = "SELECT attempts FROM idp_throttle WHERE name = $1";
        let row = idp.store.fetch_optional(sql, params![ADDRESS]).await;
        row.unwrap()
            .map_or(0, |row| row.get::<i64>("attempts").unwrap())
    };
    let set = async |attempts: i64, seconds: u64| {
        let closed_until = idp.clock.now() + Duration::from_secs(seconds);
        let changed: Result<u64, StoreError> = idp
            .store
            .transact(async move |tx| {
                tx.execute(
                    "UPDATE idp_throttle SET attempts = $2, closed_until = $3 WHERE name = $1",
                    params![ADDRESS, attempts, closed_until],
                )
                .await
            })
            .await;
        assert_eq!(changed.unwrap(), 1);
    };
    attempt(&mut idp.browser(), "bob", "wrong horse").await;
    let alice = {
        let idp = idp.clone();
        tokio::spawn(async move { attempt(&mut idp.browser(), "alice", PASSWORD).await.status })
    };
    while counted().await < 2 {
        tokio::task::yield_now().await;
    }
    set(100, 300).await;
    assert_eq!(alice.await.unwrap(), StatusCode::SEE_OTHER);
    let answer = attempt(&mut idp.browser(), "bob", "wrong horse").await;
    assert_eq!(answer.status, StatusCode::TOO_MANY_REQUESTS);
    // What a success closed by itself is open again.
    set(99, 0).await;
    let answer = attempt(&mut idp.browser(), "alice", PASSWORD).await;
    assert_eq!(answer.status, StatusCode::SEE_OTHER);
    assert_eq!(counted().await, 99);
    let answer = attempt(&mut idp.browser(), "bob", "wrong horse").await;
    assert_eq!(answer.status, StatusCode::FORBIDDEN);
}
