//! What each route is measured by.

use std::{cell::RefCell, collections::HashMap};

use metrics::{Counter, Histogram};

/// The instruments of one route: those of its answers by method and status, and how
/// long they took. Routes, methods and statuses are closed lists, so this is small.
struct Instruments {
    seconds: Histogram,
    requests: Vec<(&'static str, u16, Counter)>,
}

thread_local! {
    /// Finding an instrument by its labels costs more than using it.
    static KNOWN: RefCell<HashMap<String, Instruments>> = RefCell::default();
}

/// Counts an answer of `route`, which took so many `seconds`.
pub(super) fn answered(route: &str, method: &'static str, status: u16, seconds: f64) {
    KNOWN.with_borrow_mut(|known| {
        if !known.contains_key(route) {
            known.insert(route.to_owned(), Instruments::new(route));
        }
        let Some(instruments) = known.get_mut(route) else {
            return;
        };
        instruments.seconds.record(seconds);
        instruments.requests(route, method, status).increment(1);
    });
}

impl Instruments {
    fn new(route: &str) -> Self {
        Self {
            seconds: metrics::histogram!("xinshu_http_request_seconds", "route" => route.to_owned()),
            requests: Vec::new(),
        }
    }

    fn requests(&mut self, route: &str, method: &'static str, status: u16) -> &Counter {
        let known = |(of, with, _): &(&str, u16, Counter)| *of == method && *with == status;
        let place = self.requests.iter().position(known).unwrap_or_else(|| {
            let counter = metrics::counter!("xinshu_http_requests_total",
                "route" => route.to_owned(), "method" => method, "status" => status.to_string());
            self.requests.push((method, status, counter));
            self.requests.len() - 1
        });
        &self.requests[place].2
    }
}
