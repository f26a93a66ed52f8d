//! A line in the log for each request that was refused, but not for each of a flood.

use std::time::{Duration, Instant};

use axum::http::StatusCode;
use parking_lot::Mutex;

/// How many lines are written in a period.
const LINES: u32 = 20;
const PERIOD: Duration = Duration::from_secs(1);

static RECENT: Mutex<Recent> = Mutex::new(Recent {
    since: None,
    refusals: 0,
});

/// The refusals of the current period.
#[derive(Debug)]
struct Recent {
    since: Option<Instant>,
    refusals: u32,
}

/// What is written for a refusal.
#[derive(Debug, PartialEq, Eq)]
enum Line {
    /// Its own line, and how many of the period before have none.
    Own { left_out: u32 },
    /// None: it is counted.
    None,
}

/// Writes that a REST request was refused, under its id.
///
/// Requests without credentials and for addresses that do not exist are the noise of
/// every network: the metrics count them. Conflicts and missing permissions name people,
/// so their details are left to the answer and to the audit log.
pub(crate) fn log_problem(status: StatusCode, detail: &str) {
    match status {
        StatusCode::UNAUTHORIZED | StatusCode::NOT_FOUND => {}
        StatusCode::CONFLICT | StatusCode::FORBIDDEN => log_refusal(status, ""),
        _ => log_refusal(status, detail),
    }
}

/// Writes why a request was refused, under its id, if it was its client's fault and the
/// log is not flooded.
pub fn log_refusal(status: StatusCode, detail: &str) {
    if !status.is_client_error() {
        return;
    }
    if let Line::Own { left_out } = RECENT.lock().next(Instant::now()) {
        if left_out > 0 {
            tracing::info!(left_out, "more requests were refused than the log says");
        }
        tracing::info!(status = status.as_u16(), detail, "a request was refused");
    }
}

impl Recent {
    fn next(&mut self, now: Instant) -> Line {
        let is_current = self
            .since
            .is_some_and(|since| now.saturating_duration_since(since) < PERIOD);
        if is_current && self.refusals >= LINES {
            self.refusals = self.refusals.saturating_add(1);
            return Line::None;
        }
        let mut left_out = 0;
        if !is_current {
            left_out = self.refusals.saturating_sub(LINES);
            *self = Self {
                since: Some(now),
                refusals: 0,
            };
        }
        self.refusals += 1;
        Line::Own { left_out }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_flood_leaves_some_lines_and_its_number() {
        let start = Instant::now();
        let mut recent = Recent {
            since: None,
            refusals: 0,
        };
        let lines = |recent: &mut Recent, at| {
            let own = |_: &usize| recent.next(at) != Line::None;
            (0..1000).filter(own).count() as u32
        };
        assert_eq!(lines(&mut recent, start), LINES);
        let next = recent.next(start + PERIOD);
        assert_eq!(next, Line::Own { left_out: 980 });
        assert_eq!(recent.next(start + PERIOD * 3), Line::Own { left_out: 0 });
    }
}
