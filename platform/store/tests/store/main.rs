//! The store's promises, on both databases.
#![allow(clippy::unwrap_used, reason = "a test fails where it cannot go on")]

mod append;
mod database;
mod read;
mod schema;
mod transact;
