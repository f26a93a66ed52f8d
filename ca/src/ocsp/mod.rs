//! Answering OCSP requests (RFC 6960, RFC 5019).
//!
//! Each authority answers for the certificates that it issued, those of authorities included: by
//! a delegated responder if one has a certificate, with the authority's own key otherwise.

mod answer;
mod responder;

pub(crate) use answer::{OcspFailure, OcspResponse, answer};
pub(crate) use responder::{Responder, housekeeping};
