#![forbid(unsafe_code)]
//! What every HTTP route shares: errors, request ids, limits, the caller.

mod extract;
mod limits;
mod measure;
mod problem;
mod request;

pub use extract::{JsonBody, PathParams, QueryParams};
pub use limits::{MAX_BODY, body_limit, no_cache};
pub use problem::{Problem, ProblemBody};
pub use request::{ClientAddress, RequestIdLayer};
