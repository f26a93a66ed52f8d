#![forbid(unsafe_code)]
//! Public keys as JOSE writes them.

mod jwk;

pub use jwk::Jwk;
