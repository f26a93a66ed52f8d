//! Rows that are only ever added: the cheapest write there is.

use std::collections::BTreeMap;

use jiff::Timestamp;

use super::Value;
use crate::audit;

/// A table that rows are appended to, many at a time.
#[derive(Debug)]
pub struct Table {
    /// Its name.
    pub name: &'static str,
    /// The columns given with each row, in order.
    pub columns: &'static [&'static str],
}

/// Rows to append.
#[derive(Debug, Default)]
pub struct Appended {
    rows: Vec<(&'static Table, Vec<Value>)>,
    /// The latest act of an audit entry among them.
    latest: Option<Timestamp>,
}

/// Rows of many who wait, by table.
pub(super) type ByTable<'a> = Vec<(&'static Table, Vec<&'a [Value]>)>;

impl Appended {
    /// Adds one row; `values` go with [`Table::columns`] in order.
    pub fn row(&mut self, table: &'static Table, values: Vec<Value>) {
        debug_assert_eq!(values.len(), table.columns.len());
        self.rows.push((table, values));
    }

    /// Adds an audit entry. Its number is given when it is written.
    pub fn audit(&mut self, entry: audit::Entry) {
        self.latest = self.latest.max(Some(entry.at()));
        self.row(&audit::ENTRIES, entry.into_row());
    }

    /// Gives the audit entries among the rows the numbers from `next` on.
    fn number(&mut self, next: &mut i64, written_at: Timestamp) {
        for (table, values) in &mut self.rows {
            if table.name == audit::ENTRIES.name
                && let [id, at, ..] = values.as_mut_slice()
            {
                *id = (*next).into();
                *at = written_at.into();
                *next += 1;
            }
        }
    }

    /// True where an audit entry is among the rows.
    pub(super) fn has_audit(&self) -> bool {
        self.latest.is_some()
    }
}

/// Numbers the audit entries that are about to be committed together.
pub(super) fn number(all: &mut [&mut Appended], next: &mut i64) {
    let Some(written_at) = all.iter().filter_map(|rows| rows.latest).max() else {
        return;
    };
    for rows in all {
        rows.number(next, written_at);
    }
}

/// All rows of `all`, gathered by table.
pub(super) fn by_table<'a>(all: impl Iterator<Item = &'a Appended>) -> ByTable<'a> {
    let mut tables: BTreeMap<&str, (&'static Table, Vec<&[Value]>)> = BTreeMap::new();
    for (table, values) in all.flat_map(|appended| &appended.rows) {
        let (_, rows) = tables
            .entry(table.name)
            .or_insert_with(|| (table, Vec::new()));
        rows.push(values);
    }
    tables.into_values().collect()
}
