//! Authorization requests: where errors go, and who is asked what.

use axum::http::StatusCode;
use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use idp_oidc::NewClient;
use oauth::ClientAuthMethod;

use crate::{
    flow::{authorize, code},
    test_idp::{PASSWORD, TestIdp, portal},
};

#[tokio::test]
async fn nobody_is_sent_to_an_address_that_is_not_registered() {
    let idp = TestIdp::new().await;
    let client = idp.portal().await;
    for more in [
        ("redirect_uri", "https://evil.example/cb"),
        ("redirect_uri", "https://portal.example/cb/"),
        ("redirect_uri", "https://portal.example/cb?x=1"),
        ("redirect_uri", ""),
        ("client_id", "unknown"),
    ] {
        let answer = idp
            .browser()
            .get(&authorize(&client.client_id, &[more]))
            .await;
        assert_eq!(answer.status, StatusCode::BAD_REQUEST, "{more:?}");
        assert!(answer.headers.get("location").is_none());
        assert!(answer.body.contains("<main"));
    }
}

/// Of a native application's address on this machine the port is free, and no other byte.
#[tokio::test]
async fn an_odd_spelling_of_a_loopback_address_gets_no_code() {
    let idp = TestIdp::new().await;
    idp.add_user("alice").await;
    let native = NewClient {
        auth: Some(ClientAuthMethod::None),
        redirect_uris: vec!["http://127.0.0.1/cb".to_owned()],
        ..portal()
    };
    let client = idp.add_client(native).await;
    let mut browser = idp.browser();
    browser.sign_in("/sign-in", "alice", PASSWORD).await;
    for (uri, good) in [
        ("http://127.0.0.1:51004/cb", true),
        ("http://127.0.0.1/cb", true),
        ("http://127.0.0.1:51004/cb\t", false),
        ("http://127.0.0.1:51004/c\nb", false),
        ("http://127.0.0.1:51004/\u{e9}/../cb", false),
        ("http://127.0.0.1:051004/cb", false),
        ("http://127.1:51004/cb", false),
        ("http://0x7f000001:51004/cb", false),
        ("http:\\\\127.0.0.1:51004/cb", false),
        ("HTTP://127.0.0.1:51004/cb", false),
        ("http://127.0.0.1:51004/%63b", false),
        ("http://127.0.0.1:51004/./cb", false),
        ("http://127.0.0.1:51004/cb?", false),
        (" http://127.0.0.1:51004/cb", false),
        ("http://localhost:51004/cb", false),
        ("http://[::ffff:127.0.0.1]:51004/cb", false),
    ] {
        let path = authorize(&client.client_id, &[("redirect_uri", uri)]);
        let answer = browser.get(&path).await;
        if good {
            assert!(answer.location().starts_with(&format!("{uri}?code=")));
        } else {
            assert_eq!(answer.status, StatusCode::BAD_REQUEST, "{uri:?}");
        }
    }
    assert_eq!(idp.count("idp.code.issue", "success").await, 2);
}

#[tokio::test]
async fn other_errors_go_to_the_client() {
    let idp = TestIdp::new().await;
    let client = idp.portal().await;
    for (more, error) in [
        (("response_type", "token"), "unsupported_response_type"),
        (
            ("response_type", "code id_token"),
            "unsupported_response_type",
        ),
        (("response_type", ""), "invalid_request"),
        (("response_mode", "fragment"), "invalid_request"),
        (("code_challenge_method", "plain"), "invalid_request"),
        (("code_challenge_method", ""), "invalid_request"),
        (("code_challenge", "short"), "invalid_request"),
        (("prompt", "none login"), "invalid_request"),
        (("max_age", "-1"), "invalid_request"),
        (("scope", "unknown"), "invalid_scope"),
        (("id_token_hint", "a.b.c"), "invalid_request"),
        (("request", "x"), "request_not_supported"),
        (("request_uri", "urn:x"), "request_uri_not_supported"),
        (("resource", "https://other.example/"), "invalid_target"),
        (("prompt", "none"), "login_required"),
    ] {
        let answer = idp
            .browser()
            .get(&authorize(&client.client_id, &[more]))
            .await;
        assert_eq!(answer.status, StatusCode::SEE_OTHER, "{more:?}");
        assert_eq!(
            answer.parameter("error").as_deref(),
            Some(error),
            "{more:?}"
        );
        assert_eq!(answer.parameter("state").as_deref(), Some("st4te&="));
        assert!(answer.parameter("iss").is_some());
    }
}

