//! What the pages say and lead to.

use axum::http::StatusCode;

use crate::{
    answer::Answer,
    browser::Browser,
    flow::{authorize, code, redeem, refresh},
    test_idp::{PASSWORD, TestIdp},
};

on_both![
    a_sign_in_can_be_declined,
    an_application_loses_its_access_at_the_account_page,
    one_signs_out_everywhere_else,
];

/// RFC 6749 §4.1.2.1: `access_denied` reaches the application.
async fn a_sign_in_can_be_declined(idp: TestIdp) {
    idp.add_user("alice").await;
    let client = idp.portal().await;
    let mut browser = idp.browser();
    let path = authorize(&client.client_id, &[]);
    let page = browser.follow(&path).await;
    let button = "formaction=\"/oauth2/consent\" formnovalidate name=\"answer\" value=\"deny\"";
    assert!(page.body.contains(button));
    // One form: scripts find its fields once, and Enter signs in.
    assert_eq!(page.body.matches("name=\"csrf\"").count(), 1);
    let submit = page.body.find("<button type=\"submit\">").unwrap();
    assert!(submit < page.body.find(button).unwrap());
    let request = page.field("request");
    let form = [("request", request.as_str()), ("answer", "deny")];
    // Not by a form from elsewhere.
    let mut other = idp.browser();
    other.get("/sign-in").await;
    let forged = other.submit("/oauth2/consent", &page, &form).await;
    assert_eq!(forged.status, StatusCode::FORBIDDEN);
    let answer = browser.submit("/oauth2/consent", &page, &form).await;
    assert!(answer.location().starts_with("https://portal.example/cb?"));
    assert_eq!(answer.parameter("error").unwrap(), "access_denied");
    assert_eq!(answer.parameter("state").unwrap(), "st4te&=");
    assert_eq!(idp.count("idp.code.issue", "refused").await, 1);
    // It is over: the page leads nowhere any more, and nobody is signed in by it.
    let answer = browser.submit("/oauth2/consent", &page, &form).await;
    assert_eq!(answer.status, StatusCode::BAD_REQUEST);
    let form = [
        ("request", request.as_str()),
        ("username", "alice"),
        ("password", PASSWORD),
    ];
    let answer = browser.submit("/sign-in", &page, &form).await;
    assert_eq!(answer.status, StatusCode::BAD_REQUEST);
    // Whoever comes by themselves declines nothing.
    let page = idp.browser().get("/sign-in").await;
    assert!(!page.body.contains("deny"));
}

async fn an_application_loses_its_access_at_the_account_page(idp: TestIdp) {
    let alice = idp.add_user("alice").await;
    let (portal, other) = (idp.portal().await, idp.portal().await);
    let scope = ("scope", "openid offline_access");
    let (first, mut browser) = code(&idp, &portal.client_id, &[scope]).await;
    let tokens = redeem(&idp, &portal, &first).await.json();
    let refresh_token = tokens["refresh_token"].as_str().unwrap().to_owned();
    let answer = browser.get(&authorize(&other.client_id, &[])).await;
    let kept = redeem(&idp, &other, &answer.parameter("code").unwrap()).await;
    let kept = kept.json()["access_token"].as_str().unwrap().to_owned();
    // One that was not redeemed yet.
    let answer = browser.get(&authorize(&portal.client_id, &[])).await;
    let pending = answer.parameter("code").unwrap();

    let page = browser.get("/account").await;
    assert!(page.body.contains("Applications with access"));
    assert!(page.body.contains("Keep access while you are away"));
    assert!(page.body.contains(&portal.client_id) && page.body.contains(&other.client_id));
    // Nobody else's.
    idp.add_user("bob").await;
    let mut bob = idp.browser();
    bob.sign_in("/sign-in", "bob", PASSWORD).await;
    let bobs = bob.get("/account").await;
    assert!(bobs.body.contains("No application has access"));
    let form = [("application", portal.client_id.as_str())];
    bob.submit("/account/applications/end", &bobs, &form).await;
    assert_eq!(idp.count("idp.application.end", "success").await, 0);

    let answer = browser
        .submit("/account/applications/end", &page, &form)
        .await;
    assert_eq!(answer.location(), "/account?notice=application-ended");
    let page = browser.get("/account?notice=application-ended").await;
    assert!(!page.body.contains(&portal.client_id) && page.body.contains(&other.client_id));
    assert_eq!(idp.count("idp.application.end", "success").await, 1);
    let answer = refresh(&idp, &portal, &refresh_token).await;
    assert_eq!(answer.json()["error"], "invalid_grant");
    let answer = redeem(&idp, &portal, &pending).await;
    assert_eq!(answer.json()["error"], "invalid_grant");
    for (token, active) in [
        (tokens["access_token"].as_str().unwrap(), false),
        (kept.as_str(), true),
    ] {
        let form = [("token", token)];
        let client = if active { &other } else { &portal };
        let answer = idp.call("/oauth2/introspect", Some(client), &form).await;
        assert_eq!(answer.json()["active"], active);
    }
    assert!(!alice.is_empty());
}

