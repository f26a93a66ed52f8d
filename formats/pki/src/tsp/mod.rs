//! Time-stamps (RFC 3161, with ESSCertIDv2 by RFC 5816).

mod rejection;
mod request;
mod response;
mod token;

pub use rejection::{FailureInfo, Rejection};
pub use request::{MAX_LENGTH, TimeStampReq, build_request};
pub use response::{TimeStampResp, rejection};
pub use token::{Accuracy, Stamp, TimeStampToken, TimeStamper, TstInfo, UnsignedToken};
