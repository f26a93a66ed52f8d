//! The REST API: what the command line and the console use.

mod clients;
mod users;

use platform::web::{Problem, ProblemBody};
use serde::Deserialize;
use utoipa::{IntoParams, IntoResponses};
use utoipa_axum::{router::OpenApiRouter, routes};

use crate::Service;

const DEFAULT_PAGE: u32 = 100;

/// Where a list begins and how long it is.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub(super) struct PageQuery {
    /// Begin after this one.
    #[serde(default)]
    #[param(max_length = 100)]
    pub(super) after: String,
    /// At most this many, up to 1000.
    #[param(minimum = 1, maximum = 1000)]
    pub(super) limit: Option<u32>,
}

impl PageQuery {
    pub(super) fn limit(&self) -> Result<u32, Problem> {
        match self.limit.unwrap_or(DEFAULT_PAGE) {
            _ if self.after.chars().any(char::is_control) => {
                Err(Problem::bad_request("after is a line of text"))
            }
            limit @ 1..=1000 => Ok(limit),
            _ => Err(Problem::bad_request("limit is 1 to 1000")),
        }
    }
}

/// What any of these operations may answer instead of what was asked.
#[derive(IntoResponses)]
#[expect(dead_code, reason = "read by utoipa's derive alone")]
pub(crate) enum Refusals {
    /// The request cannot be understood.
    #[response(status = 400, content_type = "application/problem+json")]
    BadRequest(ProblemBody),
    /// Nobody proved who they are.
    #[response(status = 401, content_type = "application/problem+json")]
    Unauthorized(ProblemBody),
    /// The caller may not do this.
    #[response(status = 403, content_type = "application/problem+json")]
    Forbidden(ProblemBody),
    /// There is no such thing.
    #[response(status = 404, content_type = "application/problem+json")]
    NotFound(ProblemBody),
    /// It contradicts what is.
    #[response(status = 409, content_type = "application/problem+json")]
    Conflict(ProblemBody),
    /// The request is too long.
    #[response(status = 413, content_type = "application/problem+json")]
    TooLong(ProblemBody),
    /// The body is not JSON.
    #[response(status = 415, content_type = "application/problem+json")]
    UnsupportedMediaType(ProblemBody),
    /// The request says something impossible.
    #[response(status = 422, content_type = "application/problem+json")]
    Unprocessable(ProblemBody),
    /// The database or a key does not serve now.
    #[response(status = 503, content_type = "application/problem+json")]
    Unavailable(ProblemBody),
}

/// The routes.
pub(crate) fn routes(service: Service) -> OpenApiRouter {
    described().with_state(service)
}

/// The routes with their descriptions.
pub(crate) fn described() -> OpenApiRouter<Service> {
    OpenApiRouter::new()
        .routes(routes!(users::list, users::add))
        .routes(routes!(users::show, users::change, users::delete))
        .routes(routes!(users::set_password))
        .routes(routes!(users::password_link))
        .routes(routes!(users::sessions, users::end_sessions))
        .routes(routes!(clients::list, clients::add))
        .routes(routes!(clients::show, clients::change, clients::delete))
        .routes(routes!(clients::renew_secret))
}
