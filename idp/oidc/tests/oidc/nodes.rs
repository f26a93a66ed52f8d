//! Several nodes on one database, and devices that go away.

use std::sync::atomic::Ordering;

use axum::http::StatusCode;
use idp::SigningKeys;

use crate::{
    flow::{authorize, code, redeem, refresh, userinfo},
    house::{House, PASSWORD},
    key::{Unplugged, signing_keys},
};

on_both![
    what_one_node_began_another_goes_on_with,
    a_code_raced_for_at_two_nodes_is_redeemed_once,
    guesses_count_at_all_nodes_together,
    both_nodes_sign_with_the_keys_that_were_recorded_first,
    what_is_past_its_end_is_deleted,
];

async fn what_one_node_began_another_goes_on_with(first: House) {
    let second = first.second_node().await;
    first.add_user("alice").await;
    let client = first.portal().await;
    let scope = [("scope", "openid offline_access")];
    let (code, mut browser) = code(&first, &client.client_id, &scope).await;
    let answer = browser
        .at(&second)
        .get(&authorize(&client.client_id, &[("prompt", "none")]))
        .await;
    assert!(answer.parameter("code").is_some());

    let tokens = redeem(&second, &client, &code).await.json();
    let access = tokens["access_token"].as_str().unwrap();
    assert_eq!(userinfo(&first, access).await.status, StatusCode::OK);
    let token = tokens["refresh_token"].as_str().unwrap();
    assert_eq!(refresh(&first, &client, token).await.status, StatusCode::OK);
    // Reuse at one node voids the family at the other.
    assert_eq!(
        refresh(&second, &client, token).await.json()["error"],
        "invalid_grant"
    );
    assert_eq!(
        userinfo(&first, access).await.status,
        StatusCode::UNAUTHORIZED
    );
    assert_eq!(
        redeem(&first, &client, &code).await.json()["error"],
        "invalid_grant"
    );
}

async fn a_code_raced_for_at_two_nodes_is_redeemed_once(first: House) {
    let nodes = std::sync::Arc::new([first.second_node().await, first]);
    nodes[0].add_user("alice").await;
    let client = std::sync::Arc::new(nodes[0].portal().await);
    for _ in 0..4 {
        let (code, _) = code(&nodes[0], &client.client_id, &[]).await;
        let tasks: Vec<_> = (0..8)
            .map(|index| {
                let (nodes, client, code) = (nodes.clone(), client.clone(), code.clone());
                tokio::spawn(async move { redeem(&nodes[index % 2], &client, &code).await.status })
            })
            .collect();
        let mut good = 0;
        for task in tasks {
            good += usize::from(task.await.unwrap() == StatusCode::OK);
        }
        assert_eq!(good, 1);
    }
}

async fn guesses_count_at_all_nodes_together(first: House) {
    let second = first.second_node().await;
    first.add_user("alice").await;
    for node in [&first, &second, &first, &second, &first] {
        let answer = node
            .browser()
            .sign_in("/sign-in", "alice", "wrong horse")
            .await;
        assert_eq!(answer.status, StatusCode::FORBIDDEN);
    }
    let answer = second
        .browser()
        .sign_in("/sign-in", "alice", PASSWORD)
        .await;
    assert_eq!(answer.status, StatusCode::TOO_MANY_REQUESTS);
}

#[tokio::test]
async fn a_signing_device_that_is_gone_is_said_and_costs_nobody_their_code() {
    let keys = signing_keys();
    let es256 = Unplugged::new(keys.es256.clone());
    let keys = SigningKeys {
        es256: es256.clone(),
        rs256: keys.rs256,
    };
    let house = House::with_keys(keys).await;
    house.add_user("alice").await;
    let client = house.portal().await;
    let (code, _) = code(&house, &client.client_id, &[]).await;
    es256.gone.store(true, Ordering::SeqCst);
    let answer = redeem(&house, &client, &code).await;
    assert_eq!(answer.status, StatusCode::SERVICE_UNAVAILABLE);
    assert_eq!(answer.json()["error"], "temporarily_unavailable");
    assert_eq!(answer.header("retry-after"), "2");
    es256.gone.store(false, Ordering::SeqCst);
    assert_eq!(redeem(&house, &client, &code).await.status, StatusCode::OK);
}

async fn both_nodes_sign_with_the_keys_that_were_recorded_first(house: House) {
    let now = "2026-03-01T08:00:00Z".parse().unwrap();
    let (store, admin) = (&house.store, house.admin());
    assert_eq!(idp::key_uris(store).await.unwrap(), None);
    let first = idp::record_keys(store, "software:a", "software:b", &admin, now)
        .await
        .unwrap();
    let second = idp::record_keys(store, "software:c", "software:d", &admin, now)
        .await
        .unwrap();
    assert_eq!(first, ("software:a".to_owned(), "software:b".to_owned()));
    assert_eq!(first, second);
    assert_eq!(house.count("idp.key.record", "success").await, 2);
}

async fn what_is_past_its_end_is_deleted(house: House) {
    house.add_user("alice").await;
    let client = house.portal().await;
    let (code, _) = code(
        &house,
        &client.client_id,
        &[("scope", "openid offline_access")],
    )
    .await;
    redeem(&house, &client, &code).await;
    redeem(&house, &client, &code).await;
    house
        .service
        .password_link("alice", &house.admin())
        .await
        .unwrap();
    house
        .browser()
        .sign_in("/sign-in", "alice", "wrong horse")
        .await;
    let count = async || {
        let mut rows = 0;
        for sql in [
            "SELECT COUNT(*) AS n FROM idp_code",
            "SELECT COUNT(*) AS n FROM idp_session",
            "SELECT COUNT(*) AS n FROM idp_refresh_family",
            "SELECT COUNT(*) AS n FROM idp_refresh_token",
            "SELECT COUNT(*) AS n FROM idp_revoked",
            "SELECT COUNT(*) AS n FROM idp_password_link",
            "SELECT COUNT(*) AS n FROM idp_throttle",
        ] {
            let row = house
                .store
                .fetch_optional(sql, vec![])
                .await
                .unwrap()
                .unwrap();
            rows += row.get::<i64>("n").unwrap();
        }
        rows
    };
    let run = async || {
        for job in house.service.jobs() {
            assert!((job.run)().await.is_ok());
        }
    };
    let before = count().await;
    run().await;
    assert_eq!(count().await, before);
    house.pass(91 * 24 * 3600);
    run().await;
    assert_eq!(count().await, 0);
}
