//! Tokens checked as a stranger checks them: by the JWKS, with another library.

use aws_lc_rs::signature::{
    ECDSA_P256_SHA256_FIXED, RSA_PKCS1_2048_8192_SHA256, RsaPublicKeyComponents, UnparsedPublicKey,
};
use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use serde_json::Value as Json;

use crate::test_idp::TestIdp;

/// Header and claims of a token whose signature is good.
pub async fn verify(idp: &TestIdp, token: &str) -> (Json, Json) {
    let jwks = idp.browser().get("/oauth2/jwks").await.json();
    let [header, claims, signature] = token.split('.').collect::<Vec<_>>()[..] else {
        panic!("not a JWS: {token}")
    };
    let signed = &token[..header.len() + 1 + claims.len()];
    let decode = |part: &str| URL_SAFE_NO_PAD.decode(part).unwrap();
    let header: Json = serde_json::from_slice(&decode(header)).unwrap();
    let claims: Json = serde_json::from_slice(&decode(claims)).unwrap();
    let signature = decode(signature);
    let key = jwks["keys"]
        .as_array()
        .unwrap()
        .iter()
        .find(|key| key["kid"] == header["kid"])
        .unwrap();
    assert_eq!(key["alg"], header["alg"]);
    let member = |name: &str| decode(key[name].as_str().unwrap());
    match header["alg"].as_str().unwrap() {
        "ES256" => {
            let point = [vec![4], member("x"), member("y")].concat();
            UnparsedPublicKey::new(&ECDSA_P256_SHA256_FIXED, point)
                .verify(signed.as_bytes(), &signature)
                .unwrap();
        }
        "RS256" => RsaPublicKeyComponents {
            n: member("n"),
            e: member("e"),
        }
        .verify(&RSA_PKCS1_2048_8192_SHA256, signed.as_bytes(), &signature)
        .unwrap(),
        other => panic!("{other}"),
    }
    (header, claims)
}
