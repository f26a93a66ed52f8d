//! The audit log keeps its entries in order and notices every edit, on both databases.
#![allow(clippy::unwrap_used, reason = "a test fails where it cannot go on")]

mod by_action;
mod entries;
mod log;
mod noting_key;
mod records;
mod sequencer;
mod verify;
