#![forbid(unsafe_code)]
//! What every HTTP route shares: errors, request ids, limits, the caller.

mod download;
mod extract;
mod limits;
mod measure;
mod media_type;
mod page;
mod problem;
mod refusal_log;
mod refusals;
mod rejection;
mod request;

pub use download::{Download, Validators};
pub use extract::{JsonBody, PathParams, QueryParams};
pub use limits::{MAX_BODY, body_limit, no_cache};
pub use media_type::has_media_type;
pub use page::{Page, PageQuery, PageRequest};
pub use problem::{Problem, ProblemBody, RETRY_AFTER_SECONDS, retry_later};
pub use refusal_log::log_refusal;
pub use refusals::Refusals;
pub use request::{ClientAddress, RequestContextLayer};
