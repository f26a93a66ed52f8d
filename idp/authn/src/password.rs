//! Passwords: hashed and checked by Argon2id, a few at a time.

use std::sync::{
    Arc,
    atomic::{AtomicU64, AtomicUsize, Ordering},
};

use argon2::{
    Algorithm, Argon2, Params, PasswordHash, PasswordHasher as _, PasswordVerifier as _, Version,
    password_hash::SaltString,
};
use base64::{Engine as _, engine::general_purpose::STANDARD_NO_PAD};
use crypto::random;
use tokio::sync::Semaphore;
use zeroize::Zeroizing;

use crate::Error;

const MIN_LENGTH: usize = 8;
/// No sentence is longer, and no stranger makes us hash a book.
pub(crate) const MAX_LENGTH: usize = 256;

/// First guesses of every attacker; shorter ones are refused by their length.
const GUESSED: &[&str] = &[
    "12345678",
    "123456789",
    "1234567890",
    "87654321",
    "11111111",
    "88888888",
    "66666666",
    "00000000",
    "password",
    "passw0rd",
    "password1",
    "qwertyui",
    "qwertyuiop",
    "1qaz2wsx",
    "1q2w3e4r",
    "q1w2e3r4",
    "abcd1234",
    "a1234567",
    "aa123456",
    "iloveyou",
    "sunshine",
    "princess",
    "football",
    "admin123",
    "adminadmin",
    "letmein1",
    "woaini1314",
    "5201314520",
    "changeme",
];

/// Where passwords are hashed: each takes 19 MiB and some 20 ms of a core, so
/// places and the queue before them are bounded.
#[derive(Debug)]
pub(crate) struct Passwords {
    places: Arc<Semaphore>,
    waiting: Arc<AtomicUsize>,
    queue: usize,
    /// What an unknown user's password is compared with.
    nobody: String,
    computed: AtomicU64,
}

impl Passwords {
    pub(crate) fn new(workers: usize, queue: usize) -> Self {
        Self {
            places: Arc::new(Semaphore::new(workers)),
            waiting: Arc::new(AtomicUsize::new(0)),
            queue: queue + workers,
            nobody: nobody(),
            computed: AtomicU64::new(0),
        }
    }

    /// The Argon2id hash of a password, in PHC form.
    pub(crate) async fn hash(&self, password: Zeroizing<String>) -> Result<String, Error> {
        self.run(move || hash(&password)).await?
    }

    /// Whether `password` is the one behind `stored`. Does the same work where
    /// there is no stored one, and says no.
    pub(crate) async fn verify(
        &self,
        password: Zeroizing<String>,
        stored: Option<String>,
    ) -> Result<bool, Error> {
        let known = stored.is_some();
        let stored = stored.unwrap_or_else(|| self.nobody.clone());
        let same = self.run(move || verify(&password, &stored)).await??;
        Ok(same & known)
    }

    /// How many hashes were computed since the start.
    pub(crate) fn computed(&self) -> u64 {
        self.computed.load(Ordering::Relaxed)
    }

    async fn run<T: Send + 'static>(
        &self,
        work: impl FnOnce() -> T + Send + 'static,
    ) -> Result<T, Error> {
        let queued = Queued::enter(Arc::clone(&self.waiting), self.queue)?;
        let place = Arc::clone(&self.places)
            .acquire_owned()
            .await
            .map_err(|_| Error::Busy)?;
        self.computed.fetch_add(1, Ordering::Relaxed);
        metrics::counter!("xinshu_idp_password_hashes_total").increment(1);
        // The place is held until the work ends, even where the caller has given up.
        tokio::task::spawn_blocking(move || {
            let _held = (place, queued);
            work()
        })
        .await
        .map_err(|error| Error::Internal(error.to_string()))
    }
}

/// A place in the queue, given back when dropped.
struct Queued(Arc<AtomicUsize>);

impl Queued {
    fn enter(waiting: Arc<AtomicUsize>, limit: usize) -> Result<Self, Error> {
        let before = waiting.fetch_add(1, Ordering::Relaxed);
        let queued = Self(waiting);
        if before < limit {
            Ok(queued)
        } else {
            Err(Error::Busy)
        }
    }
}

impl Drop for Queued {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::Relaxed);
    }
}

