//! Client credentials, revocation, introspection, and tokens for our own API.

use axum::http::StatusCode;
use idp_oidc::NewClient;
use oauth::GrantType;
use platform_access::Actor;

use crate::{
    flow::{VERIFIER, code, redeem, refresh, userinfo},
    jwt,
    test_idp::{CALLBACK, ISSUER, TestIdp, portal},
};

on_both![
    a_robot_gets_a_token_for_the_api,
    a_user_through_a_client_may_what_both_may,
    tokens_for_other_audiences_do_not_open_the_api,
    a_revoked_token_is_void,
    revoking_a_refresh_token_voids_its_family,
    a_token_for_another_resource_opens_that_one_alone,
    introspection_tells_those_whom_it_concerns,
    a_disabled_client_is_refused_at_once,
    a_renewed_secret_ends_the_old_one,
];

fn robot(permissions: &[&str]) -> NewClient {
    NewClient {
        name: "robot".to_owned(),
        grant_types: vec![GrantType::ClientCredentials],
        permissions: permissions
            .iter()
            .map(|permission| (*permission).to_owned())
            .collect(),
        resources: vec!["https://archive.example/".to_owned()],
        ..NewClient::default()
    }
}

const CREDENTIALS: (&str, &str) = ("grant_type", "client_credentials");

async fn a_robot_gets_a_token_for_the_api(idp: TestIdp) {
    let client = idp.add_client(robot(&["ca.certificate.issue"])).await;
    let answer = idp
        .call("/oauth2/token", Some(&client), &[CREDENTIALS])
        .await;
    assert_eq!(answer.status, StatusCode::OK, "{}", answer.body);
    let tokens = answer.json();
    assert!(tokens["refresh_token"].is_null() && tokens["id_token"].is_null());
    let token = tokens["access_token"].as_str().unwrap();
    let (_, claims) = jwt::verify(&idp, token).await;
    assert_eq!(claims["sub"], client.client_id);
    assert_eq!(claims["aud"], format!("{ISSUER}/api/v1"));
    assert_eq!(claims["permissions"], "ca.certificate.issue");

    let actor = idp.authenticate_bearer(token).await.unwrap();
    assert!(matches!(&actor, Actor::Client { id, .. } if *id == client.client_id));
    assert!(may(&actor, "ca.certificate.issue"));
    assert!(!may(&actor, "idp.user.add"));
    assert_eq!(userinfo(&idp, token).await.status, StatusCode::FORBIDDEN);

    idp.pass(601);
    assert!(idp.authenticate_bearer(token).await.is_err());
}

async fn a_user_through_a_client_may_what_both_may(idp: TestIdp) {
    idp.add_user("alice").await;
    let client = idp
        .add_client(NewClient {
            permissions: vec!["ca.*".to_owned(), "idp.*".to_owned()],
            ..portal()
        })
        .await;
    let (code, _) = code(&idp, &client.client_id, &[("scope", "openid api")]).await;
    let tokens = redeem(&idp, &client, &code).await.json();
    let actor = idp
        .authenticate_bearer(tokens["access_token"].as_str().unwrap())
        .await
        .unwrap();
    assert!(matches!(&actor, Actor::User { name, .. } if name == "alice"));
    assert!(may(&actor, "ca.certificate.revoke"));
    assert!(!may(&actor, "ca.authority.add"));
    assert!(!may(&actor, "idp.user.add"));
    // An ID token opens nothing.
    assert!(
        idp.authenticate_bearer(tokens["id_token"].as_str().unwrap())
            .await
            .is_err()
    );
}