async fn one_signs_out_everywhere_else(idp: TestIdp) {
    idp.add_user("alice").await;
    let (mut here, mut there, mut third) = (idp.browser(), idp.browser(), idp.browser());
    here.sign_in("/sign-in", "alice", PASSWORD).await;
    let page = here.get("/account").await;
    assert!(!page.body.contains("/account/sessions/end-others"));
    for browser in [&mut there, &mut third] {
        browser.sign_in("/sign-in", "alice", PASSWORD).await;
    }
    let page = here.get("/account").await;
    assert!(page.body.contains("/account/sessions/end-others"));
    let answer = here
        .submit("/account/sessions/end-others", &page, &[])
        .await;
    assert_eq!(answer.location(), "/account?notice=sessions-ended");
    for browser in [&mut there, &mut third] {
        assert_eq!(browser.get("/account").await.location(), "/sign-in");
    }
    assert_eq!(here.get("/account").await.status, StatusCode::OK);
}

#[tokio::test]
async fn whoever_is_signed_in_goes_on_to_the_account() {
    let idp = TestIdp::new().await;
    idp.add_user("alice").await;
    let client = idp.portal().await;
    let mut browser = idp.browser();
    browser.sign_in("/sign-in", "alice", PASSWORD).await;
    assert_eq!(browser.get("/sign-in").await.location(), "/account");
    // But an application that wants a new sign-in gets one, and somebody else can come.
    let path = authorize(&client.client_id, &[("prompt", "login")]);
    let page = browser.follow(&path).await;
    assert!(page.body.contains("name=\"password\""));
    let page = browser.get("/sign-in?another=1").await;
    assert!(page.body.contains("name=\"password\""));
}

#[tokio::test]
async fn consent_shows_who_asks_where_the_answer_goes_and_whose_account_it_is() {
    let idp = TestIdp::new().await;
    for name in ["alice", "bob"] {
        idp.add_user(name).await;
    }
    let client = idp.portal().await;
    let (_, mut browser) = code(&idp, &client.client_id, &[]).await;
    let path = authorize(&client.client_id, &[("prompt", "consent")]);
    let page = browser.get(&path).await;
    for part in [
        "<bdi>Portal</bdi>",
        "<bdi>portal.example</bdi>",
        "<bdi>Alice Wang</bdi>",
    ] {
        assert!(page.body.contains(part), "{part} in {}", page.body);
    }
    // Not you? Somebody else signs in for the same request, and is asked then.
    let request = page.field("request");
    let path = format!("/sign-in?request={request}");
    assert!(page.body.contains(&format!("href=\"{path}\"")));
    let answer = browser.sign_in(&path, "bob", PASSWORD).await;
    let page = browser.get(answer.location()).await;
    assert_eq!(page.field("request"), request);
    let form = [("request", request.as_str()), ("answer", "allow")];
    let answer = browser.submit("/oauth2/consent", &page, &form).await;
    let code = answer.parameter("code").unwrap();
    let tokens = redeem(&idp, &client, &code).await.json();
    assert!(tokens["access_token"].is_string());
}

/// A link to the other language on every page, which shows the same page.
#[tokio::test]
async fn every_page_can_be_read_in_the_other_language() {
    let idp = TestIdp::new().await;
    idp.add_user("alice").await;
    let client = idp.portal().await;
    let link = idp.password_link("alice").await.unwrap();
    let link = link
        .url
        .strip_prefix(crate::test_idp::ISSUER)
        .unwrap()
        .to_owned();
    let consent = authorize(&client.client_id, &[("prompt", "consent")]);
    let mut browser = idp.browser();
    let sign_in = browser.follow(&consent).await;
    let request = sign_in.field("request");
    let refused = [
        ("username", "alice"),
        ("password", "wrong horse"),
        ("request", request.as_str()),
    ];
    let refused = browser.submit("/sign-in", &sign_in, &refused).await;
    let mut pages = vec![
        (sign_in, "<bdi>Portal</bdi>"),
        (refused, "<bdi>Portal</bdi>"),
        (browser.get("/sign-in").await, "使用你的"),
        (browser.get(&link).await, "设置密码"),
        (
            browser.get("/account/set-password?token=x").await,
            "链接已失效",
        ),
        (browser.get("/sign-out").await, "已退出登录"),
        (
            browser
                .get("/oauth2/authorize?client_id=x&redirect_uri=y")
                .await,
            "未登记的应用",
        ),
    ];
    let set = browser.get(&link).await;
    let differ = [
        ("token", set.field("token")),
        ("new_password", "one good long sentence".to_owned()),
        (
            "new_password_again",
            "another good long sentence".to_owned(),
        ),
    ];
    let differ: Vec<_> = differ
        .iter()
        .map(|(name, value)| (*name, value.as_str()))
        .collect();
    pages.push((
        browser.submit("/account/set-password", &set, &differ).await,
        "设置密码",
    ));
    let expired = browser.post("/account/password", &[("csrf", "x")]).await;
    pages.push((expired, "使用你的"));
    switch(&mut browser, pages).await;
    browser.sign_in("/sign-in", "alice", PASSWORD).await;
    let account = browser.get("/account").await;
    let mut pages = Vec::new();
    let wrong = [
        ("password", "wrong horse"),
        ("new_password", "x"),
        ("new_password_again", "y"),
    ];
    pages.push((
        browser.submit("/account/password", &account, &wrong).await,
        "更改密码",
    ));
    pages.push((account, "更改密码"));
    pages.push((browser.get("/sign-out").await, "退出登录？"));
    pages.push((browser.get(&consent).await, "允许访问？"));
    pages.push((browser.get("/sign-in?another=1").await, "使用你的"));
    switch(&mut browser, pages).await;
}

