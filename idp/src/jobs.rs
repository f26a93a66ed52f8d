//! What runs by the clock: what is past its end is deleted.

use std::time::Duration;

use platform::jobs::Job;

use crate::{Error, Service, store, throttle};

const PERIOD: Duration = Duration::from_secs(10 * 60);
/// How long a redeemed code is remembered, so that its replay is noticed.
const CODE_MEMORY: Duration = Duration::from_secs(24 * 60 * 60);

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
        let deleted = self
            .0
            .store
            .transact(move |tx| {
                Box::pin(async move {
                    let mut deleted = store::codes::delete_expired(tx, now - CODE_MEMORY).await?;
                    deleted += store::sessions::delete_expired(tx, now, idle_since).await?;
                    deleted += store::links::delete_expired(tx, now).await?;
                    deleted += store::refresh::delete_expired(tx, now).await?;
                    deleted += store::revoked::delete_expired(tx, now).await?;
                    deleted +=
                        store::throttle::delete_before(tx, now - throttle::FORGOTTEN).await?;
                    Ok::<_, Error>(deleted)
                })
            })
            .await?;
        tracing::debug!(deleted, "deleted what is past its end");
        Ok(())
    }
}
