//! Random bytes from the operating system's generator, through aws-lc-rs.

use std::cell::RefCell;

use aws_lc_rs::rand;
use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};

/// `N` random bytes.
///
/// # Panics
/// Never: if the operating system cannot supply randomness, aws-lc aborts the
/// process itself (`RAND_bytes` in its `rand.h`). Nothing may be signed or issued
/// then, so no caller could handle the failure.
#[expect(
    clippy::expect_used,
    reason = "aws-lc aborts instead of returning an error"
)]
pub fn bytes<const N: usize>() -> [u8; N] {
    let mut out = [0; N];
    rand::fill(&mut out).expect("RAND_bytes returns 1 or aborts");
    out
}

/// A token of 256 random bits, 43 characters of base64url.
pub fn token() -> String {
    URL_SAFE_NO_PAD.encode(bytes::<32>())
}

/// A short identifier of 96 random bits, 16 characters of base64url. It is not a
/// secret.
pub fn id() -> String {
    URL_SAFE_NO_PAD.encode(from_pool::<12>())
}

/// A salt for a digest: 128 random bits, 22 characters of base64url. It is stored
/// beside the digest, so it is not a secret either.
pub fn salt() -> String {
    URL_SAFE_NO_PAD.encode(from_pool::<16>())
}

/// Random bytes for values that are not secret, from a buffer filled many bytes at a time.
fn from_pool<const N: usize>() -> [u8; N] {
    thread_local! {
        static POOL: RefCell<Pool> = const { RefCell::new(Pool::empty()) };
    }
    POOL.with_borrow_mut(Pool::take)
}

const POOL_BYTES: usize = 1024;

/// One thread's buffer of random bytes.
struct Pool {
    bytes: [u8; POOL_BYTES],
    left: usize,
}

impl Pool {
    const fn empty() -> Self {
        Self {
            bytes: [0; POOL_BYTES],
            left: 0,
        }
    }

    /// The next `N` bytes; no byte is returned twice.
    fn take<const N: usize>(&mut self) -> [u8; N] {
        const { assert!(N <= POOL_BYTES) };
        if self.left < N {
            self.bytes = bytes();
            self.left = POOL_BYTES;
        }
        self.left -= N;
        let mut taken = [0; N];
        taken.copy_from_slice(&self.bytes[self.left..self.left + N]);
        taken
    }
}

/// An unpredictable number below 2^62.
pub fn number() -> i64 {
    (u64::from_be_bytes(bytes()) >> 2).cast_signed()
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;

    #[test]
    fn identifiers_differ_beyond_one_pool_and_between_threads() {
        let make = || (0..200).map(|_| id()).collect::<Vec<_>>();
        let other = std::thread::spawn(make).join().expect("it ends");
        let all: HashSet<String> = make().into_iter().chain(other).collect();
        assert_eq!(all.len(), 400);
        assert!(all.iter().all(|id| id.len() == 16));
        let salts: HashSet<String> = (0..200).map(|_| salt()).collect();
        assert_eq!(salts.len(), 200);
    }
}
