//! Refresh tokens.

use axum::http::StatusCode;

use crate::{
    flow::{code, redeem, refresh, userinfo},
    jwt,
    test_idp::TestIdp,
};

on_both![
    each_refresh_token_is_good_once,
    reuse_after_the_grace_revokes_the_grant,
    using_the_successor_ends_the_grace,
    a_retry_gets_the_same_successor_on_every_node,
    a_retry_after_a_revocation_gets_nothing,
    a_retry_during_a_revocation_is_no_reuse,
    all_who_refresh_at_once_get_the_same_successor,
    a_token_that_lay_too_long_is_not_good,
    scope_may_shrink_and_never_grow,
    another_client_cannot_use_it_and_does_no_harm,
    a_new_password_ends_what_came_from_the_old_one,
    a_new_password_ends_a_code_that_was_not_redeemed_yet,
    ended_sessions_take_their_codes_along,
];

/// Seconds, by default.
const GRACE: u64 = 30;

async fn signed_in(idp: &TestIdp) -> (idp_oidc::ClientCredentials, String, String) {
    idp.add_user("alice").await;
    let client = idp.portal().await;
    let (code, _) = code(
        idp,
        &client.client_id,
        &[("scope", "openid email offline_access")],
    )
    .await;
    let tokens = redeem(idp, &client, &code).await.json();
    let text = |name: &str| tokens[name].as_str().unwrap().to_owned();
    (client, text("refresh_token"), text("access_token"))
}

async fn each_refresh_token_is_good_once(idp: TestIdp) {
    let (client, first, _) = signed_in(&idp).await;
    idp.pass(3600);
    let tokens = refresh(&idp, &client, &first).await.json();
    let second = tokens["refresh_token"].as_str().unwrap();
    assert_ne!(first, second);
    let (_, id) = jwt::verify(&idp, tokens["id_token"].as_str().unwrap()).await;
    assert!(id["nonce"].is_null());
    assert!(id["auth_time"].as_i64().unwrap() < id["iat"].as_i64().unwrap());
    assert_eq!(refresh(&idp, &client, second).await.status, StatusCode::OK);
    assert_eq!(idp.count("idp.token.refresh", "success").await, 2);
}

async fn reuse_after_the_grace_revokes_the_grant(idp: TestIdp) {
    let (client, first, access) = signed_in(&idp).await;
    let second = refresh(&idp, &client, &first).await.json();
    idp.pass(GRACE + 1);
    assert_eq!(
        refresh(&idp, &client, &first).await.json()["error"],
        "invalid_grant"
    );
    let next = refresh(&idp, &client, second["refresh_token"].as_str().unwrap()).await;
    assert_eq!(next.json()["error"], "invalid_grant");
    assert_eq!(
        userinfo(&idp, &access).await.status,
        StatusCode::UNAUTHORIZED
    );
    let newer = second["access_token"].as_str().unwrap();
    assert_eq!(userinfo(&idp, newer).await.status, StatusCode::UNAUTHORIZED);
    assert_eq!(idp.count("idp.token.reuse", "refused").await, 1);
}

async fn using_the_successor_ends_the_grace(idp: TestIdp) {
    let (client, first, access) = signed_in(&idp).await;
    let second = refresh(&idp, &client, &first).await.json();
    let second = second["refresh_token"].as_str().unwrap();
    let third = refresh(&idp, &client, second).await.json();
    for token in [&first, second, third["refresh_token"].as_str().unwrap()] {
        let answer = refresh(&idp, &client, token).await;
        assert_eq!(answer.json()["error"], "invalid_grant");
    }
    assert_eq!(idp.count("idp.token.reuse", "refused").await, 1);
    let newest = third["access_token"].as_str().unwrap();
    for token in [access.as_str(), newest] {
        let answer = userinfo(&idp, token).await;
        assert_eq!(answer.status, StatusCode::UNAUTHORIZED);
    }
}

async fn a_retry_gets_the_same_successor_on_every_node(first: TestIdp) {
    let second = first.second_node().await;
    let (client, token, _) = signed_in(&first).await;
    let lost = refresh(&first, &client, &token).await.json();
    let mut tokens = vec![lost["access_token"].as_str().unwrap().to_owned()];
    first.pass(GRACE);
    for node in [&second, &first, &second] {
        let answer = refresh(node, &client, &token).await;
        assert_eq!(answer.status, StatusCode::OK, "{}", answer.body);
        let answer = answer.json();
        assert_eq!(answer["refresh_token"], lost["refresh_token"]);
        assert!(answer["id_token"].is_string());
        tokens.push(answer["access_token"].as_str().unwrap().to_owned());
    }
    for token in &tokens {
        assert_eq!(userinfo(&second, token).await.status, StatusCode::OK);
    }
    assert_eq!(first.count("idp.token.refresh", "success").await, 4);
    assert_eq!(first.count("idp.token.reuse", "refused").await, 0);
    // The successor works once, on any node, as if nothing had been lost.
    let successor = lost["refresh_token"].as_str().unwrap();
    let next = refresh(&second, &client, successor).await.json();
    assert_ne!(next["refresh_token"], lost["refresh_token"]);
    assert!(next["access_token"].is_string());
    // Nobody derives it from the token that was lost: the database does not hold it either.
    let rows = first.dump("SELECT * FROM idp_refresh_token").await;
    assert!(!rows.contains(successor));
}

