//! The sign-in page.

use axum::http::StatusCode;

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
