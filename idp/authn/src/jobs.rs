//! Deleting what has expired, on a schedule.

use std::time::Duration;

use jiff::Timestamp;
use platform_runtime::jobs::Job;
use platform_store::{StoreError, Tx};

use crate::{Authn, devices, store, throttle};

const PERIOD: Duration = Duration::from_secs(10 * 60);
/// How many rows are deleted in one transaction, so that others can write in between.
const PORTION: i64 = 500;

pub(crate) fn all(authn: &Authn) -> Vec<Job> {
    let authn = authn.clone();
    vec![Job::new("authn.delete_expired", PERIOD, move || {
        let authn = authn.clone();
        async move { delete_expired(&authn).await }
    })]
}

/// What can expire.
#[derive(Clone, Copy)]
enum Expired {
    Sessions {
        now: Timestamp,
        idle_since: Timestamp,
    },
    Interactions(Timestamp),
    Links(Timestamp),
    Attempts(Timestamp),
    Devices(Timestamp),
}

async fn delete_expired(authn: &Authn) -> Result<(), StoreError> {
    let now = authn.now();
    let idle_since = now - authn.0.config.session_idle;
    let mut deleted = 0;
    for what in [
        Expired::Sessions { now, idle_since },
        Expired::Interactions(now),
        Expired::Links(now),
        Expired::Attempts(now - throttle::EXPIRED),
        Expired::Devices(now - devices::LIFETIME),
    ] {
        loop {
            let store = &authn.0.store;
            let portion = store
                .transact(async move |tx| what.delete_portion(tx).await)
                .await?;
            deleted += portion;
            if portion < PORTION.unsigned_abs() {
                break;
            }
        }
    }
    tracing::debug!(deleted, "expired rows of sign-in were deleted");
    Ok(())
}

impl Expired {
    async fn delete_portion(self, tx: &mut Tx<'_>) -> Result<u64, StoreError> {
        match self {
            Self::Sessions { now, idle_since } => {
                store::sessions::delete_expired(tx, now, idle_since, PORTION).await
            }
            Self::Interactions(before) => {
                store::interactions::delete_expired(tx, before, PORTION).await
            }
            Self::Links(before) => store::links::delete_expired(tx, before, PORTION).await,
            Self::Attempts(before) => store::throttle::delete_before(tx, before, PORTION).await,
            Self::Devices(before) => store::devices::delete_before(tx, before, PORTION).await,
        }
    }
}
