//! Guessing is slowed down: by account and by address, on all nodes together.
//!
//! An attempt is counted before the password is looked at, so that a thousand
//! guesses at the same moment count as a thousand.

use std::{net::IpAddr, time::Duration};

use jiff::Timestamp;
use platform::audit::AuditSink as _;
use platform::{
    Caller, StoreError,
    audit::{Entry, Party},
    store::Tx,
};

use crate::{Error, Service, model::digest, store};

struct Limits {
    /// Attempts without a delay.
    free: i64,
    /// The longest delay; they double from one second.
    longest: Duration,
    /// After this time without an attempt all is forgotten.
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

/// When a row is old enough that nobody misses it.
pub(crate) const FORGOTTEN: Duration = Duration::from_secs(24 * 60 * 60);

/// What an attempt was counted under.
#[derive(Clone, Debug)]
pub(crate) struct Counted {
    account: Option<String>,
    address: Option<String>,
}

impl Limits {
    fn delay(&self, attempts: i64) -> Option<Duration> {
        let beyond = u32::try_from((attempts - self.free).min(32)).ok()?;
        let seconds = 1_u64.checked_shl(beyond).unwrap_or(u64::MAX);
        Some(Duration::from_secs(seconds).min(self.longest))
    }
}

impl Service {
    /// Counts an attempt to sign in as `account` (any text: nobody learns
    /// whether there is such a user), or a client's failure where there is none.
    ///
    /// # Errors
    /// [`Error::Throttled`] where it came too soon.
    pub(crate) async fn count_attempt(
        &self,
        account: Option<&str>,
        caller: &Caller,
    ) -> Result<Counted, Error> {
        let counted = Counted {
            // A digest: what is typed into the name's field may be a password.
            account: account.map(|name| format!("account:{}", hex::encode(digest(name)))),
            // A client with a stale secret must not shut people out who share its address.
            address: caller.address.map(|address| {
                let kind = if account.is_some() {
                    "address"
                } else {
                    "client"
                };
                format!("{kind}:{}", network(address))
            }),
        };
        let now = self.now();
        let caller = caller.clone();
        let names = counted.clone();
        let closed = self
            .0
            .store
            .transact(move |tx| {
                let (names, caller) = (names.clone(), caller.clone());
                Box::pin(async move { count(tx, names, &caller, now).await })
            })
            .await?;
        match closed {
            None => Ok(counted),
            Some(until) => {
                metrics::counter!("xinshu_idp_sign_ins_throttled_total").increment(1);
                Err(Error::Throttled {
                    retry_after: u64::try_from((until - now).get_seconds().max(0)).unwrap_or(0) + 1,
                })
            }
        }
    }
}

impl Service {
    /// Takes an attempt back where it came to nothing: the server had no time for it, or
    /// could not look. `outcome` goes on as it is.
    pub(crate) async fn unless_uncounted<T>(
        &self,
        outcome: Result<T, Error>,
        counted: &Counted,
    ) -> Result<T, Error> {
        if outcome.is_err() {
            let counted = counted.clone();
            let taken_back = self
                .0
                .store
                .transact(move |tx| {
                    let counted = counted.clone();
                    Box::pin(async move { counted.take_back(tx).await })
                })
                .await;
            if let Err(error) = taken_back {
                tracing::warn!(%error, "an attempt that came to nothing stays counted");
            }
        }
        outcome
    }
}

impl Counted {
    /// The attempt is as if it had not been made.
    async fn take_back(&self, tx: &mut Tx<'_>) -> Result<(), StoreError> {
        for name in [&self.account, &self.address].into_iter().flatten() {
            store::throttle::discount(tx, name).await?;
        }
        Ok(())
    }

    /// The attempt was a good one: forget the account's, take back the address'.
    pub(crate) async fn succeeded(&self, tx: &mut Tx<'_>) -> Result<(), StoreError> {
        if let Some(account) = &self.account {
            store::throttle::reset(tx, account).await?;
        }
        if let Some(address) = &self.address {
            store::throttle::discount(tx, address).await?;
        }
        Ok(())
    }
}

/// Until when the attempt must wait, if it must; counts it where not.
async fn count(
    tx: &mut Tx<'_>,
    names: Counted,
    caller: &Caller,
    now: Timestamp,
) -> Result<Option<Timestamp>, StoreError> {
    let names = [(names.account, ACCOUNT), (names.address, ADDRESS)];
    let mut closed = None;
    for (name, _) in &names {
        if let Some(name) = name {
            closed = closed.max(store::throttle::closed_until(tx, name, now).await?);
        }
    }
    if closed.is_some() {
        return Ok(closed);
    }
    for (name, limits) in names {
        let Some(name) = name else { continue };
        let attempts = store::throttle::count(tx, &name, now, now - limits.forget).await?;
        if let Some(delay) = limits.delay(attempts) {
            store::throttle::close(tx, &name, now + delay).await?;
            let (kind, _) = name.split_once(':').unwrap_or_default();
            tx.audit(
                Entry::new("idp.sign_in.throttle", caller, Party::thing(kind), now)
                    .with("attempts", attempts)
                    .with("seconds", delay.as_secs()),
            );
        }
    }
    Ok(None)
}

/// An IPv6 customer has a /64 at least.
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
