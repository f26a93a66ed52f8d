//! What strangers send.

use axum::{
    body::Body,
    http::{Request, StatusCode},
};

use idp_oidc::NewClient;
use oauth::{ClientAuthMethod, GrantType};

use crate::test_idp::{TestIdp, basic, portal};

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

/// RFC 6749 §2.3.1: identifier and secret are form-encoded, whole or in part, and an empty
/// secret is none.
#[tokio::test]
async fn credentials_may_be_encoded_in_any_way() {
    use base64::{Engine as _, engine::general_purpose::STANDARD};
    let idp = TestIdp::new().await;
    let robot = idp
        .add_client(NewClient {
            name: "robot".to_owned(),
            grant_types: vec![GrantType::ClientCredentials],
            ..NewClient::default()
        })
        .await;
    let native = NewClient {
        auth: Some(ClientAuthMethod::None),
        ..portal()
    };
    let native = idp.add_client(native).await;
    let secret = robot.client_secret.as_deref().unwrap();
    let encoded = |text: &str| {
        text.bytes()
            .map(|byte| format!("%{byte:02x}"))
            .collect::<String>()
    };
    let send = async |credentials: String, form: &'static str| {
        let mut request = post("/oauth2/token", FORM, form);
        let header = format!("Basic {}", STANDARD.encode(credentials));
        let headers = request.headers_mut();
        headers.insert("authorization", header.parse().unwrap());
        let answer = idp.send(request).await;
        (answer.status.as_u16(), answer.json()["error"].clone())
    };
    let credentials = "grant_type=client_credentials";
    let (id, encoded_secret) = (robot.client_id.as_str(), encoded(secret));
    for good in [
        format!("{id}:{secret}"),
        format!("{}:{encoded_secret}", encoded(id)),
        format!("{id}:{}", encoded_secret.to_uppercase()),
        format!("{id}:{}", secret.replace('-', "%2D").replace('_', "%5F")),
    ] {
        assert_eq!(send(good.clone(), credentials).await.0, 200, "{good}");
    }
    for bad in [
        format!("{id}:"),
        id.to_owned(),
        format!("{id}:{secret}+"),
        format!("{id}:%"),
    ] {
        let (status, error) = send(bad.clone(), credentials).await;
        assert_eq!(
            (status, error.as_str()),
            (401, Some("invalid_client")),
            "{bad}"
        );
    }
    // A public client that some libraries authenticate with an empty secret.
    let code = "grant_type=authorization_code&code=unknown";
    let (status, error) = send(format!("{}:", native.client_id), code).await;
    assert_eq!((status, error.as_str()), (400, Some("invalid_grant")));
    let (status, _) = send(format!("{}:secret", native.client_id), code).await;
    assert_eq!(status, 401);

    let mut request = post("/oauth2/token", FORM, credentials);
    for _ in 0..2 {
        let header = basic(&robot).parse().unwrap();
        request.headers_mut().append("authorization", header);
    }
    let answer = idp.send(request).await;
    assert_eq!(answer.json()["error"], "invalid_request");
    let mut request = post(
        "/oauth2/token",
        FORM,
        "grant_type=client_credentials&resource=https://a&resource=https://b",
    );
    let header = basic(&robot).parse().unwrap();
    request.headers_mut().append("authorization", header);
    assert_eq!(idp.send(request).await.json()["error"], "invalid_target");
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
