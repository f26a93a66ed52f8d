//! REST: `/api/v1/tsa/units`.

use axum::{Extension, Json, extract::State};
use platform::{
    Caller,
    web::{Problem, ProblemBody},
};

use crate::{Service, UnitInfo};

/// Lists the time-stamping units.
#[utoipa::path(get, path = "/api/v1/tsa/units", tag = "time-stamps", responses(
    (status = 200, body = Vec<UnitInfo>),
    (status = 401, body = ProblemBody, content_type = "application/problem+json"),
    (status = 403, body = ProblemBody, content_type = "application/problem+json"),
    (status = 503, body = ProblemBody, content_type = "application/problem+json")))]
pub(super) async fn list(
    State(service): State<Service>,
    Extension(caller): Extension<Caller>,
) -> Result<Json<Vec<UnitInfo>>, Problem> {
    caller.require("tsa.unit.read")?;
    Ok(Json(service.units()))
}
