//! Random bytes from the operating system's generator, through aws-lc-rs.

use aws_lc_rs::rand;
use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};

/// `N` random bytes.
///
/// # Panics
/// Where the operating system has no randomness to give: nothing may be signed or
/// handed out then, and no caller could go on.
#[expect(clippy::expect_used, reason = "without randomness nothing may go on")]
pub fn bytes<const N: usize>() -> [u8; N] {
    let mut out = [0; N];
    rand::fill(&mut out).expect("the operating system gives random bytes");
    out
}

/// A token of 256 random bits, 43 characters of base64url.
pub fn token() -> String {
    URL_SAFE_NO_PAD.encode(bytes::<32>())
}

/// A short identifier of 96 random bits, 16 characters of base64url.
pub fn id() -> String {
    URL_SAFE_NO_PAD.encode(bytes::<12>())
}

/// A number from 0 to 2^62 that nobody can guess.
pub fn number() -> i64 {
    (u64::from_be_bytes(bytes()) >> 2).cast_signed()
}
