//! REST: `/api/v1/profiles`.

use axum::{Extension, Json, extract::State};
use platform_access::Caller;
use platform_web::{Page, PageQuery, Problem, QueryParams, Refusals};
use serde::Serialize;
use utoipa::ToSchema;

use crate::{CertificateProfile, Service, list as lists, model::IssuedTo};

/// A certificate profile.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct ProfileInfo {
    /// Its name in requests.
    name: String,
    /// Counts its changes.
    version: u32,
    /// What it is for.
    description: String,
    /// Who gets such certificates: `requester`, `service`, `authority` or `root`.
    issued_to: &'static str,
    /// How long such certificates live.
    lifetime_hours: i64,
    /// The authorities that issue if a request names none, the preferred one first.
    default_authorities: Vec<String>,
}

/// Lists the profiles.
#[utoipa::path(get, path = "/api/v1/profiles", tag = "profiles",
    params(PageQuery),
    responses((status = 200, body = Page<ProfileInfo>), Refusals))]
pub(super) async fn list(
    State(ca): State<Service>,
    Extension(caller): Extension<Caller>,
    QueryParams(page): QueryParams<PageQuery>,
) -> Result<Json<Page<ProfileInfo>>, Problem> {
    let page = page.parse()?;
    let profiles = lists::profiles(&ca, &caller).await?;
    let profiles = profiles.iter().map(|profile| describe(profile)).collect();
    Ok(Json(page.page_of(profiles, |profile: &ProfileInfo| {
        profile.name.clone()
    })))
}

fn describe(profile: &CertificateProfile) -> ProfileInfo {
    ProfileInfo {
        name: profile.name.clone(),
        version: profile.version,
        description: profile.description.clone(),
        issued_to: match profile.issued_to {
            IssuedTo::Requester => "requester",
            IssuedTo::Service => "service",
            IssuedTo::Authority => "authority",
            IssuedTo::Root => "root",
        },
        lifetime_hours: profile.lifetime.as_hours(),
        default_authorities: profile.default_authority.names.clone(),
    }
}
