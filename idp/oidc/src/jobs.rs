//! What runs on a schedule: deleting what has expired, and the rotation of signing keys.

use std::time::Duration;

use jiff::Timestamp;
use platform_runtime::jobs::Job;
use platform_store::{StoreError, Tx};

use crate::{Oidc, rotate_keys, store};

const PERIOD: Duration = Duration::from_secs(10 * 60);
/// How long a code is remembered after it expired, so that its replay is noticed.
const CODE_MEMORY: Duration = Duration::from_secs(24 * 60 * 60);
/// How many rows are deleted in one transaction, so that others can write in between.
const PORTION: i64 = 500;

pub(crate) fn all(oidc: &Oidc) -> Vec<Job> {
    let (deleting, rotating) = (oidc.clone(), oidc.clone());
    vec![
        Job::new("idp.delete_expired", PERIOD, move || {
            let oidc = deleting.clone();
            async move { delete_expired(&oidc).await }
        }),
        Job::new("idp.rotate_signing_keys", PERIOD, move || {
            let oidc = rotating.clone();
            async move { rotate_keys::run_schedule(&oidc).await }
        }),
    ]
}

/// What can expire.
#[derive(Clone, Copy)]
enum Expired {
    /// Those issued before.
    Codes(Timestamp),
    Grants(Timestamp),
    Revoked(Timestamp),
}

async fn delete_expired(oidc: &Oidc) -> Result<(), StoreError> {
    let now = oidc.now();
    let mut deleted = 0;
    for what in [
        Expired::Codes(now - CODE_MEMORY - oidc.0.config.code_lifetime),
        Expired::Grants(now),
        Expired::Revoked(now),
    ] {
        loop {
            let portion = oidc
                .0
                .store
                .transact(async move |tx| what.delete_portion(tx).await)
                .await?;
            deleted += portion;
            if portion < PORTION.unsigned_abs() {
                break;
            }
        }
    }
    tracing::debug!(deleted, "expired codes, grants and tokens were deleted");
    Ok(())
}

impl Expired {
    async fn delete_portion(self, tx: &mut Tx<'_>) -> Result<u64, StoreError> {
        match self {
            Self::Codes(before) => store::codes::delete_old(tx, before, PORTION).await,
            Self::Grants(before) => store::grants::delete_expired(tx, before, PORTION).await,
            Self::Revoked(before) => store::revoked::delete_expired(tx, before, PORTION).await,
        }
    }
}
