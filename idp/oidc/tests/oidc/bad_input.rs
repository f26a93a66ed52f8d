//! What strangers send.

use axum::{
    body::Body,
    http::{Request, StatusCode},
};

use crate::test_idp::{TestIdp, basic};

fn post(path: &str, content_type: &str, body: impl Into<Body>) -> Request<Body> {
    Request::post(path)
        .header("content-type", content_type)
        .body(body.into())
        .unwrap()
}

const FORM: &str = "application/x-www-form-urlencoded";

#[tokio::test]
async fn the_token_endpoint_says_what_is_wrong() {
    let idp = TestIdp::new().await;
    let client = idp.portal().await;
    for (form, status, error) in [
        (
            "grant_type=authorization_code&code=x&code=y",
            400,
            "invalid_request",
        ),
        (
            "grant_type=password&username=a&password=b",
            400,
            "unsupported_grant_type",
        ),
        ("grant_type=client_credentials", 400, "unauthorized_client"),
        ("code=x", 400, "invalid_request"),
        ("grant_type=authorization_code", 400, "invalid_request"),
        (
            "grant_type=authorization_code&code=unknown",
            400,
            "invalid_grant",
        ),
        ("grant_type=%ff", 400, "invalid_request"),
        (
            "grant_type=authorization_code&client_secret=x",
            400,
            "invalid_request",
        ),
        (
            "grant_type=authorization_code&client_id=other",
            400,
            "invalid_request",
        ),
    ] {
        let mut request = post("/oauth2/token", FORM, form);
        request
            .headers_mut()
            .insert("authorization", basic(&client).parse().unwrap());
        let answer = idp.send(request).await;
        assert_eq!(answer.status.as_u16(), status, "{form}: {}", answer.body);
        assert_eq!(answer.json()["error"], error, "{form}");
        assert_eq!(answer.header("cache-control"), "no-store");
    }
}

#[tokio::test]
async fn who_is_not_known_gets_401_and_nothing_more() {
    let idp = TestIdp::new().await;
    let client = idp.portal().await;
    for header in [
        "Basic !!!",
        "Basic Og==",
        "Bearer x",
        "nonsense",
        "Basic dW5rbm93bjpzZWNyZXQ=",
    ] {
        let mut request = post("/oauth2/token", FORM, "grant_type=client_credentials");
        request
            .headers_mut()
            .insert("authorization", header.parse().unwrap());
        let answer = idp.send(request).await;
        assert_eq!(answer.status, StatusCode::UNAUTHORIZED, "{header}");
        assert_eq!(answer.json()["error"], "invalid_client");
    }
    let form = format!(
        "grant_type=client_credentials&client_id={}",
        client.client_id
    );
    let answer = idp.send(post("/oauth2/token", FORM, form)).await;
    assert_eq!(answer.json()["error"], "invalid_client");
}

#[tokio::test]
async fn types_methods_and_sizes() {
    let idp = TestIdp::new().await;
    let answer = idp
        .send(post("/oauth2/token", "application/json", "{}"))
        .await;
    assert_eq!(answer.status, StatusCode::UNSUPPORTED_MEDIA_TYPE);
    let answer = idp
        .send(post("/oauth2/token", FORM, vec![b'a'; 40_000]))
        .await;
    assert_eq!(answer.status, StatusCode::PAYLOAD_TOO_LARGE);
    let answer = idp.send(post("/sign-in", "text/plain", "x")).await;
    assert_eq!(answer.status, StatusCode::UNSUPPORTED_MEDIA_TYPE);
    let answer = idp.browser().get("/oauth2/token").await;
    assert_eq!(answer.status, StatusCode::METHOD_NOT_ALLOWED);
    let answer = idp
        .browser()
        .get(&format!("/oauth2/authorize?state={}", "x".repeat(5000)))
        .await;
    assert_eq!(answer.status, StatusCode::BAD_REQUEST);
    let answer = idp.browser().get("/oauth2/authorize?state=1&state=2").await;
    assert_eq!(answer.status, StatusCode::BAD_REQUEST);
    assert_eq!(
        idp.browser().get("/assets/..%2fx").await.status,
        StatusCode::NOT_FOUND
    );
}

#[tokio::test]
async fn what_is_typed_is_shown_as_text() {
    let idp = TestIdp::new().await;
    let mut browser = idp.browser();
    let answer = browser
        .sign_in("/sign-in", "\"><script>alert(1)</script>", "x")
        .await;
    assert!(!answer.body.contains("<script"));
    let answer = browser
        .get("/oauth2/authorize?client_id=%3Cscript%3E")
        .await;
    assert!(!answer.body.contains("<script"));
}

#[tokio::test]
async fn a_bearer_token_must_be_one_of_ours() {
    let idp = TestIdp::new().await;
    for (token, status) in [("a.b.c", 401), ("", 401), ("eyJhbGciOiJub25lIn0.e30.", 401)] {
        let request = Request::get("/oauth2/userinfo")
            .header("authorization", format!("Bearer {token}"))
            .body(Body::empty())
            .unwrap();
        let answer = idp.send(request).await;
        assert_eq!(answer.status.as_u16(), status, "{token}");
    }
    let answer = idp.browser().get("/oauth2/userinfo").await;
    assert_eq!(answer.status, StatusCode::UNAUTHORIZED);
    assert_eq!(answer.header("www-authenticate"), "Bearer realm=\"xinshu\"");
}
