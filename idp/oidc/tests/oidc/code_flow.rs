//! From an authorization request to tokens.

use aws_lc_rs::digest::{SHA256, digest};
use axum::http::StatusCode;
use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use crypto::SignatureAlgorithm;
use idp_directory::UserChange;
use idp_oidc::{ClientChange, NewClient};
use oauth::ClientAuthMethod;
use serde_json::Value as Json;

use crate::{
    flow::{VERIFIER, authorize, code, redeem, refresh, userinfo},
    jwt,
    test_idp::{CALLBACK, ISSUER, PASSWORD, TestIdp, portal},
};

on_both![
    a_person_signs_in_and_the_client_gets_tokens,
    claims_are_in_the_id_token_where_the_client_is_set_so,
    an_address_is_verified_unless_it_is_marked_otherwise,
    a_live_session_needs_no_second_sign_in,
    id_tokens_by_es256_where_the_client_is_registered_so,
    a_code_is_good_once_and_its_replay_voids_what_came_from_it,
    of_many_who_redeem_a_code_at_once_one_gets_tokens,
    what_does_not_fit_the_code_gets_nothing,
    a_code_is_good_for_a_minute,
    a_public_client_must_use_pkce_and_chooses_its_port,
    a_disabled_user_gets_no_tokens,
];

async fn a_person_signs_in_and_the_client_gets_tokens(idp: TestIdp) {
    let sub = idp.add_user("alice").await;
    let client = idp.portal().await;
    let mut browser = idp.browser();

    let answer = browser
        .sign_in(&authorize(&client.client_id, &[]), "alice", PASSWORD)
        .await;
    assert_eq!(answer.status, StatusCode::SEE_OTHER);
    let answer = browser.get(answer.location()).await;
    assert!(answer.location().starts_with(CALLBACK));
    assert_eq!(answer.parameter("state").unwrap(), "st4te&=");
    assert_eq!(answer.parameter("iss").unwrap(), ISSUER);

    let answer = redeem(&idp, &client, &answer.parameter("code").unwrap()).await;
    assert_eq!(answer.status, StatusCode::OK, "{}", answer.body);
    assert_eq!(answer.header("cache-control"), "no-store");
    let tokens = answer.json();
    assert_eq!(tokens["token_type"], "Bearer");
    assert!(tokens["refresh_token"].is_null());

    let (header, id) = jwt::verify(&idp, tokens["id_token"].as_str().unwrap()).await;
    assert_eq!(header["alg"], "RS256");
    assert_eq!(id["iss"], ISSUER);
    assert_eq!(id["aud"], client.client_id);
    assert_eq!(id["sub"], sub);
    assert_eq!(id["nonce"], "n0nce");
    assert_eq!(id["amr"][0], "pwd");
    assert!(id["auth_time"].as_i64().unwrap() <= id["iat"].as_i64().unwrap());
    // OpenID Connect Core §3.1.3.6.
    let hash = digest(&SHA256, tokens["access_token"].as_str().unwrap().as_bytes());
    let half = URL_SAFE_NO_PAD.encode(&hash.as_ref()[..16]);
    assert_eq!(id["at_hash"], half);
    for claim in [
        "name",
        "preferred_username",
        "updated_at",
        "email",
        "email_verified",
    ] {
        assert!(id[claim].is_null(), "{claim}");
    }

    let access = tokens["access_token"].as_str().unwrap();
    let (header, claims) = jwt::verify(&idp, access).await;
    assert_eq!(
        (header["alg"].as_str(), header["typ"].as_str()),
        (Some("ES256"), Some("at+jwt"))
    );
    for name in [
        "iss",
        "exp",
        "aud",
        "sub",
        "client_id",
        "iat",
        "jti",
        "auth_time",
        "acr",
        "scope",
    ] {
        assert!(!claims[name].is_null(), "{name}");
    }

    let info = userinfo(&idp, access).await.json();
    assert_eq!(info["sub"], sub);
    assert_eq!(info["preferred_username"], "alice");
    assert_eq!(info["email"], "alice@example.org");

    for action in ["idp.sign_in", "idp.code.issue", "idp.token.issue"] {
        assert_eq!(idp.count(action, "success").await, 1, "{action}");
    }
}

