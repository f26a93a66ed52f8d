//! Applications in browsers: which pages may read what.

use axum::{
    body::Body,
    http::{Method, Request, StatusCode},
};
use idp_oidc::{ClientChange, NewClient};
use oauth::ClientAuthMethod;

use crate::{
    answer::Answer,
    browser::encode,
    flow::{VERIFIER, code},
    test_idp::{CALLBACK, TestIdp, portal},
};

on_both![
    an_application_in_a_browser_may_read_its_own_answers,
    errors_are_readable_for_pages_of_any_client,
    preflights_follow_what_is_registered,
    a_native_applications_page_may_have_any_port,
];

const ORIGIN: &str = "https://portal.example";
const ENDPOINTS: [&str; 3] = ["/oauth2/token", "/oauth2/userinfo", "/oauth2/revoke"];

fn spa() -> NewClient {
    NewClient {
        auth: Some(ClientAuthMethod::None),
        ..portal()
    }
}

async fn post(idp: &TestIdp, path: &str, origin: &str, form: &[(&str, &str)]) -> Answer {
    let request = Request::post(path)
        .header("origin", origin)
        .header("content-type", "application/x-www-form-urlencoded")
        .body(Body::from(encode(form)))
        .unwrap();
    idp.send(request).await
}

async fn preflight(idp: &TestIdp, path: &str, origin: &str) -> Answer {
    let request = Request::builder()
        .method(Method::OPTIONS)
        .uri(path)
        .header("origin", origin)
        .header("access-control-request-method", "POST")
        .header("access-control-request-headers", "authorization")
        .body(Body::empty())
        .unwrap();
    idp.send(request).await
}

fn allowed(answer: &Answer) -> &str {
    answer.header("access-control-allow-origin")
}

async fn an_application_in_a_browser_may_read_its_own_answers(idp: TestIdp) {
    idp.add_user("alice").await;
    let client = idp.add_client(spa()).await;
    let other = NewClient {
        redirect_uris: vec!["https://other.example/cb".to_owned()],
        ..spa()
    };
    idp.add_client(other).await;
    let id = client.client_id.as_str();
    // No other client's page may read it, nor one whose origin only looks alike.
    for (origin, good) in [
        ("https://other.example", false),
        ("https://portal.example:444", false),
        ("http://portal.example", false),
        ("https://portal.example.evil.example", false),
        ("null", false),
        (ORIGIN, true),
    ] {
        let (code, _) = code(&idp, id, &[]).await;
        let form = [
            ("grant_type", "authorization_code"),
            ("client_id", id),
            ("code", &code),
            ("redirect_uri", CALLBACK),
            ("code_verifier", VERIFIER),
        ];
        let answer = post(&idp, "/oauth2/token", origin, &form).await;
        assert_eq!(answer.status, StatusCode::OK);
        assert_eq!(allowed(&answer), if good { ORIGIN } else { "" }, "{origin}");
        assert_eq!(answer.header("vary"), "Origin");
        let token = answer.json()["access_token"].as_str().unwrap().to_owned();
        let request = Request::get("/oauth2/userinfo")
            .header("origin", origin)
            .header("authorization", format!("Bearer {token}"))
            .body(Body::empty())
            .unwrap();
        let answer = idp.send(request).await;
        assert_eq!(answer.status, StatusCode::OK);
        assert_eq!(allowed(&answer), if good { ORIGIN } else { "" }, "{origin}");
        let form = [("client_id", id), ("token", &token)];
        let answer = post(&idp, "/oauth2/revoke", origin, &form).await;
        assert_eq!(answer.status, StatusCode::OK);
        assert_eq!(allowed(&answer), if good { ORIGIN } else { "" }, "{origin}");
    }
    // Cookies never count, and introspection is not for pages.
    let answer = post(&idp, "/oauth2/introspect", ORIGIN, &[("client_id", id)]).await;
    assert_eq!(allowed(&answer), "");
    let answer = preflight(&idp, "/oauth2/token", ORIGIN).await;
    assert_eq!(answer.header("access-control-allow-credentials"), "");
}

