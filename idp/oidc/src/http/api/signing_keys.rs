//! `/api/v1/signing-keys`.

use axum::{Extension, Json, extract::State};
use crypto::SignatureAlgorithm;
use platform_access::Caller;
use platform_web::{JsonBody, Page, PageQuery, Problem, QueryParams, Refusals};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::{
    Error, Oidc,
    list_keys::list_keys,
    model::SigningKeyInfo,
    rotate_keys::{Rotation, rotate_keys},
};

/// A key that signs tokens.
#[derive(Serialize, ToSchema)]
#[schema(as = SigningKey)]
pub(crate) struct SigningKeyBody {
    /// Where it lives.
    uri: String,
    /// Its algorithm in JOSE: ES256 or RS256.
    algorithm: &'static str,
    /// pending, next, active, retired or expired.
    state: &'static str,
    /// When it was registered (RFC 3339).
    #[schema(format = DateTime)]
    created_at: String,
    /// When it became active, or is to (RFC 3339).
    #[schema(format = DateTime)]
    activates_at: String,
    /// When it was retired (RFC 3339).
    #[schema(format = DateTime)]
    retired_at: Option<String>,
}

/// What to rotate.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = Rotation)]
pub(crate) struct RotationBody {
    /// ES256 or RS256; both if omitted.
    algorithm: Option<String>,
    /// Whether the next key signs at once, without being published first, and tokens of the
    /// key before it are refused: for a key that was compromised.
    #[serde(default)]
    at_once: bool,
}

impl From<SigningKeyInfo> for SigningKeyBody {
    fn from(key: SigningKeyInfo) -> Self {
        Self {
            uri: key.uri,
            algorithm: key.algorithm.jose().unwrap_or_default(),
            state: key.state.name(),
            created_at: key.created_at.to_string(),
            activates_at: key.activates_at.to_string(),
            retired_at: key.retired_at.map(|time| time.to_string()),
        }
    }
}

/// Lists the keys that sign tokens, the oldest first.
#[utoipa::path(get, path = "/api/v1/signing-keys", tag = "signing-keys", operation_id = "list_signing_keys",
    params(PageQuery),
    responses((status = 200, description = "Keys", body = Page<SigningKeyBody>), Refusals))]
pub(super) async fn list(
    State(oidc): State<Oidc>,
    Extension(caller): Extension<Caller>,
    QueryParams(query): QueryParams<PageQuery>,
) -> Result<Json<Page<SigningKeyBody>>, Problem> {
    let request = query.parse()?;
    let keys = page(list_keys(&oidc, &caller).await?).items;
    Ok(Json(request.page_of(keys, |key| key.uri.clone())))
}

/// Rotates signing keys: the next one is published, and signs when clients can know it.
#[utoipa::path(post, path = "/api/v1/signing-keys", tag = "signing-keys", operation_id = "rotate_signing_keys",
    request_body = RotationBody,
    responses((status = 200, description = "Keys", body = Page<SigningKeyBody>), Refusals))]
pub(super) async fn rotate(
    State(oidc): State<Oidc>,
    Extension(caller): Extension<Caller>,
    JsonBody(body): JsonBody<RotationBody>,
) -> Result<Json<Page<SigningKeyBody>>, Problem> {
    let algorithm = body
        .algorithm
        .map(|name| {
            SignatureAlgorithm::from_jose(&name)
                .ok_or_else(|| Error::invalid("algorithm", "ES256 or RS256"))
        })
        .transpose()?;
    let rotation = Rotation {
        algorithm,
        at_once: body.at_once,
    };
    let keys = rotate_keys(&oidc, &caller, rotation).await?;
    Ok(Json(page(keys)))
}

fn page(keys: Vec<SigningKeyInfo>) -> Page<SigningKeyBody> {
    Page::complete(keys.into_iter().map(SigningKeyBody::from).collect())
}
