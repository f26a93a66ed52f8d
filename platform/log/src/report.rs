//! What a verification found, and how far it is.

use std::{collections::BTreeMap, time::Duration};

use serde::Serialize;

use crate::merkle::Frontier;

/// Further findings are only counted.
const FINDINGS: usize = 1000;
/// How often progress is reported, in entries or rows.
pub(crate) const STEP: u64 = 4096;

/// What a verification found.
#[derive(Clone, Debug, Default, Serialize)]
pub struct Report {
    /// How many entries have a leaf in the tree.
    pub size: u64,
    /// The recomputed root hash, hexadecimal.
    pub root: String,
    /// Entries that wait to be sequenced (at most a second's worth).
    pub waiting: u64,
    /// How many checkpoints were compared.
    pub checkpoints: u64,
    /// How many entries each action has.
    pub actions: BTreeMap<String, u64>,
    /// Everything that is wrong in the log itself.
    pub findings: Vec<String>,
    /// Everything in the tables of services that the log does not account for, and the
    /// reverse.
    pub records: Vec<String>,
    /// Findings beyond the first thousand of either kind.
    pub more_findings: u64,
    /// How long it took.
    pub seconds: f64,
    /// How many entries were verified a second.
    pub entries_per_second: u64,
}

/// How far a verification is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Progress {
    /// Rows of the services' tables were read.
    Rows(u64),
    /// So many of the log's entries were read.
    Entries {
        /// How many.
        read: u64,
        /// Of how many.
        of: u64,
    },
    /// Tables and entries are compared.
    Comparing,
}

impl Report {
    /// True if nothing is wrong.
    pub fn holds(&self) -> bool {
        self.findings.is_empty() && self.records.is_empty()
    }

    pub(crate) fn find(&mut self, finding: String) {
        if self.findings.len() < FINDINGS {
            self.findings.push(finding);
        } else {
            self.more_findings += 1;
        }
    }

    pub(crate) fn find_record(&mut self, finding: String) {
        if self.records.len() < FINDINGS {
            self.records.push(finding);
        } else {
            self.more_findings += 1;
        }
    }

    pub(crate) fn end(&mut self, frontier: &Frontier, took: Duration) {
        self.size = frontier.size();
        self.root = hex::encode(frontier.root());
        self.seconds = took.as_secs_f64();
        let entries = (self.size + self.waiting) as f64;
        self.entries_per_second = (entries / self.seconds.max(1e-6)) as u64;
        self.records.sort();
    }
}
