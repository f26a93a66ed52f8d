//! The adapters from outside.

mod conformance;
mod softhsm;
mod software;
mod token;
