//! Signing keys rotate, and no token becomes invalid by it.

use axum::http::StatusCode;
use idp_oidc::{
    model::KeyState,
    rotate_keys::{Rotation, rotate_keys},
};

use crate::{
    flow::{code, redeem, userinfo},
    jwt,
    key::{ES256_URI, MemoryKeys, RS256_URI},
    test_idp::TestIdp,
};

on_both![
    a_rotation_by_command_makes_no_token_invalid,
    a_compromised_key_is_replaced_at_once_on_every_node,
    a_compromised_key_takes_no_other_algorithm_along,
    keys_rotate_on_schedule,
    an_interrupted_rotation_is_continued,
    a_node_without_the_new_key_signs_with_the_one_before,
];

const DAY: u64 = 24 * 60 * 60;
const DEFAULT: Rotation = Rotation {
    algorithm: None,
    at_once: false,
};

async fn a_rotation_by_command_makes_no_token_invalid(first: TestIdp) {
    let second = first.second_node().await;
    first.add_user("alice").await;
    let client = first.portal().await;
    let before = kids(&second).await;
    rotate_keys(&first.oidc, &first.admin(), DEFAULT)
        .await
        .unwrap();
    // Published at once, signing a day later.
    let published = kids(&first).await;
    assert_eq!(published.len(), 4);
    let token = access_token(&first, &client).await;
    assert!(before.contains(&kid(&token)));

    first.pass(DAY + 1);
    run_jobs(&first).await;
    let new = access_token(&first, &client).await;
    assert!(published.contains(&kid(&new)) && !before.contains(&kid(&new)));
    assert_eq!(userinfo(&second, &new).await.status, StatusCode::OK);
    // The old token has expired by now, but not its signature: the key still verifies
    // after its adapter has lost it.
    first.keys.destroy(ES256_URI);
    first.keys.destroy(RS256_URI);
    assert!(
        kids(&first.second_node().await)
            .await
            .contains(&kid(&token))
    );
    // Once no token of it can be valid, it is published no more.
    first.pass(2 * DAY);
    run_jobs(&first).await;
    let left = kids(&first).await;
    assert_eq!(left.len(), 2);
    assert!(!left.contains(&kid(&token)));
    assert_eq!(
        states(&first).await,
        ["active", "active", "expired", "expired"]
    );
}

async fn a_compromised_key_is_replaced_at_once_on_every_node(first: TestIdp) {
    let second = first.second_node().await;
    first.add_user("alice").await;
    let client = first.portal().await;
    let old = access_token(&first, &client).await;
    let rotation = Rotation {
        algorithm: Some(crypto::SignatureAlgorithm::EcdsaP256Sha256),
        at_once: true,
    };
    rotate_keys(&first.oidc, &first.admin(), rotation)
        .await
        .unwrap();
    let new = access_token(&first, &client).await;
    assert_ne!(kid(&new), kid(&old));
    // The new one first: an unknown `kid` makes the other node look at once.
    for (token, status) in [(&new, StatusCode::OK), (&old, StatusCode::UNAUTHORIZED)] {
        for node in [&first, &second] {
            assert_eq!(userinfo(node, token).await.status, status);
        }
    }
    assert_eq!(first.count("idp.signing_key.rotate", "success").await, 4);
}

async fn a_compromised_key_takes_no_other_algorithm_along(idp: TestIdp) {
    rotate_keys(&idp.oidc, &idp.admin(), DEFAULT).await.unwrap();
    // Both next keys are due, and no job has run.
    idp.pass(DAY + 1);
    let rotation = Rotation {
        algorithm: Some(crypto::SignatureAlgorithm::EcdsaP256Sha256),
        at_once: true,
    };
    rotate_keys(&idp.oidc, &idp.admin(), rotation)
        .await
        .unwrap();
    assert_eq!(
        states(&idp).await,
        ["active", "active", "expired", "retired"]
    );
}

