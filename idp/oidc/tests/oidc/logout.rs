//! Signing out.

use axum::http::StatusCode;

use crate::{
    browser::encode,
    flow::{code, redeem},
    test_idp::{PASSWORD, TestIdp},
};

on_both![
    with_the_id_token_no_question_is_asked,
    without_it_the_user_is_asked,
    the_users_own_wish,
];

async fn with_the_id_token_no_question_is_asked(idp: TestIdp) {
    idp.add_user("alice").await;
    let client = idp.portal().await;
    let (code, mut browser) = code(&idp, &client.client_id, &[]).await;
    let tokens = redeem(&idp, &client, &code).await.json();
    // An ID token past its end is still a good hint.
    idp.pass(3600);
    let query = encode(&[
        ("id_token_hint", tokens["id_token"].as_str().unwrap()),
        ("post_logout_redirect_uri", "https://portal.example/bye"),
        ("state", "xyz"),
    ]);
    let answer = browser.get(&format!("/oauth2/logout?{query}")).await;
    assert_eq!(answer.location(), "https://portal.example/bye?state=xyz");
    assert_eq!(browser.get("/account").await.location(), "/sign-in");
    assert_eq!(idp.count("idp.sign_out", "success").await, 1);
}

async fn without_it_the_user_is_asked(idp: TestIdp) {
    idp.add_user("alice").await;
    let client = idp.portal().await;
    let (_, mut browser) = code(&idp, &client.client_id, &[]).await;
    let query = encode(&[
        ("client_id", &client.client_id),
        ("post_logout_redirect_uri", "https://portal.example/bye"),
        ("state", &"s".repeat(8192)),
    ]);
    let page = browser.get(&format!("/oauth2/logout?{query}")).await;
    assert_eq!(page.status, StatusCode::OK);
    assert_eq!(browser.get("/account").await.status, StatusCode::OK);
    let request = page.field("request");
    let answer = browser
        .submit("/oauth2/logout", &page, &[("request", &request)])
        .await;
    let (uri, state) = answer.location().split_once("?state=").unwrap();
    assert_eq!((uri, state.len()), ("https://portal.example/bye", 8192));
    assert_eq!(browser.get("/account").await.location(), "/sign-in");
}

#[tokio::test]
async fn nobody_is_sent_to_an_address_that_is_not_registered() {
    let idp = TestIdp::new().await;
    let client = idp.portal().await;
    for (uri, client_id) in [
        ("https://evil.example/", Some(&client)),
        ("https://portal.example/bye", None),
    ] {
        let mut form = vec![("post_logout_redirect_uri", uri)];
        form.extend(client_id.map(|client| ("client_id", client.client_id.as_str())));
        let answer = idp
            .browser()
            .get(&format!("/oauth2/logout?{}", encode(&form)))
            .await;
        assert_eq!(answer.status, StatusCode::BAD_REQUEST);
    }
}

/// Whatever is wrong with the request, who is signed in may sign out.
#[tokio::test]
async fn a_logout_that_cannot_be_completed_offers_to_sign_out() {
    let idp = TestIdp::new().await;
    idp.add_user("alice").await;
    let client = idp.portal().await;
    let id = client.client_id.as_str();
    let (code, mut browser) = code(&idp, id, &[]).await;
    let tokens = redeem(&idp, &client, &code).await.json();
    let id_token = tokens["id_token"].as_str().unwrap();
    for query in [
        encode(&[("client_id", "unknown")]),
        encode(&[("id_token_hint", "a.b.c")]),
        encode(&[("id_token_hint", id_token), ("client_id", "other")]),
        encode(&[
            ("id_token_hint", id_token),
            ("post_logout_redirect_uri", "https://e.example/"),
        ]),
        encode(&[
            ("client_id", id),
            ("post_logout_redirect_uri", "https://e.example/"),
        ]),
        encode(&[("post_logout_redirect_uri", "https://portal.example/bye")]),
        "state=1&state=2".to_owned(),
        "state=%ff".to_owned(),
    ] {
        let page = browser.get(&format!("/oauth2/logout?{query}")).await;
        assert_eq!(page.status, StatusCode::BAD_REQUEST, "{query}");
        assert!(page.body.contains("cannot be handled"), "{query}");
        assert!(page.body.contains("action=\"/sign-out\""), "{query}");
        assert!(!page.header("content-security-policy").contains("e.example"));
        assert_eq!(browser.get("/account").await.status, StatusCode::OK);
    }
    let page = browser.get("/oauth2/logout?client_id=unknown").await;
    let answer = browser.submit("/sign-out", &page, &[("request", "")]).await;
    assert_eq!(answer.status, StatusCode::OK);
    assert_eq!(browser.get("/account").await.location(), "/sign-in");
    let page = browser.get("/oauth2/logout?client_id=unknown").await;
    assert_eq!(page.status, StatusCode::BAD_REQUEST);
}

#[tokio::test]
async fn a_post_from_the_client_goes_on_by_get() {
    let idp = TestIdp::new().await;
    let answer = idp
        .browser()
        .post("/oauth2/logout", &[("client_id", "x")])
        .await;
    assert_eq!(answer.location(), "/oauth2/logout?client_id=x");
}

async fn the_users_own_wish(idp: TestIdp) {
    idp.add_user("alice").await;
    let mut browser = idp.browser();
    browser.sign_in("/sign-in", "alice", PASSWORD).await;
    let page = browser.get("/sign-out").await;
    assert_eq!(
        browser.post("/sign-out", &[]).await.status,
        StatusCode::FORBIDDEN
    );
    assert_eq!(
        browser.submit("/sign-out", &page, &[]).await.status,
        StatusCode::OK
    );
    assert_eq!(browser.get("/account").await.location(), "/sign-in");
}
