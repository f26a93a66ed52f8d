#![forbid(unsafe_code)]
//! Public keys and signatures as JOSE writes them: JWK (RFC 7517) and the compact
//! serialization of JWS (RFC 7515). Pure functions; private keys sign elsewhere.

mod jwk;
mod jws;

pub use jwk::Jwk;
pub use jws::{Header, Jws, JwsError, MAX_LENGTH, UnsignedJws, encode_header};