/// For applications that read nothing but the ID token.
async fn claims_are_in_the_id_token_where_the_client_is_set_so(idp: TestIdp) {
    idp.add_user("alice").await;
    let client = idp
        .add_client(NewClient {
            claims_in_id_token: true,
            ..portal()
        })
        .await;
    let id = client.client_id.as_str();
    let (code, mut browser) = code(&idp, id, &[("scope", "openid profile offline_access")]).await;
    let tokens = redeem(&idp, &client, &code).await.json();
    let (_, claims) = jwt::verify(&idp, tokens["id_token"].as_str().unwrap()).await;
    assert_eq!(claims["name"], "Alice Wang");
    assert_eq!(claims["preferred_username"], "alice");
    assert!(claims["updated_at"].is_i64());
    // Not asked for.
    assert!(claims["email"].is_null() && claims["email_verified"].is_null());
    let token = tokens["refresh_token"].as_str().unwrap();
    let tokens = refresh(&idp, &client, token).await.json();
    let (_, claims) = jwt::verify(&idp, tokens["id_token"].as_str().unwrap()).await;
    assert_eq!(claims["name"], "Alice Wang");

    let path = authorize(id, &[("scope", "openid email")]);
    let code = browser.get(&path).await.parameter("code").unwrap();
    let tokens = redeem(&idp, &client, &code).await.json();
    let (_, claims) = jwt::verify(&idp, tokens["id_token"].as_str().unwrap()).await;
    assert_eq!(claims["email"], "alice@example.org");
    assert_eq!(claims["email_verified"], true);
    assert!(claims["name"].is_null());

    let change = ClientChange {
        claims_in_id_token: Some(false),
        ..ClientChange::default()
    };
    idp.change_client(id, change).await.unwrap();
    let code = browser.get(&path).await.parameter("code").unwrap();
    let tokens = redeem(&idp, &client, &code).await.json();
    let (_, claims) = jwt::verify(&idp, tokens["id_token"].as_str().unwrap()).await;
    assert!(claims["email"].is_null());
}

async fn an_address_is_verified_unless_it_is_marked_otherwise(idp: TestIdp) {
    idp.add_user("alice").await;
    let client = idp.portal().await;
    let (code, _) = code(&idp, &client.client_id, &[]).await;
    let tokens = redeem(&idp, &client, &code).await.json();
    let access = tokens["access_token"].as_str().unwrap();
    let told = async |change: Option<UserChange>| {
        if let Some(change) = change {
            idp.change_user("alice", change).await.unwrap();
        }
        let info = userinfo(&idp, access).await.json();
        (info["email"].clone(), info["email_verified"].clone())
    };
    let change = |email: Option<&str>, email_verified| {
        Some(UserChange {
            email: email.map(str::to_owned),
            email_verified,
            ..UserChange::default()
        })
    };
    let is = |email: &str, verified: bool| (email.into(), verified.into());
    assert_eq!(told(None).await, is("alice@example.org", true));
    assert_eq!(
        told(change(None, Some(false))).await,
        is("alice@example.org", false)
    );
    // Another change leaves the mark.
    let name = Some(UserChange {
        display_name: Some("Alice".to_owned()),
        ..UserChange::default()
    });
    assert_eq!(told(name).await, is("alice@example.org", false));
    assert_eq!(
        told(change(Some("a@b.example"), None)).await,
        is("a@b.example", true)
    );
    assert_eq!(
        told(change(Some("c@d.example"), Some(false))).await,
        is("c@d.example", false)
    );
    assert_eq!(told(change(Some(""), None)).await, (Json::Null, Json::Null));
}

async fn a_live_session_needs_no_second_sign_in(idp: TestIdp) {
    idp.add_user("alice").await;
    let client = idp.portal().await;
    let (_, mut browser) = code(&idp, &client.client_id, &[]).await;
    let answer = browser
        .get(&authorize(&client.client_id, &[("prompt", "none")]))
        .await;
    assert!(answer.parameter("code").is_some());
    // Idle for longer than a session may lie.
    idp.pass(2 * 60 * 60 + 1);
    let answer = browser
        .get(&authorize(&client.client_id, &[("prompt", "none")]))
        .await;
    assert_eq!(answer.parameter("error").unwrap(), "login_required");
}

async fn id_tokens_by_es256_where_the_client_is_registered_so(idp: TestIdp) {
    idp.add_user("alice").await;
    let client = idp
        .add_client(NewClient {
            id_token_alg: Some(SignatureAlgorithm::EcdsaP256Sha256),
            ..portal()
        })
        .await;
    let (code, _) = code(&idp, &client.client_id, &[]).await;
    let tokens = redeem(&idp, &client, &code).await.json();
    let (header, _) = jwt::verify(&idp, tokens["id_token"].as_str().unwrap()).await;
    assert_eq!(header["alg"], "ES256");
}

async fn a_code_is_good_once_and_its_replay_voids_what_came_from_it(idp: TestIdp) {
    idp.add_user("alice").await;
    let client = idp.portal().await;
    let (code, _) = code(
        &idp,
        &client.client_id,
        &[("scope", "openid offline_access")],
    )
    .await;
    let tokens = redeem(&idp, &client, &code).await.json();
    let access = tokens["access_token"].as_str().unwrap();
    assert_eq!(userinfo(&idp, access).await.status, StatusCode::OK);

    let answer = redeem(&idp, &client, &code).await;
    assert_eq!(answer.status, StatusCode::BAD_REQUEST);
    assert_eq!(answer.json()["error"], "invalid_grant");
    assert_eq!(
        userinfo(&idp, access).await.status,
        StatusCode::UNAUTHORIZED
    );
    let answer = refresh(&idp, &client, tokens["refresh_token"].as_str().unwrap()).await;
    assert_eq!(answer.json()["error"], "invalid_grant");
    assert_eq!(idp.count("idp.code.redeem", "refused").await, 1);
}

