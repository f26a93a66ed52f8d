//! Several nodes on one database, and devices that go away.

use std::sync::atomic::Ordering;

use axum::http::StatusCode;
use crypto::SignatureAlgorithm;
use idp_authn::password_link::make_password_link;
use idp_oidc::signing_keys::{active_uris, register};
use platform_runtime::Clock as _;

use crate::{
    flow::{authorize, code, redeem, refresh, userinfo},
    key::{ES256_URI, MemoryKeys, RS256_URI, Unplugged},
    test_idp::{PASSWORD, TestIdp},
};

on_both![
    what_one_node_began_another_goes_on_with,
    a_code_raced_for_at_two_nodes_is_redeemed_once,
    a_code_redeemed_elsewhere_is_replayed_where_it_was_issued,
    guesses_count_at_all_nodes_together,
    both_nodes_sign_with_the_keys_that_were_recorded_first,
    what_is_past_its_end_is_deleted,
];

async fn what_one_node_began_another_goes_on_with(first: TestIdp) {
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
    // Reuse at one node voids the grant at the other.
    first.pass(31);
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

async fn a_code_raced_for_at_two_nodes_is_redeemed_once(first: TestIdp) {
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

/// The node that issued a code remembers it: not whether it was redeemed.
async fn a_code_redeemed_elsewhere_is_replayed_where_it_was_issued(first: TestIdp) {
    let second = first.second_node().await;
    first.add_user("alice").await;
    let client = first.portal().await;
    let (code, _) = code(&first, &client.client_id, &[]).await;
    let tokens = redeem(&second, &client, &code).await.json();
    let access = tokens["access_token"].as_str().unwrap();
    assert_eq!(userinfo(&first, access).await.status, StatusCode::OK);
    for node in [&first, &second] {
        assert_eq!(
            redeem(node, &client, &code).await.json()["error"],
            "invalid_grant"
        );
    }
    let answer = userinfo(&first, access).await;
    assert_eq!(answer.status, StatusCode::UNAUTHORIZED);
}

async fn guesses_count_at_all_nodes_together(first: TestIdp) {
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
    let keys = MemoryKeys::new();
    let es256 = Unplugged::new(keys.key(ES256_URI));
    keys.put(ES256_URI, es256.clone());
    let idp = TestIdp::with_keys(keys).await;
    idp.add_user("alice").await;
    let client = idp.portal().await;
    let (code, _) = code(&idp, &client.client_id, &[]).await;
    es256.gone.store(true, Ordering::SeqCst);
    let answer = redeem(&idp, &client, &code).await;
    assert_eq!(answer.status, StatusCode::SERVICE_UNAVAILABLE);
    assert_eq!(answer.json()["error"], "temporarily_unavailable");
    assert_eq!(answer.header("retry-after"), "2");
    es256.gone.store(false, Ordering::SeqCst);
    assert_eq!(redeem(&idp, &client, &code).await.status, StatusCode::OK);
}

async fn both_nodes_sign_with_the_keys_that_were_recorded_first(idp: TestIdp) {
    let (store, admin) = (&idp.store, idp.admin());
    let first = vec![ES256_URI.to_owned(), RS256_URI.to_owned()];
    assert_eq!(active_uris(store).await.unwrap(), Some(first.clone()));
    let others = vec![
        (SignatureAlgorithm::EcdsaP256Sha256, "memory:c".to_owned()),
        (SignatureAlgorithm::RsaPkcs1Sha256, "memory:d".to_owned()),
    ];
    register(store, &admin, idp.clock.now(), others)
        .await
        .unwrap();
    assert_eq!(active_uris(store).await.unwrap(), Some(first));
    assert_eq!(idp.count("idp.key.record", "success").await, 2);
}

async fn what_is_past_its_end_is_deleted(idp: TestIdp) {
    idp.add_user("alice").await;
    let client = idp.portal().await;
    let (code, _) = code(
        &idp,
        &client.client_id,
        &[("scope", "openid offline_access")],
    )
    .await;
    redeem(&idp, &client, &code).await;
    redeem(&idp, &client, &code).await;
    make_password_link(&idp.authn, &idp.admin(), "alice")
        .await
        .unwrap();
    idp.browser()
        .sign_in("/sign-in", "alice", "wrong horse")
        .await;
    let count = async || {
        let mut rows = 0;
        for sql in [
            "SELECT COUNT(*) AS n FROM idp_code",
            "SELECT COUNT(*) AS n FROM idp_session",
            "SELECT COUNT(*) AS n FROM idp_grant",
            "SELECT COUNT(*) AS n FROM idp_refresh_token",
            "SELECT COUNT(*) AS n FROM idp_revoked",
            "SELECT COUNT(*) AS n FROM idp_password_link",
            "SELECT COUNT(*) AS n FROM idp_throttle",
            "SELECT COUNT(*) AS n FROM idp_interaction",
        ] {
            let row = idp
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
        for job in idp.jobs() {
            assert!((job.run)().await.is_ok());
        }
    };
    let before = count().await;
    run().await;
    assert_eq!(count().await, before);
    idp.pass(91 * 24 * 3600);
    run().await;
    assert_eq!(count().await, 0);
}
