//! Guessing is slowed down by account and by address, on all nodes together.
//!
//! An attempt is counted before the password is checked, so that a thousand
//! guesses at the same moment count as a thousand.
//!
//! Browsers that somebody has signed in with before are counted apart from unknown ones, so
//! that guesses at an account cannot keep its owner out, however many addresses they use.

use std::{net::IpAddr, time::Duration};

use crypto::Digest;
use jiff::Timestamp;
use platform_access::{Caller, Resource};
use platform_log::AuditSink as _;
use platform_store::{StoreError, Tx};

use crate::{Authn, Error, actions::acts::THROTTLE, store};

#[derive(Clone, Copy, Debug)]
struct Limits {
    /// Attempts without a delay.
    free: i64,
    /// The longest delay; they double from one second.
    longest: Duration,
    /// After this time without an attempt the count restarts.
    forget: Duration,
}

const ACCOUNT: Limits = Limits {
    free: 5,
    longest: Duration::from_secs(15 * 60),
    forget: Duration::from_secs(60 * 60),
};

/// Many people share an address behind a gateway.
const ADDRESS: Limits = Limits {
    free: 100,
    longest: Duration::from_secs(5 * 60),
    forget: Duration::from_secs(15 * 60),
};

/// A session in which the current password is asked for: only its own failures count.
const SESSION: Limits = Limits {
    free: 10,
    longest: Duration::from_secs(60),
    forget: Duration::from_secs(15 * 60),
};

/// After this time a row has no effect any more.
pub(crate) const EXPIRED: Duration = Duration::from_secs(24 * 60 * 60);

/// An attempt that was counted, by the names it was counted under.
#[derive(Clone, Debug)]
pub struct Attempt {
    /// The count that a success resets.
    subject: Option<Counter>,
    /// The count from which a success is subtracted.
    address: Option<Counter>,
}

#[derive(Clone, Debug)]
struct Counter {
    name: String,
    limits: Limits,
    /// Until when this very attempt closed it to others.
    closed_until: Option<Timestamp>,
}

/// What is known of the browser that makes an attempt.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Browser<'a> {
    /// The user who is named signed in with it before; the key of its cookie.
    Known(&'a [u8]),
    /// Nothing.
    Unknown,
}

impl Limits {
    fn delay(&self, attempts: i64) -> Option<Duration> {
        let beyond = u32::try_from((attempts - self.free).min(32)).ok()?;
        let seconds = 1_u64.checked_shl(beyond).unwrap_or(u64::MAX);
        Some(Duration::from_secs(seconds).min(self.longest))
    }
}

/// Counts an attempt to sign in as `account`: any text, so that nobody learns whether
/// there is such a user.
///
/// # Errors
/// [`Error::Throttled`] if it came too soon, and the store's.
pub(crate) async fn count_attempt(
    authn: &Authn,
    caller: &Caller,
    account: &str,
    browser: Browser<'_>,
) -> Result<Attempt, Error> {
    let (subject, address) = match browser {
        Browser::Unknown => (
            account_name(account),
            Counter::of_address("address", caller),
        ),
        // Its own counter bounds what it can guess, since it is known for this account alone.
        // A counter of its address would let one person shut out others behind their gateway.
        Browser::Known(key) => (
            format!("known-browser:{}:{}", digest(account), hex::encode(key)),
            None,
        ),
    };
    let attempt = Attempt {
        subject: Some(Counter::new(subject, ACCOUNT)),
        address,
    };
    count(authn, caller, attempt).await
}

/// Forgets what was guessed at `account` from unknown browsers: the guesses were at a password
/// that it no longer has.
pub(crate) async fn reset_account(tx: &mut Tx<'_>, account: &str) -> Result<(), StoreError> {
    store::throttle::reset(tx, &account_name(account)).await
}

fn account_name(account: &str) -> String {
    format!("account:{}", digest(account))
}

/// People type their password into the name's field.
fn digest(account: &str) -> String {
    hex::encode(Digest::Sha256.hash(account.as_bytes()))
}

/// Counts an attempt to prove the current password in a session. Its address and the account
/// do not matter: no one else's failures may keep the owner from changing the password.
///
/// # Errors
/// [`Error::Throttled`] after too many failures in this very session, and the store's.
pub(crate) async fn count_in_session(
    authn: &Authn,
    caller: &Caller,
    session_id: &str,
) -> Result<Attempt, Error> {
    let attempt = Attempt {
        subject: Some(Counter::new(format!("session:{session_id}"), SESSION)),
        address: None,
    };
    count(authn, caller, attempt).await
}

/// Counts a client's failure to authenticate, under its address. Separate from people's
/// attempts: a client with a stale secret must not lock out people who share its address.
///
/// # Errors
/// [`Error::Throttled`] if there were too many, and the store's.
pub async fn count_client_failure(authn: &Authn, caller: &Caller) -> Result<(), Error> {
    let attempt = Attempt {
        subject: None,
        address: Counter::of_address("client", caller),
    };
    count(authn, caller, attempt).await.map(|_| ())
}