async fn keys_rotate_on_schedule(idp: TestIdp) {
    run_jobs(&idp).await;
    assert_eq!(states(&idp).await, ["active", "active"]);
    idp.pass(89 * DAY + 1);
    run_jobs(&idp).await;
    assert_eq!(states(&idp).await, ["active", "active", "next", "next"]);
    run_jobs(&idp).await;
    assert_eq!(states(&idp).await, ["active", "active", "next", "next"]);
    idp.pass(DAY);
    run_jobs(&idp).await;
    assert_eq!(
        states(&idp).await,
        ["active", "active", "retired", "retired"]
    );
}

async fn an_interrupted_rotation_is_continued(idp: TestIdp) {
    // As a crash leaves it after the intent, before the device was asked.
    let sql = "INSERT INTO idp_signing_key (uri, algorithm, state, created_at, activates_at)
         VALUES ('memory:interrupted', 'ES256', 'pending', 1, 1)";
    idp.store
        .transact(async move |tx| tx.execute(sql, vec![]).await)
        .await
        .unwrap();
    assert_eq!(kids(&idp.second_node().await).await.len(), 2);
    run_jobs(&idp).await;
    let keys = keys(&idp).await;
    let uri = |state| {
        let key = keys.iter().find(|key| {
            key.state == state && key.algorithm == crypto::SignatureAlgorithm::EcdsaP256Sha256
        });
        key.map(|key| key.uri.clone())
    };
    assert_eq!(uri(KeyState::Active).unwrap(), "memory:interrupted");
    assert_eq!(uri(KeyState::Retired).unwrap(), ES256_URI);
    assert_eq!(uri(KeyState::Pending), None);
}

/// Nodes with a folder of software keys each: the new key is in that of the node that made it.
async fn a_node_without_the_new_key_signs_with_the_one_before(first: TestIdp) {
    let second = first.node_with_keys(MemoryKeys::new()).await;
    first.add_user("alice").await;
    let client = first.portal().await;
    rotate_keys(&first.oidc, &first.admin(), DEFAULT)
        .await
        .unwrap();
    first.pass(DAY + 1);
    run_jobs(&first).await;
    let restarted = first.node_with_keys(MemoryKeys::new()).await;
    let new = access_token(&first, &client).await;
    for node in [&second, &restarted] {
        let old = access_token(node, &client).await;
        assert_ne!(kid(&old), kid(&new));
        for (token, at) in [(&old, &first), (&old, node), (&new, node)] {
            assert_eq!(userinfo(at, token).await.status, StatusCode::OK);
        }
        assert_eq!(kids(node).await, kids(&first).await);
    }
}

async fn access_token(idp: &TestIdp, client: &idp_oidc::ClientCredentials) -> String {
    let (code, _) = code(idp, &client.client_id, &[]).await;
    let tokens = redeem(idp, client, &code).await.json();
    let token = tokens["access_token"].as_str().unwrap().to_owned();
    jwt::verify(idp, &token).await;
    token
}

async fn run_jobs(idp: &TestIdp) {
    for job in idp.jobs() {
        assert!((job.run)().await.is_ok(), "{}", job.name);
    }
}

async fn keys(idp: &TestIdp) -> Vec<idp_oidc::model::SigningKeyInfo> {
    idp_oidc::list_keys::list_keys(&idp.oidc, &idp.admin())
        .await
        .unwrap()
}

/// The states of all keys, sorted.
async fn states(idp: &TestIdp) -> Vec<&'static str> {
    let mut states: Vec<_> = keys(idp).await.iter().map(|key| key.state.name()).collect();
    states.sort_unstable();
    states
}

/// The key ids that a node publishes.
async fn kids(idp: &TestIdp) -> Vec<String> {
    let jwks = idp.browser().get("/oauth2/jwks").await.json();
    let keys = jwks["keys"].as_array().unwrap().iter();
    keys.map(|key| key["kid"].as_str().unwrap().to_owned())
        .collect()
}

fn kid(token: &str) -> String {
    use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
    let header = URL_SAFE_NO_PAD
        .decode(token.split('.').next().unwrap())
        .unwrap();
    let header: serde_json::Value = serde_json::from_slice(&header).unwrap();
    header["kid"].as_str().unwrap().to_owned()
}
