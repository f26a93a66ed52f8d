//! Opaque tokens: cookies, codes, links, refresh tokens. Who presents one proves that
//! they received it; the database holds only a key that does not reveal it.

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use zeroize::Zeroizing;

use crate::{Digest, random};

/// Bytes of the time of issue, in milliseconds since 1970: enough until the year 10889.
const TIME: usize = 6;
const SECRET: usize = 32;
/// Characters of a token: time and secret in base64url.
const LENGTH: usize = (TIME + SECRET).div_ceil(3) * 4 - 1;

/// A token that was just made.
pub struct OpaqueToken {
    text: Zeroizing<String>,
}

impl OpaqueToken {
    /// A token with 256 random bits and its time of issue in front.
    ///
    /// The time is no secret. It is there so that [`Self::key`] grows with time and
    /// rows are inserted at the end of their index.
    pub fn new(issued_at_ms: i64) -> Self {
        Self::with_secret(issued_at_ms, &random::bytes())
    }

    /// The token that follows one that was presented, the same each time: its secret is
    /// derived from the one presented and a random `seed`. Who knows only one of them learns
    /// nothing.
    pub fn successor(presented: &str, seed: &[u8; SECRET], issued_at_ms: i64) -> Self {
        let message = Zeroizing::new([seed, presented.as_bytes()].concat());
        let mut secret = Zeroizing::new([0; SECRET]);
        secret.copy_from_slice(&Digest::Sha256.hash(&message));
        Self::with_secret(issued_at_ms, &secret)
    }

    fn with_secret(issued_at_ms: i64, secret: &[u8; SECRET]) -> Self {
        let mut bytes = Zeroizing::new([0; TIME + SECRET]);
        bytes[..TIME].copy_from_slice(&issued_at_ms.to_be_bytes()[8 - TIME..]);
        bytes[TIME..].copy_from_slice(secret);
        Self {
            text: Zeroizing::new(URL_SAFE_NO_PAD.encode(bytes.as_ref())),
        }
    }

    /// The token itself: 51 characters of base64url.
    pub fn text(&self) -> &str {
        &self.text
    }

    /// What the database stores of it.
    pub fn key(&self) -> Vec<u8> {
        token_key(&self.text)
    }
}

/// The key under which a presented token is stored: its time of issue ‖ its SHA-256.
/// Tokens of 0.1.0 have no time, and their key is the SHA-256 alone.
pub fn token_key(presented: &str) -> Vec<u8> {
    let hash = Digest::Sha256.hash(presented.as_bytes());
    let decoded = if presented.len() == LENGTH {
        URL_SAFE_NO_PAD.decode(presented).unwrap_or_default()
    } else {
        Vec::new()
    };
    let mut key = decoded.get(..TIME).unwrap_or_default().to_vec();
    key.extend_from_slice(&hash);
    key
}

/// Less than the key of every token that is issued at this time or later, and greater than
/// all keys before: what has expired is found by the index on keys.
pub fn first_key_at(issued_at_ms: i64) -> Vec<u8> {
    issued_at_ms.to_be_bytes()[8 - TIME..].to_vec()
}

/// A name, not a secret, that sorts by the time at which it was made: 12 hexadecimal
/// digits of it, and 64 random bits.
pub fn timed_id(made_at_ms: i64) -> String {
    let mut bytes = [0; TIME + 8];
    bytes[..TIME].copy_from_slice(&made_at_ms.to_be_bytes()[8 - TIME..]);
    bytes[TIME..].copy_from_slice(&random::bytes::<8>());
    hex::encode(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_sort_by_time_and_do_not_reveal_the_token() {
        let (early, late) = (OpaqueToken::new(1_000), OpaqueToken::new(2_000));
        assert_eq!(early.text().len(), LENGTH);
        assert_eq!(token_key(early.text()), early.key());
        assert_eq!(early.key().len(), TIME + 32);
        assert!(early.key() < late.key());
        assert!(first_key_at(1_000) < early.key() && early.key() < first_key_at(1_001));
        assert_ne!(OpaqueToken::new(1_000).key(), early.key());
        assert!(timed_id(1_000) < timed_id(2_000));
    }

    #[test]
    fn a_successor_is_the_same_for_the_same_token_seed_and_time() {
        let first = OpaqueToken::new(1_000);
        let next = |text: &str, seed: u8| {
            let token = OpaqueToken::successor(text, &[seed; SECRET], 2_000);
            token.text().to_owned()
        };
        let successor = next(first.text(), 1);
        assert_eq!(successor, next(first.text(), 1));
        assert_eq!(successor.len(), LENGTH);
        assert!(token_key(&successor) > first_key_at(2_000));
        assert_ne!(successor, next(first.text(), 2));
        assert_ne!(successor, next(OpaqueToken::new(1_000).text(), 1));
    }

    #[test]
    fn tokens_of_0_1_0_are_found_by_their_hash() {
        let old = random::token();
        assert_eq!(token_key(&old), Digest::Sha256.hash(old.as_bytes()));
        assert_eq!(token_key("").len(), 32);
        assert_eq!(token_key(&"=".repeat(LENGTH)).len(), 32);
    }
}
