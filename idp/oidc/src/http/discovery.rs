//! What clients discover by themselves (OpenID Connect Discovery 1.0, RFC 8414).

use axum::{
    body::{Body, Bytes},
    extract::State,
    http::{HeaderValue, header},
    response::Response,
};
use serde_json::json;

use idp_authn::model::ACR_PASSWORD;
use oauth::GrantType;

use crate::{Config, Error, Oidc, grants::HANDLERS, scopes, signing_keys::ALGORITHMS};

/// The document that never changes while the process runs.
pub(crate) fn configuration_document(config: &Config) -> Result<Bytes, Error> {
    let issuer = &config.issuer;
    let at = |path: &str| format!("{issuer}{path}");
    let secrets = ["client_secret_basic", "client_secret_post"];
    let grant_types: Vec<_> = HANDLERS
        .iter()
        .map(|handler| handler.grant_type())
        .map(GrantType::name)
        .collect();
    let mut id_token_algs: Vec<_> = ALGORITHMS.iter().filter_map(|alg| alg.jose()).collect();
    // RS256 first: it is the default (OpenID Connect Core §15.1).
    id_token_algs.reverse();
    let mut document = json!({
        "issuer": issuer,
        "authorization_endpoint": at("/oauth2/authorize"),
        "token_endpoint": at("/oauth2/token"),
        "userinfo_endpoint": at("/oauth2/userinfo"),
        "jwks_uri": at("/oauth2/jwks"),
        "revocation_endpoint": at("/oauth2/revoke"),
        "introspection_endpoint": at("/oauth2/introspect"),
        "end_session_endpoint": at("/oauth2/logout"),
        "scopes_supported": scopes::SUPPORTED,
        "response_types_supported": ["code"],
        "response_modes_supported": ["query", "form_post"],
        "grant_types_supported": grant_types,
        "subject_types_supported": ["public"],
        "id_token_signing_alg_values_supported": id_token_algs,
        "token_endpoint_auth_methods_supported": ["client_secret_basic", "client_secret_post", "none"],
        "revocation_endpoint_auth_methods_supported": ["client_secret_basic", "client_secret_post", "none"],
        "introspection_endpoint_auth_methods_supported": secrets,
        "code_challenge_methods_supported": ["S256"],
        "acr_values_supported": [ACR_PASSWORD],
        "claims_supported": ["sub", "iss", "aud", "exp", "iat", "auth_time", "nonce", "acr", "amr", "sid",
            "name", "preferred_username", "updated_at", "email", "email_verified"],
        "prompt_values_supported": ["none", "login", "consent", "select_account"],
        "ui_locales_supported": ["zh-CN", "en"],
        "authorization_response_iss_parameter_supported": true,
        "claims_parameter_supported": false,
        "request_parameter_supported": false,
        "request_uri_parameter_supported": false,
    });
    if let (Some(base), Some(document)) = (&config.mtls_url, document.as_object_mut()) {
        // RFC 8705 §5.
        let aliases = json!({
            "token_endpoint": format!("{base}/oauth2/token"),
            "userinfo_endpoint": format!("{base}/oauth2/userinfo"),
            "revocation_endpoint": format!("{base}/oauth2/revoke"),
            "introspection_endpoint": format!("{base}/oauth2/introspect"),
        });
        document.insert("mtls_endpoint_aliases".to_owned(), aliases);
    }
    serde_json::to_vec(&document)
        .map(Bytes::from)
        .map_err(|error| Error::Internal(error.to_string()))
}

/// `/.well-known/openid-configuration` and `/.well-known/oauth-authorization-server`.
pub(super) async fn configuration(State(oidc): State<Oidc>) -> Response {
    document(oidc.0.configuration.clone(), "application/json")
}

/// `/oauth2/jwks`.
pub(super) async fn jwks(State(oidc): State<Oidc>) -> Response {
    document(oidc.0.keys.jwks().await, "application/json")
}

fn document(body: Bytes, content_type: &'static str) -> Response {
    let mut response = Response::new(Body::from(body));
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(content_type));
    headers.insert(
        header::CACHE_CONTROL,
        HeaderValue::from_static("public, max-age=300"),
    );
    // Nothing here is secret, and applications in browsers read it too.
    headers.insert(
        header::ACCESS_CONTROL_ALLOW_ORIGIN,
        HeaderValue::from_static("*"),
    );
    headers.insert(
        header::X_CONTENT_TYPE_OPTIONS,
        HeaderValue::from_static("nosniff"),
    );
    response
}
