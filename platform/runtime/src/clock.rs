//! What time it is: only from here (rule 5).

use std::{
    sync::Arc,
    time::{Duration, Instant},
};

use jiff::Timestamp;

/// Where the time comes from. Two readings: a wall clock that may step, and a
/// monotonic one for measuring spans.
pub trait Clock: Send + Sync + std::fmt::Debug {
    /// The wall clock, UTC. May step in either direction.
    fn now(&self) -> Timestamp;

    /// A reading that never goes back, for the age of what is cached or claimed. Only
    /// differences mean anything.
    fn monotonic(&self) -> Instant {
        Instant::now()
    }
}

/// A clock that many parts hold.
pub type SharedClock = Arc<dyn Clock>;

/// The machine's clock.
#[derive(Debug)]
#[cfg_attr(not(feature = "test-clock"), derive(Default))]
pub struct SystemClock {
    #[cfg(feature = "test-clock")]
    offset_seconds: std::sync::atomic::AtomicI64,
}

#[cfg(feature = "test-clock")]
impl Default for SystemClock {
    /// Starts at the time that `XINSHU_TEST_CLOCK` names, for tests with stored data.
    fn default() -> Self {
        let start = std::env::var("XINSHU_TEST_CLOCK").ok();
        let start = start.and_then(|start| start.parse::<Timestamp>().ok());
        let offset = start.map_or(0, |start| start.duration_since(Timestamp::now()).as_secs());
        Self {
            offset_seconds: offset.into(),
        }
    }
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

/// A clock whose wall time does not move by itself, for tests.
#[derive(Debug)]
pub struct ManualClock {
    wall: parking_lot::Mutex<Timestamp>,
    /// What [`ManualClock::advance`] has added to the monotonic reading.
    advanced: parking_lot::Mutex<Duration>,
}

impl ManualClock {
    /// A clock that shows `now`.
    pub fn new(now: Timestamp) -> Self {
        Self {
            wall: parking_lot::Mutex::new(now),
            advanced: parking_lot::Mutex::default(),
        }
    }

    /// Steps the wall clock, in either direction; the monotonic reading does not step.
    pub fn set(&self, now: Timestamp) {
        *self.wall.lock() = now;
    }

    /// Lets time pass, by both readings.
    pub fn advance(&self, time: Duration) {
        let mut wall = self.wall.lock();
        *wall = wall.saturating_add(time).unwrap_or(Timestamp::MAX);
        *self.advanced.lock() += time;
    }
}

impl Clock for ManualClock {
    fn now(&self) -> Timestamp {
        *self.wall.lock()
    }

    fn monotonic(&self) -> Instant {
        Instant::now() + *self.advanced.lock()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_step_moves_the_wall_clock_alone_and_time_moves_both() {
        let clock = ManualClock::new("2026-03-01T08:00:00Z".parse().unwrap());
        let (wall, monotonic) = (clock.now(), clock.monotonic());
        let day = Duration::from_secs(24 * 3600);
        clock.advance(day);
        assert_eq!(clock.now().duration_since(wall).as_secs(), 24 * 3600);
        assert!(clock.monotonic() - monotonic >= day);
        clock.set(wall);
        assert!(clock.monotonic() - monotonic >= day);
    }
}