async fn tokens_for_other_audiences_do_not_open_the_api(idp: TestIdp) {
    let client = idp.add_client(robot(&["*"])).await;
    let form = [CREDENTIALS, ("resource", "https://archive.example/")];
    let tokens = idp.call("/oauth2/token", Some(&client), &form).await.json();
    let token = tokens["access_token"].as_str().unwrap();
    assert_eq!(
        jwt::verify(&idp, token).await.1["aud"],
        "https://archive.example/"
    );
    assert!(idp.authenticate_bearer(token).await.is_err());
    let form = [CREDENTIALS, ("resource", "https://elsewhere.example/")];
    let answer = idp.call("/oauth2/token", Some(&client), &form).await;
    assert_eq!(answer.json()["error"], "invalid_target");
}

async fn a_revoked_token_is_void(idp: TestIdp) {
    let client = idp.add_client(robot(&["*"])).await;
    let tokens = idp
        .call("/oauth2/token", Some(&client), &[CREDENTIALS])
        .await
        .json();
    let token = tokens["access_token"].as_str().unwrap();
    idp.authenticate_bearer(token).await.unwrap();
    let other = idp.portal().await;
    let form = [("token", token)];
    assert_eq!(
        idp.call("/oauth2/revoke", Some(&other), &form).await.status,
        StatusCode::OK
    );
    idp.authenticate_bearer(token).await.unwrap();
    assert_eq!(
        idp.call("/oauth2/revoke", Some(&client), &form)
            .await
            .status,
        StatusCode::OK
    );
    assert!(idp.authenticate_bearer(token).await.is_err());
    assert_eq!(idp.count("idp.token.revoke", "success").await, 1);
    let unknown = [("token", "unknown")];
    assert_eq!(
        idp.call("/oauth2/revoke", Some(&client), &unknown)
            .await
            .status,
        StatusCode::OK
    );
}

async fn revoking_a_refresh_token_voids_its_family(idp: TestIdp) {
    idp.add_user("alice").await;
    let client = idp.portal().await;
    let (code, _) = code(
        &idp,
        &client.client_id,
        &[("scope", "openid offline_access")],
    )
    .await;
    let tokens = redeem(&idp, &client, &code).await.json();
    let (access, token) = (
        tokens["access_token"].as_str().unwrap(),
        tokens["refresh_token"].as_str().unwrap(),
    );
    idp.call("/oauth2/revoke", Some(&client), &[("token", token)])
        .await;
    assert_eq!(
        refresh(&idp, &client, token).await.json()["error"],
        "invalid_grant"
    );
    assert_eq!(
        userinfo(&idp, access).await.status,
        StatusCode::UNAUTHORIZED
    );
}

async fn a_token_for_another_resource_opens_that_one_alone(idp: TestIdp) {
    const ARCHIVE: &str = "https://archive.example/";
    const SHOP: &str = "https://shop.example/";
    idp.add_user("alice").await;
    let client = NewClient {
        resources: vec![ARCHIVE.to_owned(), SHOP.to_owned()],
        ..portal()
    };
    let client = idp.add_client(client).await;
    let more = [
        ("scope", "openid profile offline_access"),
        ("resource", ARCHIVE),
    ];
    let token = async |form: &[(&str, &str)]| idp.call("/oauth2/token", Some(&client), form).await;
    let (code, _) = code(&idp, &client.client_id, &more).await;
    let redeem = |resource| {
        [
            ("grant_type", "authorization_code"),
            ("code", code.as_str()),
            ("redirect_uri", CALLBACK),
            ("code_verifier", VERIFIER),
            ("resource", resource),
        ]
    };
    // RFC 8707 §2.2: registered as well, and not what the user signed in for.
    assert_eq!(token(&redeem(SHOP)).await.json()["error"], "invalid_target");
    let tokens = token(&redeem(ARCHIVE)).await.json();
    let access = tokens["access_token"].as_str().unwrap();
    assert_eq!(jwt::verify(&idp, access).await.1["aud"], ARCHIVE);
    // The archive, which is given it, learns no name by it.
    let answer = userinfo(&idp, access).await;
    assert_eq!(answer.status, StatusCode::UNAUTHORIZED);
    let refresh = |resource| {
        [
            ("grant_type", "refresh_token"),
            ("refresh_token", tokens["refresh_token"].as_str().unwrap()),
            ("resource", resource),
        ]
    };
    assert_eq!(
        token(&refresh(SHOP)).await.json()["error"],
        "invalid_target"
    );
    let refreshed = token(&refresh(ARCHIVE)).await.json();
    let access = refreshed["access_token"].as_str().unwrap();
    assert_eq!(jwt::verify(&idp, access).await.1["aud"], ARCHIVE);
}

