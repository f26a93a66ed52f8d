//! What clients find out by themselves (OpenID Connect Discovery 1.0, RFC 8414), rendered once.

use axum::{
    body::{Body, Bytes},
    extract::State,
    http::{HeaderValue, header},
    response::Response,
};
use serde_json::json;

use crate::{Config, Error, ScopeValue, Service, keys::Signer, tokens::ACR_PASSWORD};

/// The documents that never change while the process runs.
#[derive(Debug)]
pub(crate) struct Documents {
    configuration: Bytes,
    jwks: Bytes,
}

impl Documents {
    pub(crate) fn render(config: &Config, signer: &Signer) -> Result<Self, Error> {
        let issuer = &config.issuer;
        let at = |path: &str| format!("{issuer}{path}");
        let secrets = ["client_secret_basic", "client_secret_post"];
        let configuration = json!({
            "issuer": issuer,
            "authorization_endpoint": at("/oauth2/authorize"),
            "token_endpoint": at("/oauth2/token"),
            "userinfo_endpoint": at("/oauth2/userinfo"),
            "jwks_uri": at("/oauth2/jwks"),
            "revocation_endpoint": at("/oauth2/revoke"),
            "introspection_endpoint": at("/oauth2/introspect"),
            "end_session_endpoint": at("/oauth2/logout"),
            "scopes_supported": ScopeValue::ALL.map(ScopeValue::name),
            "response_types_supported": ["code"],
            "response_modes_supported": ["query", "form_post"],
            "grant_types_supported": ["authorization_code", "refresh_token", "client_credentials"],
            "subject_types_supported": ["public"],
            "id_token_signing_alg_values_supported": ["RS256", "ES256"],
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
        let bytes = |value| {
            serde_json::to_vec(&value)
                .map(Bytes::from)
                .map_err(|error| Error::Internal(error.to_string()))
        };
        Ok(Self {
            configuration: bytes(configuration)?,
            jwks: bytes(signer.jwks())?,
        })
    }
}

/// `/.well-known/openid-configuration` and `/.well-known/oauth-authorization-server`.
pub(super) async fn configuration(State(service): State<Service>) -> Response {
    document(
        service.0.documents.configuration.clone(),
        "application/json",
    )
}

/// `/oauth2/jwks`.
pub(super) async fn jwks(State(service): State<Service>) -> Response {
    document(service.0.documents.jwks.clone(), "application/json")
}

fn document(body: Bytes, content_type: &'static str) -> Response {
    let mut response = Response::new(Body::from(body));
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(content_type));
    headers.insert(
        header::CACHE_CONTROL,
        HeaderValue::from_static("public, max-age=300"),
    );
    // Nothing secret: applications in browsers read it too.
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
