//! Online certificate status (RFC 6960, nonces by RFC 9654).

mod cert_id;
mod read;
mod request;
mod response;

pub use cert_id::{CertId, CertIdHash, IssuerHashes};
pub use read::{BasicResponse, SingleAnswer};
pub use request::{MAX_CERT_IDS, MAX_LENGTH, OcspRequest, build_request};
pub use response::{
    CertStatus, OcspErrorStatus, Responder, SingleResponse, UnsignedResponse, error_response,
};