/// Refuses passwords that fall at the first guesses (NIST SP 800-63B §3.1.1.2).
pub(crate) fn check_strength(password: &str, user: &str) -> Result<(), Error> {
    let length = password.chars().count();
    let lower = password.to_lowercase();
    let reason = if length < MIN_LENGTH {
        format!("at least {MIN_LENGTH} characters")
    } else if password.len() > MAX_LENGTH {
        format!("at most {MAX_LENGTH} bytes")
    } else if lower == user || GUESSED.contains(&lower.as_str()) || all_the_same(password) {
        "this one is guessed first; choose another".to_owned()
    } else {
        return Ok(());
    };
    Err(Error::invalid("password", reason))
}

fn all_the_same(password: &str) -> bool {
    let mut chars = password.chars();
    let first = chars.next();
    chars.all(|char| Some(char) == first)
}

/// OWASP's first choice: 19 MiB, two passes, one lane.
const MEMORY_KIB: u32 = 19_456;
const PASSES: u32 = 2;
const LANES: u32 = 1;

fn argon2() -> Result<Argon2<'static>, Error> {
    let params = Params::new(MEMORY_KIB, PASSES, LANES, None)
        .map_err(|error| Error::Internal(error.to_string()))?;
    Ok(Argon2::new(Algorithm::Argon2id, Version::V0x13, params))
}

/// What no password hashes to, but by a chance of 2^-256: to be compared with it
/// takes as long as with any other, and to make it takes nothing.
fn nobody() -> String {
    let salt = STANDARD_NO_PAD.encode(random::bytes::<16>());
    let hash = STANDARD_NO_PAD.encode(random::bytes::<32>());
    format!("$argon2id$v=19$m={MEMORY_KIB},t={PASSES},p={LANES}${salt}${hash}")
}

fn hash(password: &str) -> Result<String, Error> {
    let internal = |error: argon2::password_hash::Error| Error::Internal(error.to_string());
    let salt = SaltString::encode_b64(&random::bytes::<16>()).map_err(internal)?;
    Ok(argon2()?
        .hash_password(password.as_bytes(), &salt)
        .map_err(internal)?
        .to_string())
}

fn verify(password: &str, stored: &str) -> Result<bool, Error> {
    let stored = PasswordHash::new(stored).map_err(|error| Error::Internal(error.to_string()))?;
    Ok(argon2()?
        .verify_password(password.as_bytes(), &stored)
        .is_ok())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn secret(text: &str) -> Zeroizing<String> {
        Zeroizing::new(text.to_owned())
    }

    #[tokio::test]
    async fn nobody_has_no_password_and_costs_the_same() {
        let passwords = Passwords::new(1, 4);
        let stored = passwords.hash(secret("correct horse")).await.unwrap();
        assert!(stored.starts_with("$argon2id$v=19$m=19456,t=2,p=1$"));
        assert!(
            passwords
                .verify(secret("correct horse"), Some(stored.clone()))
                .await
                .unwrap()
        );
        assert!(
            !passwords
                .verify(secret("wrong horse"), Some(stored))
                .await
                .unwrap()
        );
        assert!(
            !passwords
                .verify(secret("correct horse"), None)
                .await
                .unwrap()
        );
        assert_eq!(passwords.computed(), 4);
    }

    #[tokio::test]
    async fn a_full_queue_is_busy_at_once() {
        let passwords = Arc::new(Passwords::new(1, 1));
        let _place = passwords.places.acquire().await.unwrap();
        let waiting: Vec<_> = (0..2)
            .map(|_| {
                let passwords = Arc::clone(&passwords);
                tokio::spawn(async move { passwords.verify(secret("x"), None).await })
            })
            .collect();
        while passwords.waiting.load(Ordering::Relaxed) < 2 {
            tokio::task::yield_now().await;
        }
        assert!(matches!(
            passwords.verify(secret("x"), None).await,
            Err(Error::Busy)
        ));
        waiting.iter().for_each(|task| task.abort());
    }

    #[test]
    fn first_guesses_are_refused() {
        for bad in [
            "short",
            "12345678",
            "Password",
            "alice.wang",
            "zzzzzzzzzz",
            &"x".repeat(257),
        ] {
            assert!(check_strength(bad, "alice.wang").is_err(), "{bad}");
        }
        assert!(check_strength("correct horse battery", "alice").is_ok());
        assert!(check_strength("一二三四五六七八", "alice").is_ok());
    }
}
