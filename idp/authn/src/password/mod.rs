//! Passwords, hashed and checked by Argon2id in a bounded pool.

mod common;
mod policy;
mod prepare;

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

pub use policy::PasswordPolicy;
pub(crate) use prepare::prepare;

use crate::Error;

/// Bytes: longer than any sentence; a bound on what a stranger makes us hash.
pub(crate) const MAX_LENGTH: usize = 256;
/// No spelling of a prepared text takes four times its bytes: NFC at most thirds them, but for
/// few letters such as U+0390.
const MAX_TYPED_LENGTH: usize = 4 * MAX_LENGTH;

/// Whether what was typed may be somebody's password: prepared, as it is set, or as 0.1.0
/// hashed it.
pub(crate) fn fits(typed: &str) -> bool {
    typed.len() <= MAX_LENGTH
        || typed.len() <= MAX_TYPED_LENGTH && prepare(typed).len() <= MAX_LENGTH
}

/// The pool in which passwords are hashed. Each takes 19 MiB and about 20 ms of a core,
/// so workers and their queue are bounded.
#[derive(Debug)]
pub(crate) struct Passwords {
    workers: Arc<Semaphore>,
    waiting: Arc<AtomicUsize>,
    queue: usize,
    /// What the password of an unknown user is compared with.
    dummy_hash: String,
    computed: AtomicU64,
}

impl Passwords {
    pub(crate) fn new(workers: usize, queue: usize) -> Self {
        Self {
            workers: Arc::new(Semaphore::new(workers)),
            waiting: Arc::new(AtomicUsize::new(0)),
            queue: queue + workers,
            dummy_hash: dummy_hash(),
            computed: AtomicU64::new(0),
        }
    }

    /// The Argon2id hash of a prepared password, in PHC form.
    pub(crate) async fn hash(&self, prepared: Zeroizing<String>) -> Result<String, Error> {
        self.run(move || hash(&prepared)).await?
    }

    /// Whether the password that was typed is the one behind `stored`; false, after the same
    /// work, if nothing is stored.
    ///
    /// 0.1.0 hashed passwords as they were typed, so one that [`prepare`] changes is compared
    /// in both forms, for unknown users too: the work must not depend on the name.
    pub(crate) async fn verify(
        &self,
        typed: Zeroizing<String>,
        stored: Option<String>,
    ) -> Result<bool, Error> {
        let known = stored.is_some();
        let stored = stored.unwrap_or_else(|| self.dummy_hash.clone());
        let prepared = prepare(&typed);
        let as_typed = (*prepared != *typed).then_some(typed);
        let mut same = self.verify_one(prepared, stored.clone()).await?;
        if let Some(typed) = as_typed {
            same |= self.verify_one(typed, stored).await?;
        }
        Ok(same & known)
    }

    async fn verify_one(&self, password: Zeroizing<String>, stored: String) -> Result<bool, Error> {
        self.run(move || verify(&password, &stored)).await?
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
        let worker = Arc::clone(&self.workers)
            .acquire_owned()
            .await
            .map_err(|_| Error::Busy)?;
        self.computed.fetch_add(1, Ordering::Relaxed);
        metrics::counter!("xinshu_idp_password_hashes_total").increment(1);
        // Held until the work ends, even if the caller stopped waiting.
        tokio::task::spawn_blocking(move || {
            let _held = (worker, queued);
            work()
        })
        .await
        .map_err(|error| Error::Internal(error.to_string()))
    }
}

/// A place in the queue, freed when dropped.
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

/// OWASP's first choice: 19 MiB, two passes, one lane.
const MEMORY_KIB: u32 = 19_456;
const PASSES: u32 = 2;
const LANES: u32 = 1;

fn argon2() -> Result<Argon2<'static>, Error> {
    let params = Params::new(MEMORY_KIB, PASSES, LANES, None)
        .map_err(|error| Error::Internal(error.to_string()))?;
    Ok(Argon2::new(Algorithm::Argon2id, Version::V0x13, params))
}

/// A random hash that matches no password. Checking against it costs as much as a real
/// check, so timing does not reveal whether a user exists.
fn dummy_hash() -> String {
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
    async fn an_unknown_user_costs_the_same() {
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
        let _place = passwords.workers.acquire().await.unwrap();
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

    /// 0.1.0 hashed what was typed; now it is normalized first.
    #[tokio::test]
    async fn both_spellings_of_a_letter_are_one_password() {
        let passwords = Passwords::new(1, 4);
        let (composed, decomposed) = ("caf\u{e9} au lait", "cafe\u{301} au lait");
        let stored = passwords.hash(prepare(decomposed)).await.unwrap();
        for typed in [composed, decomposed] {
            let same = passwords.verify(secret(typed), Some(stored.clone())).await;
            assert!(same.unwrap(), "{typed}");
        }
        let old = passwords.hash(secret(decomposed)).await.unwrap();
        let same = passwords.verify(secret(decomposed), Some(old)).await;
        assert!(same.unwrap());
    }
}
