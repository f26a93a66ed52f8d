//! What time it is, only from here (design rule 5). How long something took is
//! measured by `Instant`.

use std::{sync::Arc, time::Instant};

use jiff::Timestamp;

/// Where the time comes from. Two readings: a wall clock that may step, and a
/// monotonic one for measuring spans.
pub trait Clock: Send + Sync + std::fmt::Debug {
    /// The wall clock, UTC. May step in either direction.
    fn now(&self) -> Timestamp;

    /// A clock that never goes back; only differences mean anything.
    fn monotonic(&self) -> Instant {
        Instant::now()
    }
}

/// A clock that many parts hold.
pub type SharedClock = Arc<dyn Clock>;

/// The machine's clock.
#[derive(Debug, Default)]
pub struct SystemClock {
    #[cfg(feature = "test-clock")]
    offset_seconds: std::sync::atomic::AtomicI64,
}

impl SystemClock {
    /// Moves this clock by `seconds`, for tests of the real binary.
    #[cfg(feature = "test-clock")]
    pub fn advance(&self, seconds: i64) {
        self.offset_seconds
            .fetch_add(seconds, std::sync::atomic::Ordering::SeqCst);
    }
}

impl Clock for SystemClock {
    fn now(&self) -> Timestamp {
        #[cfg(feature = "test-clock")]
        {
            let offset = self
                .offset_seconds
                .load(std::sync::atomic::Ordering::SeqCst);
            Timestamp::now() + jiff::SignedDuration::from_secs(offset)
        }
        #[cfg(not(feature = "test-clock"))]
        Timestamp::now()
    }
}

/// A clock that stands still until it is moved, for unit tests.
#[derive(Debug)]
pub struct ManualClock(parking_lot::Mutex<Timestamp>);

impl ManualClock {
    /// A clock that shows `now`.
    pub fn new(now: Timestamp) -> Self {
        Self(parking_lot::Mutex::new(now))
    }

    /// Sets the time shown.
    pub fn set(&self, now: Timestamp) {
        *self.0.lock() = now;
    }
}

impl Clock for ManualClock {
    fn now(&self) -> Timestamp {
        *self.0.lock()
    }
}
