//! Keys, a small hierarchy of any algorithm, and OpenSSL as a witness.

mod key;
mod openssl;
mod world;

pub(crate) use key::TestKey;
pub(crate) use openssl::{Openssl, fails, openssl, succeeds};
pub(crate) use world::{Holder, World, alt_names, at, every_kind, validity, without_lint};

/// Runs a future to its end.
pub(crate) fn wait<T>(future: impl Future<Output = T>) -> T {
    tokio::runtime::Builder::new_current_thread()
        .build()
        .unwrap()
        .block_on(future)
}