async fn errors_are_readable_for_pages_of_any_client(idp: TestIdp) {
    let client = idp.add_client(spa()).await;
    let id = client.client_id.as_str();
    for (form, error) in [
        (
            vec![("grant_type", "password"), ("client_id", id)],
            "unsupported_grant_type",
        ),
        (
            vec![("grant_type", "authorization_code"), ("client_id", "gone")],
            "invalid_client",
        ),
        (vec![("grant_type", "authorization_code")], "invalid_client"),
    ] {
        let answer = post(&idp, "/oauth2/token", ORIGIN, &form).await;
        assert_eq!(answer.json()["error"], error);
        assert_eq!(allowed(&answer), ORIGIN, "{error}");
        let answer = post(&idp, "/oauth2/token", "https://evil.example", &form).await;
        assert_eq!(allowed(&answer), "", "{error}");
    }
    let request = Request::get("/oauth2/userinfo")
        .header("origin", ORIGIN)
        .header("authorization", "Bearer expired")
        .body(Body::empty())
        .unwrap();
    let answer = idp.send(request).await;
    assert_eq!(answer.status, StatusCode::UNAUTHORIZED);
    assert_eq!(allowed(&answer), ORIGIN);
    let exposed = answer.header("access-control-expose-headers");
    assert!(exposed.contains("WWW-Authenticate"));
}

async fn preflights_follow_what_is_registered(idp: TestIdp) {
    let client = idp.add_client(spa()).await;
    let id = client.client_id.as_str();
    let is_allowed = async |origin: &str| {
        let mut all = Vec::new();
        for path in ENDPOINTS {
            let answer = preflight(&idp, path, origin).await;
            assert_eq!(answer.status, StatusCode::NO_CONTENT);
            let good = allowed(&answer) == origin;
            let methods = answer.header("access-control-allow-methods");
            assert_eq!(methods.contains("POST"), good);
            let headers = answer.header("access-control-allow-headers");
            assert_eq!(headers.contains("Authorization"), good);
            all.push(good);
        }
        assert!(all.iter().all(|good| *good == all[0]), "{all:?}");
        all[0]
    };
    assert!(is_allowed(ORIGIN).await);
    assert!(!is_allowed("https://evil.example").await);
    assert!(!is_allowed("null").await);
    let moved = ClientChange {
        redirect_uris: Some(vec!["https://new.example:8443/cb".to_owned()]),
        ..ClientChange::default()
    };
    idp.change_client(id, moved).await.unwrap();
    assert!(!is_allowed(ORIGIN).await);
    assert!(is_allowed("https://new.example:8443").await);
    idp.set_client_disabled(id, true).await.unwrap();
    assert!(!is_allowed("https://new.example:8443").await);
    idp.set_client_disabled(id, false).await.unwrap();
    assert!(is_allowed("https://new.example:8443").await);
    idp_oidc::delete_client::delete_client(&idp.oidc, &idp.admin(), id)
        .await
        .unwrap();
    assert!(!is_allowed("https://new.example:8443").await);
}

async fn a_native_applications_page_may_have_any_port(idp: TestIdp) {
    let native = NewClient {
        redirect_uris: vec!["http://localhost:3000/cb".to_owned()],
        ..spa()
    };
    let client = idp.add_client(native).await;
    let form = [
        ("grant_type", "x"),
        ("client_id", client.client_id.as_str()),
    ];
    for (origin, good) in [
        ("http://localhost:5173", true),
        ("http://localhost", true),
        ("http://127.0.0.1:3000", false),
        ("https://localhost:3000", false),
    ] {
        let answer = preflight(&idp, "/oauth2/token", origin).await;
        assert_eq!(allowed(&answer) == origin, good, "{origin}");
        let answer = post(&idp, "/oauth2/token", origin, &form).await;
        assert_eq!(allowed(&answer) == origin, good, "{origin}");
    }
}

#[tokio::test]
async fn every_page_may_read_what_is_public() {
    let idp = TestIdp::new().await;
    for path in [
        "/.well-known/openid-configuration",
        "/.well-known/oauth-authorization-server",
        "/oauth2/jwks",
    ] {
        let answer = preflight(&idp, path, "https://anyone.example").await;
        assert_eq!(answer.status, StatusCode::NO_CONTENT, "{path}");
        assert_eq!(allowed(&answer), "*");
        let request = Request::get(path)
            .header("origin", "null")
            .body(Body::empty())
            .unwrap();
        assert_eq!(allowed(&idp.send(request).await), "*", "{path}");
    }
}