async fn of_many_who_redeem_a_code_at_once_one_gets_tokens(idp: TestIdp) {
    let idp = std::sync::Arc::new(idp);
    idp.add_user("alice").await;
    let client = std::sync::Arc::new(idp.portal().await);
    let (code, _) = code(&idp, &client.client_id, &[]).await;
    let tasks: Vec<_> = (0..16)
        .map(|_| {
            let (idp, client, code) = (idp.clone(), client.clone(), code.clone());
            tokio::spawn(async move { redeem(&idp, &client, &code).await.status })
        })
        .collect();
    let mut good = 0;
    for task in tasks {
        good += usize::from(task.await.unwrap() == StatusCode::OK);
    }
    assert_eq!(good, 1);
}

async fn what_does_not_fit_the_code_gets_nothing(idp: TestIdp) {
    idp.add_user("alice").await;
    let client = idp.portal().await;
    let other = idp.portal().await;
    let (code, _) = code(&idp, &client.client_id, &[]).await;
    let base = [
        ("grant_type", "authorization_code"),
        ("code", code.as_str()),
    ];
    let wrong_verifier = VERIFIER.replace('d', "e");
    for (credentials, more) in [
        (
            &client,
            vec![
                ("redirect_uri", CALLBACK),
                ("code_verifier", wrong_verifier.as_str()),
            ],
        ),
        (&client, vec![("redirect_uri", CALLBACK)]),
        (
            &client,
            vec![
                ("redirect_uri", "https://portal.example/other"),
                ("code_verifier", VERIFIER),
            ],
        ),
        (&client, vec![("code_verifier", VERIFIER)]),
        (
            &other,
            vec![("redirect_uri", CALLBACK), ("code_verifier", VERIFIER)],
        ),
    ] {
        let form = [&base[..], &more[..]].concat();
        let answer = idp.call("/oauth2/token", Some(credentials), &form).await;
        assert_eq!(answer.json()["error"], "invalid_grant", "{more:?}");
    }
    assert_eq!(redeem(&idp, &client, &code).await.status, StatusCode::OK);
}

async fn a_code_is_good_for_a_minute(idp: TestIdp) {
    idp.add_user("alice").await;
    let client = idp.portal().await;
    let (code, _) = code(&idp, &client.client_id, &[]).await;
    idp.pass(61);
    assert_eq!(
        redeem(&idp, &client, &code).await.json()["error"],
        "invalid_grant"
    );
}

async fn a_public_client_must_use_pkce_and_chooses_its_port(idp: TestIdp) {
    idp.add_user("alice").await;
    let client = idp
        .add_client(NewClient {
            auth: Some(ClientAuthMethod::None),
            redirect_uris: vec!["http://127.0.0.1/cb".to_owned()],
            ..portal()
        })
        .await;
    assert!(client.client_secret.is_none());
    let uri = "http://127.0.0.1:51004/cb";
    let without = [
        ("redirect_uri", uri),
        ("code_challenge", ""),
        ("code_challenge_method", ""),
    ];
    let answer = idp
        .browser()
        .get(&authorize(&client.client_id, &without))
        .await;
    assert_eq!(answer.parameter("error").unwrap(), "invalid_request");

    let (code, _) = code(&idp, &client.client_id, &[("redirect_uri", uri)]).await;
    let form = [
        ("grant_type", "authorization_code"),
        ("client_id", client.client_id.as_str()),
        ("code", &code),
        ("redirect_uri", uri),
        ("code_verifier", VERIFIER),
    ];
    let answer = idp.call("/oauth2/token", None, &form).await;
    assert_eq!(answer.status, StatusCode::OK, "{}", answer.body);
}

async fn a_disabled_user_gets_no_tokens(idp: TestIdp) {
    idp.add_user("alice").await;
    let client = idp.portal().await;
    let (code, mut browser) = code(&idp, &client.client_id, &[]).await;
    let change = UserChange {
        disabled: Some(true),
        ..Default::default()
    };
    idp.change_user("alice", change).await.unwrap();
    assert_eq!(
        redeem(&idp, &client, &code).await.json()["error"],
        "invalid_grant"
    );
    let answer = browser
        .get(&authorize(&client.client_id, &[("prompt", "none")]))
        .await;
    assert_eq!(answer.parameter("error").unwrap(), "login_required");
}
