//! Keys, a small hierarchy of any algorithm, and OpenSSL as a witness.

mod key;
mod openssl;
mod world;

pub(crate) use key::TestKey;
pub(crate) use openssl::{Openssl, fails, succeeds};
pub(crate) use world::{
    World, alt_names, at, every_kind, findings, issuing_shape, root_shape, server_profile,
    server_shape, validity,
};

/// Runs a future to its end.
pub(crate) fn wait<T>(future: impl Future<Output = T>) -> T {
    tokio::runtime::Builder::new_current_thread()
        .build()
        .unwrap()
        .block_on(future)
}
