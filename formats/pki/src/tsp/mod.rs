//! Time-stamps (RFC 3161, with ESSCertIDv2 by RFC 5816).

mod request;
mod response;
mod token;

pub use request::{MAX_LENGTH, Rejection, TimeStampReq, build_request};
pub use response::{FailureInfo, TimeStampResp, rejection};
pub use token::{Accuracy, Stamp, TimeStampToken, TimeStamper, TstInfo, UnsignedToken};
