//! The code flow as a client walks it.

use idp_oidc::ClientCredentials;

use crate::{
    answer::Answer,
    browser::{Browser, encode},
    test_idp::{CALLBACK, PASSWORD, TestIdp},
};

/// RFC 7636 appendix B.
pub const VERIFIER: &str = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk";
pub const CHALLENGE: &str = "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM";

/// An authorization request; `more` replaces or adds parameters, an empty value takes one away.
pub fn authorize(client_id: &str, more: &[(&str, &str)]) -> String {
    let mut params = vec![
        ("response_type", "code"),
        ("client_id", client_id),
        ("redirect_uri", CALLBACK),
        ("scope", "openid profile email"),
        ("state", "st4te&="),
        ("nonce", "n0nce"),
        ("code_challenge", CHALLENGE),
        ("code_challenge_method", "S256"),
    ];
    for (name, value) in more {
        params.retain(|(known, _)| known != name);
        if !value.is_empty() {
            params.push((name, value));
        }
    }
    format!("/oauth2/authorize?{}", encode(&params))
}

/// Signs alice in and gets a code.
pub async fn code(idp: &TestIdp, client_id: &str, more: &[(&str, &str)]) -> (String, Browser) {
    let mut browser = idp.browser();
    let answer = browser
        .sign_in(&authorize(client_id, more), "alice", PASSWORD)
        .await;
    let answer = browser.get(answer.location()).await;
    let code = answer
        .parameter("code")
        .unwrap_or_else(|| panic!("{answer:?}"));
    (code, browser)
}

pub async fn redeem(idp: &TestIdp, client: &ClientCredentials, code: &str) -> Answer {
    let form = [
        ("grant_type", "authorization_code"),
        ("code", code),
        ("redirect_uri", CALLBACK),
        ("code_verifier", VERIFIER),
    ];
    idp.call("/oauth2/token", Some(client), &form).await
}

pub async fn refresh(idp: &TestIdp, client: &ClientCredentials, token: &str) -> Answer {
    let form = [("grant_type", "refresh_token"), ("refresh_token", token)];
    idp.call("/oauth2/token", Some(client), &form).await
}

/// Userinfo with an access token.
pub async fn userinfo(idp: &TestIdp, token: &str) -> Answer {
    let request = axum::http::Request::get("/oauth2/userinfo")
        .header("authorization", format!("Bearer {token}"))
        .body(axum::body::Body::empty())
        .unwrap();
    idp.send(request).await
}
