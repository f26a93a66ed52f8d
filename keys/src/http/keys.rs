//! REST: `/api/v1/keys`.

use axum::{Extension, Json, extract::State, http::StatusCode};
use crypto::KeyAlgorithm;
use hsm_adapters::{KeyInfo, KeySpec, KeyUsage};
use platform_access::Caller;
use platform_web::{JsonBody, Page, PageQuery, PathParams, Problem, QueryParams, Refusals};
use serde::Deserialize;
use utoipa::ToSchema;

use crate::{
    KeyDescription, NewKey, Service, destroy as destroy_key, generate as generate_key,
    list as list_keys,
};

/// A key to be generated.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct KeyRequest {
    /// Its name in the default store, or a whole address such as `software:archive-2027`.
    #[schema(min_length = 1, max_length = 400)]
    name: String,
    /// p256, p384, rsa2048, rsa3072, rsa4096, ed25519 or sm2.
    #[schema(example = "p256")]
    algorithm: String,
    /// What it may do: sign, decrypt, agree, wrap; only to sign if absent.
    #[serde(default)]
    #[schema(example = json!(["sign"]))]
    usage: Vec<String>,
    /// True if it may leave its store, wrapped.
    #[serde(default)]
    exportable: bool,
}

impl KeyRequest {
    fn parse(self) -> Result<NewKey, Problem> {
        let algorithm: KeyAlgorithm = self
            .algorithm
            .parse()
            .map_err(|error| Problem::unprocessable(format!("algorithm: {error}")))?;
        let usage: KeyUsage = if self.usage.is_empty() {
            KeyUsage::SIGN
        } else {
            self.usage
                .join(",")
                .parse()
                .map_err(|error| Problem::unprocessable(format!("usage: {error}")))?
        };
        Ok(NewKey {
            name: self.name,
            spec: KeySpec {
                algorithm,
                usage,
                exportable: self.exportable,
            },
        })
    }
}

/// Lists private keys.
#[utoipa::path(get, path = "/api/v1/keys", tag = "keys", params(PageQuery), responses(
    (status = 200, body = Page<KeyDescription>), Refusals))]
pub(super) async fn list(
    State(keys): State<Service>,
    Extension(caller): Extension<Caller>,
    QueryParams(query): QueryParams<PageQuery>,
) -> Result<Json<Page<KeyDescription>>, Problem> {
    let request = query.parse()?;
    Ok(Json(list_keys::list(&keys, &caller, &request).await?))
}

/// Generates a private key. It never leaves its store, unless it is exportable.
#[utoipa::path(post, path = "/api/v1/keys", tag = "keys", request_body = KeyRequest, responses(
    (status = 201, body = KeyDescription), Refusals))]
pub(super) async fn generate(
    State(keys): State<Service>,
    Extension(caller): Extension<Caller>,
    JsonBody(request): JsonBody<KeyRequest>,
) -> Result<(StatusCode, Json<KeyDescription>), Problem> {
    let key = generate_key::generate(&keys, &caller, request.parse()?).await?;
    let info = KeyInfo {
        uri: key.uri().to_owned(),
        spec: key.spec(),
    };
    Ok((StatusCode::CREATED, Json(info.into())))
}

/// Shows a private key.
#[utoipa::path(get, path = "/api/v1/keys/{uri}", tag = "keys",
    params(("uri" = String, Path, description = "Its address, percent-encoded")),
    responses((status = 200, body = KeyDescription), Refusals))]
pub(super) async fn show(
    State(keys): State<Service>,
    Extension(caller): Extension<Caller>,
    PathParams(uri): PathParams<String>,
) -> Result<Json<KeyDescription>, Problem> {
    Ok(Json(list_keys::show(&keys, &caller, &uri).await?))
}

/// Destroys a private key permanently, unless something refers to it.
#[utoipa::path(delete, path = "/api/v1/keys/{uri}", tag = "keys",
    params(("uri" = String, Path, description = "Its address, percent-encoded")),
    responses((status = 204), Refusals))]
pub(super) async fn destroy(
    State(keys): State<Service>,
    Extension(caller): Extension<Caller>,
    PathParams(uri): PathParams<String>,
) -> Result<StatusCode, Problem> {
    destroy_key::destroy(&keys, &caller, &uri).await?;
    Ok(StatusCode::NO_CONTENT)
}
