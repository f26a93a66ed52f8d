//! Keys, a small hierarchy of any algorithm, and OpenSSL as a witness.

mod key;
mod openssl;
mod world;

pub(crate) use key::TestKey;
pub(crate) use openssl::{Openssl, fails, succeeds};
pub(crate) use world::{
    World, alt_names, at, every_kind, findings, issuing_extensions, root_extensions, rules_of,
    server_extensions, server_template, validity,
};

/// Runs a future to its end.
pub(crate) fn wait<T>(future: impl Future<Output = T>) -> T {
    tokio::runtime::Builder::new_current_thread()
        .build()
        .unwrap()
        .block_on(future)
}
