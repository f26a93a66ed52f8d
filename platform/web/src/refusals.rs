//! What any REST operation may answer instead of what was asked, for its description.

use utoipa::IntoResponses;

use crate::ProblemBody;

/// The errors of every operation: `responses((status = 200, …), Refusals)`.
#[derive(IntoResponses)]
pub enum Refusals {
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
    /// The database or a key is unavailable; `Retry-After` says when to try again.
    #[response(status = 503, content_type = "application/problem+json")]
    Unavailable(ProblemBody),
}
