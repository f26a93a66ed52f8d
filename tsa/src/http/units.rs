//! REST: `/api/v1/tsa/units`.

use axum::{Extension, Json, extract::State};
use platform_access::Caller;
use platform_web::{Page, Problem, Refusals};

use crate::{Service, UnitInfo, list_units::list_units};

/// Lists the time-stamping units: all on one page.
#[utoipa::path(get, path = "/api/v1/tsa/units", tag = "time-stamps",
    responses((status = 200, body = Page<UnitInfo>), Refusals))]
pub(super) async fn list(
    State(tsa): State<Service>,
    Extension(caller): Extension<Caller>,
) -> Result<Json<Page<UnitInfo>>, Problem> {
    Ok(Json(Page {
        items: list_units(&tsa, &caller).await?,
        next: None,
    }))
}