#[tokio::test]
async fn prompt_login_wants_a_sign_in_for_this_very_request() {
    let idp = TestIdp::new().await;
    idp.add_user("alice").await;
    let client = idp.portal().await;
    let (_, mut browser) = code(&idp, &client.client_id, &[]).await;
    for more in [("prompt", "login"), ("max_age", "0")] {
        idp.pass(2);
        let path = authorize(&client.client_id, &[more]);
        assert!(
            browser.get(&path).await.location().starts_with("/sign-in?"),
            "{more:?}"
        );
        let answer = browser.sign_in(&path, "alice", PASSWORD).await;
        idp.pass(2);
        let answer = browser.get(answer.location()).await;
        assert!(answer.parameter("code").is_some(), "{more:?}: {answer:?}");
        // The same request again is not covered by that sign-in.
        assert!(browser.get(&path).await.location().starts_with("/sign-in?"));
    }
}

#[tokio::test]
async fn a_sign_in_for_a_request_is_not_one_for_it_an_hour_later() {
    let idp = TestIdp::new().await;
    idp.add_user("alice").await;
    let client = idp.portal().await;
    for max_age in ["300", "600"] {
        let path = authorize(&client.client_id, &[("max_age", max_age)]);
        let mut browser = idp.browser();
        let answer = browser.sign_in(&path, "alice", PASSWORD).await;
        let answer = browser.get(answer.location()).await;
        assert!(answer.parameter("code").is_some(), "{answer:?}");
        // Good as it is for a while, and then no more.
        assert!(browser.get(&path).await.parameter("code").is_some());
        idp.pass(3600);
        assert!(browser.get(&path).await.location().starts_with("/sign-in?"));
    }
    // Neither where the answer to it was never fetched.
    let path = authorize(&client.client_id, &[("prompt", "login")]);
    let mut browser = idp.browser();
    let answer = browser.sign_in(&path, "alice", PASSWORD).await;
    idp.pass(3600);
    let answer = browser.get(answer.location()).await;
    assert!(answer.location().starts_with("/sign-in?"), "{answer:?}");
}

#[tokio::test]
async fn another_user_than_the_client_expects_signs_in_anew() {
    let idp = TestIdp::new().await;
    idp.add_user("alice").await;
    idp.add_user("bob").await;
    let client = idp.portal().await;
    let (code, _) = code(&idp, &client.client_id, &[]).await;
    let id_token = crate::flow::redeem(&idp, &client, &code).await.json()["id_token"]
        .as_str()
        .unwrap()
        .to_owned();
    let mut browser = idp.browser();
    browser.sign_in("/sign-in", "bob", PASSWORD).await;
    let hint = ("id_token_hint", id_token.as_str());
    let answer = browser
        .get(&authorize(&client.client_id, &[hint, ("prompt", "none")]))
        .await;
    assert_eq!(answer.parameter("error").unwrap(), "login_required");
    // Without prompt=none too: a sign-in page would ask bob for alice's password.
    let answer = browser.get(&authorize(&client.client_id, &[hint])).await;
    assert_eq!(answer.parameter("error").unwrap(), "login_required");
    // Unless the client asks for a sign-in: then alice may come, or bob again.
    let path = authorize(&client.client_id, &[hint, ("prompt", "login")]);
    let answer = browser.sign_in(&path, "bob", PASSWORD).await;
    let continued = answer.location().to_owned();
    let answer = browser.get(&continued).await;
    assert_eq!(answer.parameter("error").unwrap(), "login_required");
    assert_eq!(idp.count("idp.code.issue", "refused").await, 1);
    // It was answered.
    let answer = browser.get(&continued).await;
    assert_eq!(answer.status, StatusCode::BAD_REQUEST);
    let answer = browser.sign_in(&path, "alice", PASSWORD).await;
    let answer = browser.get(answer.location()).await;
    assert!(answer.parameter("code").is_some());
    // Where nobody is signed in, the same.
    let mut browser = idp.browser();
    let path = authorize(&client.client_id, &[hint]);
    let answer = browser.sign_in(&path, "bob", PASSWORD).await;
    let answer = browser.get(answer.location()).await;
    assert_eq!(answer.parameter("error").unwrap(), "login_required");
    let answer = idp.browser().sign_in(&path, "alice", PASSWORD).await;
    assert!(answer.location().starts_with("/oauth2/continue?"));
}

