//! Random bytes from the operating system's generator, through aws-lc-rs.

use std::cell::RefCell;

use aws_lc_rs::rand;
use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};

/// `N` random bytes.
///
/// # Panics
/// Never: where the operating system has no randomness to give, aws-lc ends the
/// process itself (`RAND_bytes` in its `rand.h`). Nothing may be signed or handed
/// out then, and no caller could go on.
#[expect(
    clippy::expect_used,
    reason = "aws-lc aborts rather than tell of a failure"
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

/// A short identifier of 96 random bits, 16 characters of base64url. A name, not a
/// secret.
pub fn id() -> String {
    URL_SAFE_NO_PAD.encode(from_stock::<12>())
}

/// What a digest is salted with: 128 random bits, 22 characters of base64url. It is
/// kept beside the digest, and so is no secret either.
pub fn salt() -> String {
    URL_SAFE_NO_PAD.encode(from_stock::<16>())
}

/// Random bytes for what is no secret: fetched many at a time, they wait in memory
/// for their turn.
fn from_stock<const N: usize>() -> [u8; N] {
    thread_local! {
        static STOCK: RefCell<Stock> = const { RefCell::new(Stock::empty()) };
    }
    STOCK.with_borrow_mut(Stock::take)
}

const STOCK_BYTES: usize = 1024;

/// Random bytes for what one thread makes next.
struct Stock {
    bytes: [u8; STOCK_BYTES],
    left: usize,
}

impl Stock {
    const fn empty() -> Self {
        Self {
            bytes: [0; STOCK_BYTES],
            left: 0,
        }
    }

    /// The next `N`, each given once.
    fn take<const N: usize>(&mut self) -> [u8; N] {
        const { assert!(N <= STOCK_BYTES) };
        if self.left < N {
            self.bytes = bytes();
            self.left = STOCK_BYTES;
        }
        self.left -= N;
        let mut taken = [0; N];
        taken.copy_from_slice(&self.bytes[self.left..self.left + N]);
        taken
    }
}

/// A number from 0 to 2^62 that nobody can guess.
pub fn number() -> i64 {
    (u64::from_be_bytes(bytes()) >> 2).cast_signed()
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;

    #[test]
    fn identifiers_differ_beyond_one_stock_and_between_threads() {
        let make = || (0..200).map(|_| id()).collect::<Vec<_>>();
        let other = std::thread::spawn(make).join().expect("it ends");
        let all: HashSet<String> = make().into_iter().chain(other).collect();
        assert_eq!(all.len(), 400);
        assert!(all.iter().all(|id| id.len() == 16));
        let salts: HashSet<String> = (0..200).map(|_| salt()).collect();
        assert_eq!(salts.len(), 200);
    }
}