async fn switch(browser: &mut Browser, pages: Vec<(Answer, &str)>) {
    for (page, text) in pages {
        let (before, _) = page
            .body
            .split_once("\" hreflang=\"zh-CN\"")
            .expect("a link");
        let path = before
            .rsplit_once("href=\"")
            .unwrap()
            .1
            .replace("&#38;", "&");
        let switched = browser.follow(&path).await;
        assert!(switched.body.contains("<html lang=\"zh-CN\">"), "{path}");
        assert!(
            switched.body.contains(text),
            "{text} at {path}: {}",
            switched.body
        );
        // The choice is kept, so back.
        browser.get("/sign-in?ui_locales=en&another=1").await;
    }
}

/// What went wrong stands beside the field that it is about.
#[tokio::test]
async fn an_error_of_a_password_stands_at_its_field() {
    let idp = TestIdp::new().await;
    idp.add_user("alice").await;
    let mut browser = idp.browser();
    browser.sign_in("/sign-in", "alice", PASSWORD).await;
    let page = browser.get("/account").await;
    for (current, new, again, field) in [
        (
            "wrong horse",
            "a new and longer sentence",
            "a new and longer sentence",
            "password-error",
        ),
        (PASSWORD, "short", "short", "new-password-error"),
        (
            PASSWORD,
            "a new and longer sentence",
            "another",
            "again-error",
        ),
    ] {
        let form = [
            ("password", current),
            ("new_password", new),
            ("new_password_again", again),
        ];
        let answer = browser.submit("/account/password", &page, &form).await;
        assert!(answer.status.is_client_error());
        assert_eq!(answer.body.matches("role=\"alert\"").count(), 1);
        let (before, _) = answer.body.split_once("role=\"alert\"").unwrap();
        let input = before.rsplit_once("<input ").unwrap().1;
        assert!(
            input.contains(field) && input.contains("aria-invalid"),
            "{input}"
        );
        assert!(
            input.contains("role") || input.ends_with("class=\"wrong\" "),
            "{input}"
        );
    }
}

/// W3C "A Well-Known URL for Changing Passwords" §3.
#[tokio::test]
async fn password_managers_find_the_form() {
    let idp = TestIdp::new().await;
    let answer = idp.browser().get("/.well-known/change-password").await;
    assert_eq!(answer.status, StatusCode::SEE_OTHER);
    assert_eq!(answer.location(), "/account#password-title");
}

/// A quarter of an hour is said in minutes.
#[tokio::test]
async fn long_waits_are_said_in_minutes() {
    let idp = TestIdp::new().await;
    let mut browser = idp.browser();
    for attempt in 0..14_u32 {
        browser.sign_in("/sign-in", "nobody", "wrong horse").await;
        idp.pass(1 << attempt.saturating_sub(4));
    }
    for _ in 0..2 {
        idp.pass(0);
        browser.sign_in("/sign-in", "nobody", "wrong horse").await;
    }
    let answer = browser.sign_in("/sign-in", "nobody", "wrong horse").await;
    assert_eq!(answer.status, StatusCode::TOO_MANY_REQUESTS);
    assert!(
        answer.body.contains("minutes, or use a browser"),
        "{}",
        answer.body
    );
    let seconds: u64 = answer.header("retry-after").parse().unwrap();
    assert!(seconds > 120, "{seconds}");
}

/// Local time is not known here, so times are relative, and exact for whoever points at them.
#[tokio::test]
async fn times_are_relative() {
    let idp = TestIdp::new().await;
    idp.add_user("alice").await;
    let mut browser = idp.browser();
    browser.sign_in("/sign-in", "alice", PASSWORD).await;
    idp.pass(3 * 60);
    let mut other = idp.browser();
    other.sign_in("/sign-in", "alice", PASSWORD).await;
    let page = other.get("/account").await;
    assert!(page.body.contains(
        "<time datetime=\"2026-03-01T08:00:00Z\" title=\"2026-03-01 08:00 UTC\">3 minutes ago</time>"
    ));
    assert!(page.body.contains(">just now</time>"));
}
