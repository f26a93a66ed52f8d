//! Rows that are only ever added: the cheapest write there is.

use std::collections::BTreeMap;

use jiff::Timestamp;

use crate::Value;

/// A table that rows are appended to, many at a time.
#[derive(Debug)]
pub struct Table {
    /// Its name.
    pub name: &'static str,
    /// The columns given with each row, in order.
    pub columns: &'static [&'static str],
    /// A row that must exist when a row is written, and still at the commit.
    pub parent: Option<Parent>,
}

/// The row that an appended row belongs to. It is locked against deletion until the
/// commit: a transaction that deletes it afterwards sees the rows that belong to it.
#[derive(Debug)]
pub struct Parent {
    /// The parent's table.
    pub table: &'static str,
    /// The parent's primary key.
    pub key: &'static str,
    /// The column of the appended row that holds the parent's key.
    pub column: &'static str,
}

impl Table {
    /// Where `column` is among the columns.
    pub(crate) fn index_of(&self, column: &str) -> usize {
        let index = self.columns.iter().position(|known| *known == column);
        debug_assert!(index.is_some(), "{} has no column {column}", self.name);
        index.unwrap_or_default()
    }
}

/// Rows to append.
#[derive(Debug, Default)]
pub struct AppendBatch {
    rows: Vec<AppendedRow>,
    /// The latest act of a numbered row.
    latest: Option<Timestamp>,
}

#[derive(Debug)]
struct AppendedRow {
    table: &'static Table,
    values: Vec<Value>,
    /// Whether the writer fills in its first two columns.
    is_numbered: bool,
}

/// Rows of many who wait, by table.
pub(crate) type ByTable<'a> = Vec<(&'static Table, Vec<&'a [Value]>)>;

impl AppendBatch {
    /// Adds one row; `values` go with [`Table::columns`] in order.
    pub fn row(&mut self, table: &'static Table, values: Vec<Value>) {
        self.push(table, values, false);
    }

    /// Adds a row of a log whose first two columns the writer fills in when it is
    /// written: its number, and the latest `at` of all rows committed with it.
    pub fn numbered_row(&mut self, table: &'static Table, at: Timestamp, values: Vec<Value>) {
        self.latest = self.latest.max(Some(at));
        self.push(table, values, true);
    }

    fn push(&mut self, table: &'static Table, values: Vec<Value>, is_numbered: bool) {
        debug_assert_eq!(values.len(), table.columns.len());
        self.rows.push(AppendedRow {
            table,
            values,
            is_numbered,
        });
    }

    fn number(&mut self, next: &mut i64, written_at: Timestamp) {
        for row in self.rows.iter_mut().filter(|row| row.is_numbered) {
            if let [id, at, ..] = row.values.as_mut_slice() {
                *id = (*next).into();
                *at = written_at.into();
                *next += 1;
            }
        }
    }
}

/// Numbers the rows that are about to be committed together.
pub(crate) fn number(all: &mut [&mut AppendBatch], next: &mut i64) {
    let Some(written_at) = all.iter().filter_map(|rows| rows.latest).max() else {
        return;
    };
    for rows in all {
        rows.number(next, written_at);
    }
}

/// All rows of `all`, gathered by table.
pub(crate) fn by_table<'a>(all: impl Iterator<Item = &'a AppendBatch>) -> ByTable<'a> {
    let mut tables: BTreeMap<&str, (&'static Table, Vec<&[Value]>)> = BTreeMap::new();
    for row in all.flat_map(|appended| &appended.rows) {
        let (_, rows) = tables
            .entry(row.table.name)
            .or_insert_with(|| (row.table, Vec::new()));
        rows.push(&row.values);
    }
    tables.into_values().collect()
}
