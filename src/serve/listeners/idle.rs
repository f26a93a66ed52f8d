//! Whether a connection has anything to do.

use std::{
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};

/// The requests of one connection, counted as they begin and end.
#[derive(Clone, Debug, Default)]
pub(super) struct Requests(Arc<Counts>);

#[derive(Debug, Default)]
struct Counts {
    begun: AtomicU64,
    ended: AtomicU64,
}

/// A request that was not answered yet.
#[derive(Debug)]
pub(super) struct InFlight(Requests);

impl Requests {
    pub(super) fn begin(&self) -> InFlight {
        self.0.begun.fetch_add(1, Ordering::Relaxed);
        InFlight(self.clone())
    }

    /// Ends once there was no request for all of `span`, and before twice that time.
    /// It looks once a span, so that requests themselves touch no timer.
    pub(super) async fn idle(self, span: Duration) {
        let mut before = self.finished();
        loop {
            tokio::time::sleep(span).await;
            let now = self.finished();
            if now.is_some() && now == before {
                return;
            }
            before = now;
        }
    }

    /// How many requests there were, where all were answered.
    fn finished(&self) -> Option<u64> {
        let ended = self.0.ended.load(Ordering::Relaxed);
        (self.0.begun.load(Ordering::Relaxed) == ended).then_some(ended)
    }
}

impl Drop for InFlight {
    fn drop(&mut self) {
        self.0.0.ended.fetch_add(1, Ordering::Relaxed);
    }
}
