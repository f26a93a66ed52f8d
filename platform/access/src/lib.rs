#![forbid(unsafe_code)]
//! Who acts, on what, and whether they may (design rule 6).

mod actor;
pub mod enforce;

pub use actor::{Actor, Caller, Denied, Grants};
