//! The table.

use std::time::Duration;

use serde::Serialize;

use crate::{
    load::Measured,
    searches::{LIMIT_MS, Search},
};

/// One run's figures.
#[derive(Default, Serialize)]
pub(crate) struct Table {
    rows: Vec<Row>,
    /// By database.
    searches: Vec<(String, Search)>,
    resources: Vec<Resources>,
}

/// One service on one database.
#[derive(Serialize)]
pub(crate) struct Row {
    database: String,
    name: String,
    measured: Measured,
    /// The lowest of the three below.
    limit: f64,
    /// The measured rate over the limit.
    ratio: f64,
    constant_body: Option<f64>,
    raw_signatures: Option<f64>,
    database_alone: Option<f64>,
    /// The rate at which these cores could do all three for each request, and nothing
    /// else: the limit knows them one at a time, a service pays for them together.
    together: Option<f64>,
}

#[derive(Serialize)]
struct Resources {
    database: String,
    start_ms: u128,
    idle_kib: u64,
    loaded_kib: u64,
}

impl Row {
    pub(crate) fn new(
        database: &str,
        name: &str,
        measured: Measured,
        constant_body: f64,
        raw_signatures: f64,
        database_alone: Option<f64>,
    ) -> Self {
        let limit = [Some(constant_body), Some(raw_signatures), database_alone]
            .into_iter()
            .flatten()
            .fold(f64::INFINITY, f64::min);
        // The first two had all cores, the rows one connection: one core at most.
        // (An answer that leaves no rows was signed before it was asked for.)
        let cores = std::thread::available_parallelism().map_or(1.0, |cores| cores.get() as f64);
        let together = database_alone
            .map(|rows| 1.0 / (1.0 / constant_body + 1.0 / raw_signatures + 1.0 / (rows * cores)));
        Self {
            database: database.to_owned(),
            name: name.to_owned(),
            ratio: measured.rate / limit,
            measured,
            limit,
            constant_body: Some(constant_body),
            raw_signatures: Some(raw_signatures),
            database_alone,
            together,
        }
    }
}

impl Table {
    pub(crate) fn add(&mut self, row: Row) {
        eprintln!(
            "{:<11} {:<28} {:>8.0}/s  ratio {:.2}",
            row.database, row.name, row.measured.rate, row.ratio
        );
        self.rows.push(row);
    }

    /// A key through its adapter against the same key without it.
    pub(crate) fn keys(&mut self, name: &str, rate: f64, raw: f64) {
        let measured = Measured {
            rate,
            p50_ms: 0.0,
            p99_ms: 0.0,
            size: 0,
        };
        self.add(Row {
            database: "-".to_owned(),
            name: name.to_owned(),
            measured,
            limit: raw,
            ratio: rate / raw,
            constant_body: None,
            raw_signatures: Some(raw),
            database_alone: None,
            together: None,
        });
    }

    pub(crate) fn resources(
        &mut self,
        database: &str,
        started: Duration,
        idle_kib: u64,
        loaded_kib: u64,
    ) {
        self.resources.push(Resources {
            database: database.to_owned(),
            start_ms: started.as_millis(),
            idle_kib,
            loaded_kib,
        });
    }

    pub(crate) fn searches(&mut self, database: &str, searches: Vec<Search>) {
        let named = searches
            .into_iter()
            .map(|search| (database.to_owned(), search));
        self.searches.extend(named);
    }

    /// Searches that take longer than they may.
    pub(crate) fn slow_searches(&self) -> Vec<String> {
        let searches = self.searches.iter();
        searches
            .filter(|(_, search)| search.median_ms > LIMIT_MS)
            .map(|(database, search)| format!("{} ({database})", search.name))
            .collect()
    }

    pub(crate) fn print(&self) {
        println!(
            "\n{:<11} {:<28} {:>9} {:>8} {:>8} {:>6}   limit: {:>9} {:>9} {:>9}   {:>9}",
            "database",
            "what",
            "rate/s",
            "p50 ms",
            "p99 ms",
            "ratio",
            "constant",
            "signature",
            "rows",
            "together"
        );
        let optional = |value: Option<f64>| {
            value.map_or_else(|| "-".to_owned(), |value| format!("{value:.0}"))
        };
        for row in &self.rows {
            println!(
                "{:<11} {:<28} {:>9.0} {:>8.2} {:>8.2} {:>6.2}          {:>9} {:>9} {:>9}   {:>9}",
                row.database,
                row.name,
                row.measured.rate,
                row.measured.p50_ms,
                row.measured.p99_ms,
                row.ratio,
                optional(row.constant_body),
                optional(row.raw_signatures),
                optional(row.database_alone),
                optional(row.together),
            );
        }
        println!(
            "\n{:<11} {:<38} {:>9} {:>10}",
            "database", "search of 1,000,000 certificates", "median ms", "slowest ms"
        );
        for (database, search) in &self.searches {
            println!(
                "{:<11} {:<38} {:>9.1} {:>10.1}",
                database, search.name, search.median_ms, search.slowest_ms
            );
        }
        println!();
        for one in &self.resources {
            println!(
                "{:<11} ready after {} ms; resident {:.0} MB idle, {:.0} MB under load",
                one.database,
                one.start_ms,
                one.idle_kib as f64 / 1024.0,
                one.loaded_kib as f64 / 1024.0
            );
        }
    }
}
