//! The `openidconnect` crate: discovery, PKCE, ID tokens by both algorithms,
//! userinfo, refresh.

use openidconnect::{
    AccessTokenHash, AuthenticationFlow, AuthorizationCode, ClientId, ClientSecret, CsrfToken,
    IssuerUrl, Nonce, OAuth2TokenResponse as _, PkceCodeChallenge, RedirectUrl, Scope,
    TokenResponse as _,
    core::{
        CoreClient, CoreJwsSigningAlgorithm, CoreProviderMetadata, CoreResponseType,
        CoreUserInfoClaims,
    },
    reqwest,
};
use testkit::{Browser, Options, Postgres, Server, Xinshu};

use crate::{XINSHU, approve};

const CALLBACK: &str = "https://app.example.org/callback";

fn http(server: &Server) -> reqwest::Client {
    let root = std::fs::read(server.root()).unwrap();
    reqwest::ClientBuilder::new()
        .redirect(reqwest::redirect::Policy::none())
        .no_proxy()
        .add_root_certificate(reqwest::Certificate::from_pem(&root).unwrap())
        .build()
        .unwrap()
}

async fn sign_in(node: &Xinshu, algorithm: &CoreJwsSigningAlgorithm, name: &str) {
    let user = node.user("alice");
    let arguments = [
        "client",
        "add",
        "portal",
        "--redirect-uri",
        CALLBACK,
        "--id-token-alg",
        name,
        "--json",
    ];
    let client = node.xinshu(arguments).success().json();
    let text = |member: &str| client[member].as_str().unwrap().to_owned();
    let server = node.serve();
    let http = http(&server);

    let issuer = IssuerUrl::new(server.https.clone()).unwrap();
    let metadata = CoreProviderMetadata::discover_async(issuer, &http)
        .await
        .unwrap();
    let client = CoreClient::from_provider_metadata(
        metadata,
        ClientId::new(text("client_id")),
        Some(ClientSecret::new(text("client_secret"))),
    )
    .set_redirect_uri(RedirectUrl::new(CALLBACK.to_owned()).unwrap());
    let (challenge, verifier) = PkceCodeChallenge::new_random_sha256();
    let (authorize, state, nonce) = client
        .authorize_url(
            AuthenticationFlow::<CoreResponseType>::AuthorizationCode,
            CsrfToken::new_random,
            Nonce::new_random,
        )
        .add_scope(Scope::new("profile".to_owned()))
        .add_scope(Scope::new("offline_access".to_owned()))
        .set_pkce_challenge(challenge)
        .url();

    let callback = approve(&server, &Browser::new(&server), &user, authorize.as_str());
    assert!(callback.starts_with(CALLBACK), "{callback}");
    let parameters = reqwest::Url::parse(&callback).unwrap();
    let parameter = |name: &str| {
        let found = parameters.query_pairs().find(|(known, _)| known == name);
        found
            .map(|(_, value)| value.into_owned())
            .unwrap_or_default()
    };
    assert_eq!(parameter("state"), *state.secret());
    // RFC 9207: the response names its issuer.
    assert_eq!(parameter("iss"), server.https);

    let tokens = client
        .exchange_code(AuthorizationCode::new(parameter("code")))
        .unwrap()
        .set_pkce_verifier(verifier)
        .request_async(&http)
        .await
        .unwrap();
    let id_token = tokens.id_token().expect("an ID token");
    assert_eq!(id_token.signing_alg().unwrap(), algorithm);
    let claims = id_token
        .claims(&client.id_token_verifier(), &nonce)
        .unwrap();
    assert!(claims.auth_time().is_some());
    let verifier = client.id_token_verifier();
    let hash = AccessTokenHash::from_token(
        tokens.access_token(),
        id_token.signing_alg().unwrap(),
        id_token.signing_key(&verifier).unwrap(),
    );
    assert_eq!(claims.access_token_hash(), Some(&hash.unwrap()));

    let info: CoreUserInfoClaims = client
        .user_info(
            tokens.access_token().clone(),
            Some(claims.subject().clone()),
        )
        .unwrap()
        .request_async(&http)
        .await
        .unwrap();
    assert_eq!(info.preferred_username().unwrap().as_str(), "alice");

    let refresh = tokens.refresh_token().expect("a refresh token").clone();
    let again = client
        .exchange_refresh_token(&refresh)
        .unwrap()
        .request_async(&http)
        .await
        .unwrap();
    assert_ne!(again.refresh_token().unwrap().secret(), refresh.secret());
    // Had the answer been lost, a retry would have got the same successor.
    let retried = client
        .exchange_refresh_token(&refresh)
        .unwrap()
        .request_async(&http)
        .await
        .unwrap();
    let successor = again.refresh_token().unwrap();
    assert_eq!(
        retried.refresh_token().unwrap().secret(),
        successor.secret()
    );
    let newest = client
        .exchange_refresh_token(successor)
        .unwrap()
        .request_async(&http)
        .await
        .unwrap();
    // Its successor was used: presenting the old one again revokes the whole grant.
    for token in [&refresh, newest.refresh_token().unwrap()] {
        client
            .exchange_refresh_token(token)
            .unwrap()
            .request_async(&http)
            .await
            .unwrap_err();
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn with_rs256() {
    let node = Xinshu::init(XINSHU, Options::default());
    sign_in(
        &node,
        &CoreJwsSigningAlgorithm::RsaSsaPkcs1V15Sha256,
        "RS256",
    )
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn with_es256_on_postgresql() {
    let settings = vec![format!("database.url={}", Postgres::shared().database())];
    let node = Xinshu::init(
        XINSHU,
        Options {
            settings,
            ..Options::default()
        },
    );
    sign_in(&node, &CoreJwsSigningAlgorithm::EcdsaP256Sha256, "ES256").await;
}
