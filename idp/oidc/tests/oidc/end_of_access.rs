//! Rule 12: what ends a person's access ends it on every node, within a second.

use axum::http::StatusCode;
use idp_directory::UserChange;
use zeroize::Zeroizing;

use crate::{
    browser::Browser,
    flow::{authorize, code, redeem, refresh, userinfo},
    test_idp::{PASSWORD, TestIdp},
};

on_both![
    disabling_a_user_ends_everything_on_the_other_node,
    a_password_reset_ends_everything_on_the_other_node,
    signing_out_ends_the_tokens_of_the_session,
    ended_sessions_take_their_codes_along_on_the_other_node,
    signing_in_again_keeps_the_tokens_of_before,
];

struct SignedIn {
    browser: Browser,
    client: idp_oidc::ClientCredentials,
    access: String,
    refresh: String,
}

/// Alice, with a session and tokens that both nodes have in their caches.
async fn signed_in(first: &TestIdp, second: &TestIdp) -> SignedIn {
    first.add_user("alice").await;
    let client = first.portal().await;
    let scope = [("scope", "openid offline_access")];
    let (code, mut browser) = code(first, &client.client_id, &scope).await;
    let tokens = redeem(first, &client, &code).await.json();
    let text = |name: &str| tokens[name].as_str().unwrap().to_owned();
    let (access, refresh) = (text("access_token"), text("refresh_token"));
    for node in [first, second] {
        assert_eq!(userinfo(node, &access).await.status, StatusCode::OK);
        let page = browser.at(node).get("/account").await;
        assert_eq!(page.status, StatusCode::OK);
    }
    SignedIn {
        browser,
        client,
        access,
        refresh,
    }
}

async fn everything_ended(mut alice: SignedIn, first: &TestIdp, second: &TestIdp) {
    for node in [first, second] {
        // Nothing is waited for but the node's caches, which keep what they read for less
        // than a second.
        while alice.browser.at(node).get("/account").await.status == StatusCode::OK
            || userinfo(node, &alice.access).await.status == StatusCode::OK
        {
            tokio::task::yield_now().await;
        }
        let answer = alice.browser.at(node).get("/account").await;
        assert_eq!(answer.location(), "/sign-in");
        let silent = authorize(&alice.client.client_id, &[("prompt", "none")]);
        let answer = alice.browser.at(node).get(&silent).await;
        assert_eq!(answer.parameter("error").unwrap(), "login_required");
        assert_eq!(
            userinfo(node, &alice.access).await.status,
            StatusCode::UNAUTHORIZED
        );
        let answer = refresh(node, &alice.client, &alice.refresh).await;
        assert_eq!(answer.json()["error"], "invalid_grant");
    }
}

async fn disabling_a_user_ends_everything_on_the_other_node(first: TestIdp) {
    let second = first.second_node().await;
    let alice = signed_in(&first, &second).await;
    let change = UserChange {
        disabled: Some(true),
        ..UserChange::default()
    };
    first.change_user("alice", change).await.unwrap();
    everything_ended(alice, &first, &second).await;
}

async fn a_password_reset_ends_everything_on_the_other_node(first: TestIdp) {
    let second = first.second_node().await;
    let alice = signed_in(&first, &second).await;
    let password = Zeroizing::new("another sentence".to_owned());
    first.set_password("alice", password).await.unwrap();
    everything_ended(alice, &first, &second).await;
}

async fn signing_out_ends_the_tokens_of_the_session(idp: TestIdp) {
    idp.add_user("alice").await;
    let client = idp.portal().await;
    let (online, mut browser) = code(&idp, &client.client_id, &[]).await;
    let online = redeem(&idp, &client, &online).await.json();
    let offline = [("scope", "openid offline_access")];
    let answer = browser.get(&authorize(&client.client_id, &offline)).await;
    let offline = redeem(&idp, &client, &answer.parameter("code").unwrap()).await;
    let offline = offline.json();
    let page = browser.get("/sign-out").await;
    browser.submit("/sign-out", &page, &[]).await;
    let access = |tokens: &serde_json::Value| tokens["access_token"].as_str().unwrap().to_owned();
    let status = async |token: String| userinfo(&idp, &token).await.status;
    assert_eq!(status(access(&online)).await, StatusCode::UNAUTHORIZED);
    // OpenID Connect Core §11: offline access is for when the user is not there.
    assert_eq!(status(access(&offline)).await, StatusCode::OK);
    let token = offline["refresh_token"].as_str().unwrap();
    assert_eq!(refresh(&idp, &client, token).await.status, StatusCode::OK);
}

async fn ended_sessions_take_their_codes_along_on_the_other_node(first: TestIdp) {
    let second = first.second_node().await;
    first.add_user("alice").await;
    let client = first.portal().await;
    let (code, mut browser) = code(&first, &client.client_id, &[]).await;
    // The other node has session and user in its caches.
    assert_eq!(
        browser.at(&second).get("/account").await.status,
        StatusCode::OK
    );
    first.end_sessions("alice").await.unwrap();
    // At once: the row of the grant is joined to that of the session.
    let answer = redeem(&second, &client, &code).await;
    assert_eq!(answer.json()["error"], "invalid_grant");
    // And no other code comes of the cached session.
    let answer = browser.get(&authorize(&client.client_id, &[])).await;
    assert!(answer.location().starts_with("/sign-in?"), "{answer:?}");
}

async fn signing_in_again_keeps_the_tokens_of_before(idp: TestIdp) {
    idp.add_user("alice").await;
    let client = idp.portal().await;
    let (code, mut browser) = code(&idp, &client.client_id, &[]).await;
    let tokens = redeem(&idp, &client, &code).await.json();
    let path = authorize(&client.client_id, &[("prompt", "login")]);
    let answer = browser.sign_in(&path, "alice", PASSWORD).await;
    assert!(
        browser
            .get(answer.location())
            .await
            .parameter("code")
            .is_some()
    );
    let access = tokens["access_token"].as_str().unwrap();
    assert_eq!(userinfo(&idp, access).await.status, StatusCode::OK);
    // And they end with the session that took the place of theirs.
    let page = browser.get("/sign-out").await;
    browser.submit("/sign-out", &page, &[]).await;
    assert_eq!(
        userinfo(&idp, access).await.status,
        StatusCode::UNAUTHORIZED
    );
}