impl Counter {
    fn new(name: String, limits: Limits) -> Self {
        Self {
            name,
            limits,
            closed_until: None,
        }
    }

    fn of_address(kind: &str, caller: &Caller) -> Option<Self> {
        let address = network(caller.address?);
        Some(Self::new(format!("{kind}:{address}"), ADDRESS))
    }
}

async fn count(authn: &Authn, caller: &Caller, attempt: Attempt) -> Result<Attempt, Error> {
    let now = authn.now();
    let caller = caller.clone();
    let store = &authn.0.store;
    let counted = store
        .transact(async move |tx| count_in(tx, attempt.clone(), &caller, now).await)
        .await?;
    match counted {
        Ok(attempt) => Ok(attempt),
        Err(until) => {
            metrics::counter!("xinshu_idp_sign_ins_throttled_total").increment(1);
            Err(Error::Throttled {
                retry_after: u64::try_from((until - now).get_seconds().max(0)).unwrap_or(0) + 1,
            })
        }
    }
}

/// Uncounts an attempt whose outcome is an error: the server was busy, or could not check.
pub(crate) async fn refund_on_error<T, E>(
    authn: &Authn,
    attempt: &Attempt,
    outcome: Result<T, E>,
) -> Result<T, E> {
    if outcome.is_err() {
        let attempt = attempt.clone();
        let store = &authn.0.store;
        let refunded: Result<(), StoreError> = store
            .transact(async move |tx| attempt.refund(tx).await)
            .await;
        if let Err(error) = refunded {
            tracing::warn!(%error, "an attempt that was not checked stays counted");
        }
    }
    outcome
}

impl Attempt {
    fn counters(&self) -> impl Iterator<Item = &Counter> {
        [&self.subject, &self.address].into_iter().flatten()
    }

    async fn refund(&self, tx: &mut Tx<'_>) -> Result<(), StoreError> {
        for counter in self.counters() {
            store::throttle::discount(tx, &counter.name, counter.closed_until).await?;
        }
        Ok(())
    }

    /// The attempt succeeded: resets the subject's count and uncounts the address's.
    pub(crate) async fn succeeded(&self, tx: &mut Tx<'_>) -> Result<(), StoreError> {
        if let Some(subject) = &self.subject {
            store::throttle::reset(tx, &subject.name).await?;
        }
        if let Some(address) = &self.address {
            store::throttle::discount(tx, &address.name, address.closed_until).await?;
        }
        Ok(())
    }
}

/// Counts the attempt, or returns until when attempts are rejected.
async fn count_in(
    tx: &mut Tx<'_>,
    mut attempt: Attempt,
    caller: &Caller,
    now: Timestamp,
) -> Result<Result<Attempt, Timestamp>, StoreError> {
    let mut closed = None;
    for counter in attempt.counters() {
        closed = closed.max(store::throttle::closed_until(tx, &counter.name, now).await?);
    }
    if let Some(until) = closed {
        return Ok(Err(until));
    }
    let counters = [&mut attempt.subject, &mut attempt.address];
    for counter in counters.into_iter().flatten() {
        let (name, limits) = (&counter.name, counter.limits);
        let attempts = store::throttle::count(tx, name, now, now - limits.forget).await?;
        if let Some(delay) = limits.delay(attempts) {
            store::throttle::close(tx, name, now + delay).await?;
            counter.closed_until = Some(now + delay);
            let (kind, _) = name.split_once(':').unwrap_or_default();
            tx.audit(
                caller
                    .entry(THROTTLE, &Resource::all("attempts").with("kind", kind), now)
                    .with("attempts", attempts)
                    .with("seconds", delay.as_secs()),
            );
        }
    }
    Ok(Ok(attempt))
}

/// An IPv6 subscriber has at least a /64.
fn network(address: IpAddr) -> String {
    match address.to_canonical() {
        IpAddr::V4(address) => address.to_string(),
        IpAddr::V6(address) => {
            let [a, b, c, d, ..] = address.segments();
            format!("{a:x}:{b:x}:{c:x}:{d:x}::/64")
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn delays_double_up_to_the_longest() {
        let seconds = |attempts| ACCOUNT.delay(attempts).map(|delay| delay.as_secs());
        assert_eq!(seconds(4), None);
        assert_eq!(seconds(5), Some(1));
        assert_eq!(seconds(8), Some(8));
        assert_eq!(seconds(100), Some(900));
    }

    #[test]
    fn addresses_are_counted_by_network() {
        assert_eq!(network("::ffff:192.0.2.1".parse().unwrap()), "192.0.2.1");
        assert_eq!(
            network("2001:db8:1:2:3:4:5:6".parse().unwrap()),
            "2001:db8:1:2::/64"
        );
    }
}