/// A request object is refused in the way that it asks for itself.
#[tokio::test]
async fn the_refusal_of_a_request_object_travels_in_its_response_mode() {
    let idp = TestIdp::new().await;
    let client = idp.portal().await;
    let encode = |text: &str| URL_SAFE_NO_PAD.encode(text);
    let claims = r#"{"response_mode":"form_post","state":"inside"}"#;
    let object = format!("{}.{}.", encode(r#"{"alg":"none"}"#), encode(claims));
    let request = [("request", object.as_str()), ("state", "")];
    let path = authorize(&client.client_id, &request);
    let page = idp.browser().get(&path).await;
    assert_eq!(page.status, StatusCode::OK);
    assert_eq!(page.field("error"), "request_not_supported");
    assert_eq!(page.field("state"), "inside");
    assert!(page.body.contains("action=\"https://portal.example/cb\""));
    let evil = ("redirect_uri", "https://evil.example/cb");
    let path = authorize(&client.client_id, &[request[0], evil]);
    let page = idp.browser().get(&path).await;
    assert_eq!(page.status, StatusCode::BAD_REQUEST);
}

/// If client and redirect URI are good, whatever else is wrong is the client's to know.
#[tokio::test]
async fn faults_of_parameters_go_to_the_client() {
    let idp = TestIdp::new().await;
    let client = idp.portal().await;
    let path = authorize(&client.client_id, &[]);
    let long = format!("nonce2={}", "x".repeat(3000));
    let many = (0..60).map(|n| format!("p{n}=1&")).collect::<String>();
    for (more, error, state) in [
        (
            "resource=https://a&resource=https://b",
            "invalid_target",
            Some("st4te&="),
        ),
        ("scope=openid", "invalid_request", Some("st4te&=")),
        ("prompt=%ff", "invalid_request", Some("st4te&=")),
        ("%zz=1", "invalid_request", Some("st4te&=")),
        (
            "x%C3%A9%22=1&x%C3%A9%22=1",
            "invalid_request",
            Some("st4te&="),
        ),
        ("state=other", "invalid_request", None),
        (&long, "invalid_request", Some("st4te&=")),
        (&many, "invalid_request", Some("st4te&=")),
    ] {
        let answer = idp.browser().get(&format!("{path}&{more}")).await;
        assert_eq!(answer.status, StatusCode::SEE_OTHER, "{more}");
        assert!(answer.location().starts_with("https://portal.example/cb?"));
        assert_eq!(answer.parameter("error").unwrap(), error, "{more}");
        assert_eq!(answer.parameter("state").as_deref(), state, "{more}");
        let description = answer.parameter("error_description").unwrap();
        assert!(
            description
                .chars()
                .all(|char| matches!(char, ' '..='~' if char != '"'))
        );

        let (_, query) = path.split_once('?').unwrap();
        let request = axum::http::Request::post("/oauth2/authorize")
            .header("content-type", "application/x-www-form-urlencoded")
            .body(format!("{query}&{more}").into())
            .unwrap();
        let answer = idp.send(request).await;
        assert_eq!(answer.parameter("error").unwrap(), error, "POST {more}");
    }
    for more in ["client_id=x", "redirect_uri=https://portal.example/cb"] {
        let answer = idp.browser().get(&format!("{path}&{more}")).await;
        assert_eq!(answer.status, StatusCode::BAD_REQUEST, "{more}");
    }
}

#[tokio::test]
async fn a_state_of_8_kib_comes_back() {
    let idp = TestIdp::new().await;
    idp.add_user("alice").await;
    let client = idp.portal().await;
    let state = "s&\u{e9} ".repeat(8192 / 5);
    let (_, mut browser) = code(&idp, &client.client_id, &[("state", &state)]).await;
    let path = authorize(&client.client_id, &[("state", &state)]);
    let answer = browser.get(&path).await;
    assert!(answer.parameter("code").is_some());
    assert_eq!(answer.parameter("state").unwrap(), state);
    let path = authorize(&client.client_id, &[("state", &"x".repeat(8193))]);
    let answer = browser.get(&path).await;
    assert_eq!(answer.parameter("error").unwrap(), "invalid_request");
}

#[tokio::test]
async fn the_user_is_asked_where_the_client_wants_it() {
    let idp = TestIdp::new().await;
    idp.add_user("alice").await;
    let client = idp.portal().await;
    let (_, mut browser) = code(&idp, &client.client_id, &[]).await;
    let path = authorize(&client.client_id, &[("prompt", "consent")]);
    let page = browser.get(&path).await;
    assert_eq!(page.status, StatusCode::OK);
    assert!(page.body.contains("Portal"));
    assert!(
        page.header("content-security-policy")
            .contains("form-action 'self' https://portal.example;")
    );
    let request = page.field("request");
    let answer = browser
        .submit(
            "/oauth2/consent",
            &page,
            &[("request", &request), ("answer", "deny")],
        )
        .await;
    assert_eq!(answer.parameter("error").unwrap(), "access_denied");
    assert_eq!(idp.count("idp.code.issue", "refused").await, 1);
    // A question is answered once; the next request asks again.
    let again = [("request", request.as_str()), ("answer", "allow")];
    let answer = browser.submit("/oauth2/consent", &page, &again).await;
    assert_eq!(answer.status, StatusCode::BAD_REQUEST);
    let page = browser.get(&path).await;
    let request = page.field("request");
    let answer = browser
        .submit(
            "/oauth2/consent",
            &page,
            &[("request", &request), ("answer", "allow")],
        )
        .await;
    assert!(answer.parameter("code").is_some());
    let forged = browser
        .post(
            "/oauth2/consent",
            &[("request", &request), ("answer", "allow")],
        )
        .await;
    assert_eq!(forged.status, StatusCode::FORBIDDEN);
}

#[tokio::test]
async fn another_user_cannot_answer_for_the_one_who_was_asked() {
    let idp = TestIdp::new().await;
    idp.add_user("alice").await;
    idp.add_user("bob").await;
    let client = idp.portal().await;
    let (_, mut browser) = code(&idp, &client.client_id, &[]).await;
    let path = authorize(&client.client_id, &[("prompt", "consent")]);
    let request = browser.get(&path).await.field("request");
    // Another tab of the same browser.
    browser.sign_in("/sign-in", "bob", PASSWORD).await;
    let page = browser.get(&path).await;
    for (answer, status) in [("deny", StatusCode::BAD_REQUEST), ("allow", StatusCode::OK)] {
        let form = [("request", request.as_str()), ("answer", answer)];
        let shown = browser.submit("/oauth2/consent", &page, &form).await;
        assert_eq!(shown.status, status, "{answer}");
        assert!(shown.headers.get("location").is_none(), "{answer}");
    }
}

#[tokio::test]
async fn form_post_sends_the_answer_in_a_form() {
    let idp = TestIdp::new().await;
    idp.add_user("alice").await;
    let client = idp.portal().await;
    let (_, mut browser) = code(&idp, &client.client_id, &[]).await;
    let page = browser
        .get(&authorize(
            &client.client_id,
            &[("response_mode", "form_post")],
        ))
        .await;
    assert_eq!(page.status, StatusCode::OK);
    assert_eq!(page.field("state"), "st4te&=");
    assert!(!page.field("code").is_empty());
    let policy = page.header("content-security-policy");
    assert!(
        policy.contains("script-src 'sha256-")
            && policy.contains("form-action https://portal.example;")
    );
}

#[tokio::test]
async fn a_request_by_post_goes_on_by_get() {
    let idp = TestIdp::new().await;
    let client = idp.portal().await;
    let path = authorize(&client.client_id, &[]);
    let (_, query) = path.split_once('?').unwrap();
    let form: Vec<_> = url::form_urlencoded::parse(query.as_bytes())
        .into_owned()
        .collect();
    let form: Vec<_> = form
        .iter()
        .map(|(name, value)| (name.as_str(), value.as_str()))
        .collect();
    let answer = idp.browser().post("/oauth2/authorize", &form).await;
    assert_eq!(answer.status, StatusCode::SEE_OTHER);
    assert!(answer.location().starts_with("/oauth2/authorize?"));
}

#[tokio::test]
async fn the_sign_in_page_may_lead_to_the_requested_address_alone() {
    let idp = TestIdp::new().await;
    let client = idp
        .add_client(NewClient {
            redirect_uris: vec![
                "https://portal.example/cb".to_owned(),
                "http://localhost:3000/cb".to_owned(),
            ],
            ..portal()
        })
        .await;
    let page = idp
        .browser()
        .follow(&authorize(&client.client_id, &[("login_hint", "alice")]))
        .await;
    let policy = page.header("content-security-policy");
    assert!(
        policy.contains("form-action 'self' https://portal.example;"),
        "{policy}"
    );
    assert!(policy.starts_with("default-src 'none'; style-src 'self';"));
    assert!(page.body.contains("value=\"alice\""));
}
