//! Calls into a library that do not return.

use std::{
    sync::{
        LazyLock,
        atomic::{AtomicU64, Ordering},
    },
    time::{Duration, Instant},
};

/// When one worker's current call must have returned, in milliseconds since the
/// process started; 0 while the worker is outside the library.
#[derive(Default)]
pub(super) struct CallDeadline(AtomicU64);

impl CallDeadline {
    pub(super) fn start(&self, timeout: Duration) {
        let deadline = CLOCK_START.elapsed() + timeout;
        self.0.store(
            u64::try_from(deadline.as_millis())
                .unwrap_or(u64::MAX)
                .max(1),
            Ordering::Relaxed,
        );
    }

    pub(super) fn stop(&self) {
        self.0.store(0, Ordering::Relaxed);
    }

    /// True if the call should have returned by now.
    pub(super) fn is_overdue(&self) -> bool {
        let deadline = self.0.load(Ordering::Relaxed);
        deadline != 0 && CLOCK_START.elapsed() > Duration::from_millis(deadline)
    }
}

static CLOCK_START: LazyLock<Instant> = LazyLock::new(Instant::now);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_call_beyond_its_time_is_overdue() {
        let deadline = CallDeadline::default();
        assert!(!deadline.is_overdue());
        deadline.start(Duration::from_secs(60));
        assert!(!deadline.is_overdue());
        deadline.start(Duration::ZERO);
        std::thread::sleep(Duration::from_millis(5));
        assert!(deadline.is_overdue());
        deadline.stop();
        assert!(!deadline.is_overdue());
    }
}
