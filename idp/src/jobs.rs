//! What runs by the clock: what is past its end is deleted.

use std::time::Duration;

use jiff::Timestamp;
use platform::{StoreError, jobs::Job, store::Tx};

use crate::{Error, Service, store, throttle};

const PERIOD: Duration = Duration::from_secs(10 * 60);
/// How long a redeemed code is remembered, so that its replay is noticed.
const CODE_MEMORY: Duration = Duration::from_secs(24 * 60 * 60);

/// How much is deleted in one transaction: others write in between.
const PORTION: i64 = 500;

pub(crate) fn all(service: &Service) -> Vec<Job> {
    let service = service.clone();
    vec![Job::new("idp.delete_expired", PERIOD, move || {
        let service = service.clone();
        async move { service.delete_expired().await }
    })]
}

impl Service {
    /// Deletes codes, sessions, links, tokens and counters that are past their end.
    pub(crate) async fn delete_expired(&self) -> Result<(), Error> {
        let now = self.now();
        let idle_since = now - self.0.config.session_idle;
        let mut deleted = 0;
        for what in [
            Expired::Codes(now - CODE_MEMORY),
            Expired::Sessions { now, idle_since },
            Expired::Links(now),
            Expired::Families(now),
            Expired::Revoked(now),
            Expired::Attempts(now - throttle::FORGOTTEN),
        ] {
            loop {
                let some = self
                    .0
                    .store
                    .transact_boxed(move |tx| Box::pin(what.delete_some(tx)))
                    .await
                    .map_err(Error::Store)?;
                deleted += some;
                if some < PORTION.unsigned_abs() {
                    break;
                }
            }
        }
        tracing::debug!(deleted, "deleted what is past its end");
        Ok(())
    }
}

/// What is past its end.
#[derive(Clone, Copy)]
enum Expired {
    Codes(Timestamp),
    Sessions {
        now: Timestamp,
        idle_since: Timestamp,
    },
    Links(Timestamp),
    Families(Timestamp),
    Revoked(Timestamp),
    Attempts(Timestamp),
}

impl Expired {
    /// Deletes a portion of it; how much that was.
    async fn delete_some(self, tx: &mut Tx<'_>) -> Result<u64, StoreError> {
        match self {
            Self::Codes(before) => store::codes::delete_expired(tx, before, PORTION).await,
            Self::Sessions { now, idle_since } => {
                store::sessions::delete_expired(tx, now, idle_since, PORTION).await
            }
            Self::Links(before) => store::links::delete_expired(tx, before, PORTION).await,
            Self::Families(before) => store::refresh::delete_expired(tx, before, PORTION).await,
            Self::Revoked(before) => store::revoked::delete_expired(tx, before, PORTION).await,
            Self::Attempts(before) => store::throttle::delete_before(tx, before, PORTION).await,
        }
    }
}
