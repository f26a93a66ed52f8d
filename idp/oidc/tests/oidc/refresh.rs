//! Refresh tokens.

use axum::http::StatusCode;

use crate::{
    flow::{code, redeem, refresh, userinfo},
    house::House,
    jwt,
};

on_both![
    each_refresh_token_is_good_once,
    reuse_revokes_the_family,
    of_many_who_refresh_at_once_at_most_one_succeeds,
    a_token_that_lay_too_long_is_not_good,
    scope_may_shrink_and_never_grow,
    another_client_cannot_use_it_and_does_no_harm,
    a_new_password_ends_what_came_from_the_old_one,
    a_new_password_ends_a_code_that_was_not_redeemed_yet,
    ended_sessions_take_their_codes_along,
];

async fn signed_in(house: &House) -> (idp::ClientCredentials, String, String) {
    house.add_user("alice").await;
    let client = house.portal().await;
    let (code, _) = code(
        house,
        &client.client_id,
        &[("scope", "openid email offline_access")],
    )
    .await;
    let tokens = redeem(house, &client, &code).await.json();
    let text = |name: &str| tokens[name].as_str().unwrap().to_owned();
    (client, text("refresh_token"), text("access_token"))
}

async fn each_refresh_token_is_good_once(house: House) {
    let (client, first, _) = signed_in(&house).await;
    house.pass(3600);
    let tokens = refresh(&house, &client, &first).await.json();
    let second = tokens["refresh_token"].as_str().unwrap();
    assert_ne!(first, second);
    let (_, id) = jwt::verify(&house, tokens["id_token"].as_str().unwrap()).await;
    assert!(id["nonce"].is_null());
    assert!(id["auth_time"].as_i64().unwrap() < id["iat"].as_i64().unwrap());
    assert_eq!(
        refresh(&house, &client, second).await.status,
        StatusCode::OK
    );
    assert_eq!(house.count("idp.token.refresh", "success").await, 2);
}

async fn reuse_revokes_the_family(house: House) {
    let (client, first, access) = signed_in(&house).await;
    let second = refresh(&house, &client, &first).await.json();
    assert_eq!(
        refresh(&house, &client, &first).await.json()["error"],
        "invalid_grant"
    );
    let next = refresh(&house, &client, second["refresh_token"].as_str().unwrap()).await;
    assert_eq!(next.json()["error"], "invalid_grant");
    assert_eq!(
        userinfo(&house, &access).await.status,
        StatusCode::UNAUTHORIZED
    );
    let newer = second["access_token"].as_str().unwrap();
    assert_eq!(
        userinfo(&house, newer).await.status,
        StatusCode::UNAUTHORIZED
    );
    assert_eq!(house.count("idp.token.reuse", "refused").await, 1);
}

async fn of_many_who_refresh_at_once_at_most_one_succeeds(house: House) {
    let house = std::sync::Arc::new(house);
    let (client, token, _) = signed_in(&house).await;
    let client = std::sync::Arc::new(client);
    let tasks: Vec<_> = (0..16)
        .map(|_| {
            let (house, client, token) = (house.clone(), client.clone(), token.clone());
            tokio::spawn(async move { refresh(&house, &client, &token).await.status })
        })
        .collect();
    let mut good = 0;
    for task in tasks {
        good += usize::from(task.await.unwrap() == StatusCode::OK);
    }
    assert_eq!(good, 1);
}

async fn a_token_that_lay_too_long_is_not_good(house: House) {
    let (client, token, _) = signed_in(&house).await;
    house.pass(30 * 24 * 3600 + 1);
    assert_eq!(
        refresh(&house, &client, &token).await.json()["error"],
        "invalid_grant"
    );
}

async fn scope_may_shrink_and_never_grow(house: House) {
    let (client, token, _) = signed_in(&house).await;
    let ask = |scope: &'static str, token: String| {
        let (house, client) = (&house, &client);
        async move {
            let form = [
                ("grant_type", "refresh_token"),
                ("refresh_token", token.as_str()),
                ("scope", scope),
            ];
            house
                .call("/oauth2/token", Some(client), &form)
                .await
                .json()
        }
    };
    assert_eq!(
        ask("openid profile", token.clone()).await["error"],
        "invalid_scope"
    );
    assert_eq!(ask("email", token).await["scope"], "email");
}

async fn another_client_cannot_use_it_and_does_no_harm(house: House) {
    let (client, token, _) = signed_in(&house).await;
    let other = house.portal().await;
    assert_eq!(
        refresh(&house, &other, &token).await.json()["error"],
        "invalid_grant"
    );
    assert_eq!(
        refresh(&house, &client, &token).await.status,
        StatusCode::OK
    );
}

async fn a_new_password_ends_what_came_from_the_old_one(house: House) {
    let (client, token, _) = signed_in(&house).await;
    house
        .service
        .set_password(
            "alice",
            zeroize::Zeroizing::new("another sentence".to_owned()),
            &house.admin(),
        )
        .await
        .unwrap();
    assert_eq!(
        refresh(&house, &client, &token).await.json()["error"],
        "invalid_grant"
    );
}

/// Whoever stole a session and fetched a code with it does not outlive the reset.
async fn a_new_password_ends_a_code_that_was_not_redeemed_yet(house: House) {
    house.add_user("alice").await;
    let client = house.portal().await;
    let (code, _) = code(&house, &client.client_id, &[("scope", "openid")]).await;
    let password = zeroize::Zeroizing::new("another sentence".to_owned());
    house
        .service
        .set_password("alice", password, &house.admin())
        .await
        .unwrap();
    let answer = redeem(&house, &client, &code).await;
    assert_eq!(answer.json()["error"], "invalid_grant");
}

async fn ended_sessions_take_their_codes_along(house: House) {
    house.add_user("alice").await;
    let client = house.portal().await;
    let (code, _) = code(&house, &client.client_id, &[("scope", "openid")]).await;
    house
        .service
        .end_sessions("alice", &house.admin())
        .await
        .unwrap();
    let answer = redeem(&house, &client, &code).await;
    assert_eq!(answer.json()["error"], "invalid_grant");
}
