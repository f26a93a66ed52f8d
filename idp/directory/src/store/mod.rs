//! All SQL of the directory.

pub(crate) mod users;