async fn a_retry_after_a_revocation_gets_nothing(idp: TestIdp) {
    let (client, token, _) = signed_in(&idp).await;
    let successor = refresh(&idp, &client, &token).await.json();
    let successor = successor["refresh_token"].as_str().unwrap();
    let form = [("token", successor)];
    idp.call("/oauth2/revoke", Some(&client), &form).await;
    let answer = refresh(&idp, &client, &token).await;
    assert_eq!(answer.json()["error"], "invalid_grant");
}

/// Whichever comes first, nobody used a token twice.
async fn a_retry_during_a_revocation_is_no_reuse(idp: TestIdp) {
    let idp = std::sync::Arc::new(idp);
    let (client, _, _) = signed_in(&idp).await;
    for _ in 0..8 {
        let offline = [("scope", "openid offline_access")];
        let (code, _) = code(&idp, &client.client_id, &offline).await;
        let tokens = redeem(&idp, &client, &code).await.json();
        let token = tokens["refresh_token"].as_str().unwrap();
        refresh(&idp, &client, token).await;
        let retries = async {
            loop {
                let answer = refresh(&idp, &client, token).await;
                if answer.status != StatusCode::OK {
                    break answer.json();
                }
            }
        };
        let form = [("token", token)];
        let revoke = idp.call("/oauth2/revoke", Some(&client), &form);
        let (answer, _) = tokio::join!(retries, revoke);
        assert_eq!(answer["error"], "invalid_grant");
    }
    assert_eq!(idp.count("idp.token.reuse", "refused").await, 0);
}

async fn all_who_refresh_at_once_get_the_same_successor(idp: TestIdp) {
    let idp = std::sync::Arc::new(idp);
    let (client, token, _) = signed_in(&idp).await;
    let client = std::sync::Arc::new(client);
    let tasks: Vec<_> = (0..16)
        .map(|_| {
            let (idp, client, token) = (idp.clone(), client.clone(), token.clone());
            tokio::spawn(async move { refresh(&idp, &client, &token).await.json() })
        })
        .collect();
    let mut successors = std::collections::BTreeSet::new();
    for task in tasks {
        let answer = task.await.unwrap();
        successors.insert(answer["refresh_token"].as_str().unwrap().to_owned());
    }
    assert_eq!(successors.len(), 1);
    let successor = successors.first().unwrap();
    let next = refresh(&idp, &client, successor).await;
    assert_eq!(next.status, StatusCode::OK);
}

async fn a_token_that_lay_too_long_is_not_good(idp: TestIdp) {
    let (client, token, _) = signed_in(&idp).await;
    idp.pass(30 * 24 * 3600 + 1);
    assert_eq!(
        refresh(&idp, &client, &token).await.json()["error"],
        "invalid_grant"
    );
}

async fn scope_may_shrink_and_never_grow(idp: TestIdp) {
    let (client, token, _) = signed_in(&idp).await;
    let ask = |scope: &'static str, token: String| {
        let (idp, client) = (&idp, &client);
        async move {
            let form = [
                ("grant_type", "refresh_token"),
                ("refresh_token", token.as_str()),
                ("scope", scope),
            ];
            idp.call("/oauth2/token", Some(client), &form).await.json()
        }
    };
    assert_eq!(
        ask("openid profile", token.clone()).await["error"],
        "invalid_scope"
    );
    assert_eq!(ask("email", token).await["scope"], "email");
}

async fn another_client_cannot_use_it_and_does_no_harm(idp: TestIdp) {
    let (client, token, _) = signed_in(&idp).await;
    let other = idp.portal().await;
    assert_eq!(
        refresh(&idp, &other, &token).await.json()["error"],
        "invalid_grant"
    );
    assert_eq!(refresh(&idp, &client, &token).await.status, StatusCode::OK);
}

async fn a_new_password_ends_what_came_from_the_old_one(idp: TestIdp) {
    let (client, token, _) = signed_in(&idp).await;
    idp.set_password(
        "alice",
        zeroize::Zeroizing::new("another sentence".to_owned()),
    )
    .await
    .unwrap();
    assert_eq!(
        refresh(&idp, &client, &token).await.json()["error"],
        "invalid_grant"
    );
}

/// A thief of a session who fetched a code with it loses access with the reset.
async fn a_new_password_ends_a_code_that_was_not_redeemed_yet(idp: TestIdp) {
    idp.add_user("alice").await;
    let client = idp.portal().await;
    let (code, _) = code(&idp, &client.client_id, &[("scope", "openid")]).await;
    let password = zeroize::Zeroizing::new("another sentence".to_owned());
    idp.set_password("alice", password).await.unwrap();
    let answer = redeem(&idp, &client, &code).await;
    assert_eq!(answer.json()["error"], "invalid_grant");
}

async fn ended_sessions_take_their_codes_along(idp: TestIdp) {
    idp.add_user("alice").await;
    let client = idp.portal().await;
    let (code, _) = code(&idp, &client.client_id, &[("scope", "openid")]).await;
    idp.end_sessions("alice").await.unwrap();
    let answer = redeem(&idp, &client, &code).await;
    assert_eq!(answer.json()["error"], "invalid_grant");
}