async fn introspection_tells_those_whom_it_concerns(idp: TestIdp) {
    idp.add_user("alice").await;
    let client = idp.portal().await;
    let stranger = idp.portal().await;
    let auditor = idp.add_client(robot(&["idp.token.introspect"])).await;
    let (code, _) = code(
        &idp,
        &client.client_id,
        &[("scope", "openid offline_access")],
    )
    .await;
    let tokens = redeem(&idp, &client, &code).await.json();
    let ask = async |who, name: &str| {
        let form = [("token", tokens[name].as_str().unwrap())];
        idp.call("/oauth2/introspect", Some(who), &form)
            .await
            .json()
    };
    assert_eq!(ask(&client, "access_token").await["active"], true);
    assert_eq!(
        ask(&client, "access_token").await["client_id"],
        client.client_id
    );
    assert_eq!(ask(&client, "refresh_token").await["active"], true);
    assert_eq!(ask(&auditor, "access_token").await["active"], true);
    assert_eq!(
        ask(&stranger, "access_token").await,
        serde_json::json!({ "active": false })
    );
    assert_eq!(
        ask(&stranger, "refresh_token").await,
        serde_json::json!({ "active": false })
    );
    assert_eq!(ask(&client, "id_token").await["active"], false);
    idp.pass(601);
    assert_eq!(ask(&client, "access_token").await["active"], false);
}

async fn a_disabled_client_is_refused_at_once(idp: TestIdp) {
    let client = idp.add_client(robot(&["*"])).await;
    let tokens = idp
        .call("/oauth2/token", Some(&client), &[CREDENTIALS])
        .await
        .json();
    idp.set_client_disabled(&client.client_id, true)
        .await
        .unwrap();
    let answer = idp
        .call("/oauth2/token", Some(&client), &[CREDENTIALS])
        .await;
    assert_eq!(answer.json()["error"], "invalid_client");
    assert!(
        idp.authenticate_bearer(tokens["access_token"].as_str().unwrap())
            .await
            .is_err()
    );
}

async fn a_renewed_secret_ends_the_old_one(idp: TestIdp) {
    let old = idp.add_client(robot(&["*"])).await;
    let new = idp.renew_client_secret(&old.client_id).await.unwrap();
    let answer = idp.call("/oauth2/token", Some(&old), &[CREDENTIALS]).await;
    assert_eq!(answer.status, StatusCode::UNAUTHORIZED);
    assert!(answer.header("www-authenticate").starts_with("Basic"));
    assert_eq!(
        idp.call("/oauth2/token", Some(&new), &[CREDENTIALS])
            .await
            .status,
        StatusCode::OK
    );
}

#[tokio::test]
async fn discovery_names_what_there_is() {
    let idp = TestIdp::new().await;
    for path in [
        "/.well-known/openid-configuration",
        "/.well-known/oauth-authorization-server",
    ] {
        let document = idp.browser().get(path).await.json();
        assert_eq!(document["issuer"], ISSUER);
        assert_eq!(
            document["code_challenge_methods_supported"],
            serde_json::json!(["S256"])
        );
        assert_eq!(
            document["end_session_endpoint"],
            format!("{ISSUER}/oauth2/logout")
        );
    }
}

fn may(actor: &Actor, action: &str) -> bool {
    actor
        .permissions()
        .is_some_and(|permissions| permissions.cover(action))
}
