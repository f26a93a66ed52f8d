//! REST: `/api/v1/tsa/units`.

use axum::{Extension, Json, extract::State};
use platform_access::Caller;
use platform_web::{Page, PageQuery, Problem, QueryParams, Refusals};

use crate::{Service, UnitInfo, list_units::list_units};

/// Lists the time-stamping units.
#[utoipa::path(get, path = "/api/v1/tsa/units", tag = "time-stamps",
    params(PageQuery),
    responses((status = 200, body = Page<UnitInfo>), Refusals))]
pub(super) async fn list(
    State(tsa): State<Service>,
    Extension(caller): Extension<Caller>,
    QueryParams(page): QueryParams<PageQuery>,
) -> Result<Json<Page<UnitInfo>>, Problem> {
    let page = page.parse()?;
    let units = list_units(&tsa, &caller).await?;
    Ok(Json(page.page_of(units, |unit| unit.name.clone())))
}
