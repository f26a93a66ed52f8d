//! What a unit of work may do inside the writer's transaction.

use std::collections::BTreeMap;

use sqlx::{AssertSqlSafe, PgConnection, SqliteConnection};

use super::{Row, StoreError, Value, value};
use crate::audit;

/// A table that rows are appended to, many at a time.
#[derive(Debug)]
pub struct Table {
    /// Its name.
    pub name: &'static str,
    /// The columns given with each row, in order.
    pub columns: &'static [&'static str],
}

/// Rows to append, gathered by table.
#[derive(Clone, Debug, Default)]
pub struct Appended {
    rows: BTreeMap<&'static str, (&'static Table, Vec<Value>)>,
}

impl Appended {
    /// Adds one row; `values` go with [`Table::columns`] in order.
    pub fn row(&mut self, table: &'static Table, values: Vec<Value>) {
        debug_assert_eq!(values.len(), table.columns.len());
        self.rows
            .entry(table.name)
            .or_insert_with(|| (table, Vec::new()))
            .1
            .extend(values);
    }

    /// Adds an audit entry.
    pub fn audit(&mut self, entry: audit::Entry) {
        self.row(&audit::ENTRIES, entry.into_row());
    }

    /// Takes over all of `other`'s rows.
    pub(super) fn merge(&mut self, other: Self) {
        for (name, (table, mut values)) in other.rows {
            self.rows
                .entry(name)
                .or_insert_with(|| (table, Vec::new()))
                .1
                .append(&mut values);
        }
    }

    /// True where an audit entry is among the rows.
    pub(super) fn has_audit(&self) -> bool {
        self.rows.contains_key(audit::ENTRIES.name)
    }
}

/// The database as a unit of work sees it: inside a transaction.
#[derive(Debug)]
pub struct Tx<'c> {
    connection: Connection<'c>,
    appended: Appended,
    wrote: bool,
    failure: Option<StoreError>,
}

#[derive(Debug)]
pub(super) enum Connection<'c> {
    Sqlite(&'c mut SqliteConnection),
    Postgres(&'c mut PgConnection),
}

impl<'c> Tx<'c> {
    pub(super) fn new(connection: Connection<'c>) -> Self {
        Self {
            connection,
            appended: Appended::default(),
            wrote: false,
            failure: None,
        }
    }

    /// Runs a statement and tells how many rows it changed.
    ///
    /// # Errors
    /// Any [`StoreError`].
    pub async fn execute(
        &mut self,
        sql: &'static str,
        params: Vec<Value>,
    ) -> Result<u64, StoreError> {
        let changed = match &mut self.connection {
            Connection::Sqlite(connection) => value::sqlite(sql, params)
                .execute(&mut **connection)
                .await
                .map(|done| done.rows_affected()),
            Connection::Postgres(connection) => value::postgres(sql, params)
                .execute(&mut **connection)
                .await
                .map(|done| done.rows_affected()),
        };
        let changed = changed.map_err(|error| self.fail(error))?;
        self.wrote |= changed > 0;
        Ok(changed)
    }

    /// The rows of a query, or of a statement with RETURNING.
    ///
    /// # Errors
    /// Any [`StoreError`].
    pub async fn fetch_all(
        &mut self,
        sql: &'static str,
        params: Vec<Value>,
    ) -> Result<Vec<Row>, StoreError> {
        let rows: Result<Vec<Row>, sqlx::Error> = match &mut self.connection {
            Connection::Sqlite(connection) => value::sqlite(sql, params)
                .fetch_all(&mut **connection)
                .await
                .map(|rows| rows.into_iter().map(Row::Sqlite).collect()),
            Connection::Postgres(connection) => value::postgres(sql, params)
                .fetch_all(&mut **connection)
                .await
                .map(|rows| rows.into_iter().map(Row::Postgres).collect()),
        };
        let rows = rows.map_err(|error| self.fail(error))?;
        self.wrote |= !rows.is_empty() && !sql.trim_start().starts_with("SELECT");
        Ok(rows)
    }

    /// The first row of a query, or of a statement with RETURNING.
    ///
    /// # Errors
    /// Any [`StoreError`].
    pub async fn fetch_optional(
        &mut self,
        sql: &'static str,
        params: Vec<Value>,
    ) -> Result<Option<Row>, StoreError> {
        Ok(self.fetch_all(sql, params).await?.into_iter().next())
    }

    /// Adds a row that is written, with those of others, before the commit.
    pub fn append(&mut self, table: &'static Table, values: Vec<Value>) {
        self.appended.row(table, values);
    }

    /// Adds an audit entry, written before the commit.
    pub fn audit(&mut self, entry: audit::Entry) {
        self.appended.audit(entry);
    }

    /// Writes what was appended now rather than before the commit, so that a later
    /// unit of work of the same transaction sees it.
    ///
    /// # Errors
    /// Any [`StoreError`].
    pub async fn write_appended(&mut self) -> Result<(), StoreError> {
        let rows = self.take_appended();
        self.wrote = true;
        let outcome = self.flush(rows).await;
        if let Err(error) = &outcome {
            self.failure = Some(error.clone());
        }
        outcome
    }

    /// Remembers that the transaction is spoiled, whatever its owner makes of the error.
    fn fail(&mut self, error: sqlx::Error) -> StoreError {
        let error = StoreError::from(error);
        self.failure = Some(error.clone());
        error
    }

    /// The failure that spoiled the transaction, if one did.
    pub(super) fn take_failure(&mut self) -> Option<StoreError> {
        self.failure.take()
    }

    /// Forgets what was appended since the last [`Tx::take_appended`].
    pub(super) fn take_appended(&mut self) -> Appended {
        std::mem::take(&mut self.appended)
    }

    /// True where a statement changed something since the last call.
    pub(super) fn take_wrote(&mut self) -> bool {
        std::mem::take(&mut self.wrote)
    }

    /// Writes appended rows in multi-row INSERTs.
    pub(super) async fn flush(&mut self, rows: Appended) -> Result<(), StoreError> {
        for (table, values) in rows.rows.into_values() {
            let width = table.columns.len();
            let mut left = values.len() / width;
            let mut values = values.into_iter();
            while left > 0 {
                let count = chunk(left);
                left -= count;
                let sql = AssertSqlSafe(insert(table, count));
                let values = values.by_ref().take(count * width);
                match &mut self.connection {
                    Connection::Sqlite(connection) => {
                        value::sqlite(sql, values)
                            .execute(&mut **connection)
                            .await?;
                    }
                    Connection::Postgres(connection) => {
                        value::postgres(sql, values)
                            .execute(&mut **connection)
                            .await?;
                    }
                }
            }
        }
        Ok(())
    }
}

/// The largest power of two up to 128 that fits, so that few texts are ever prepared.
fn chunk(rows: usize) -> usize {
    const LARGEST: usize = 128;
    if rows >= LARGEST {
        LARGEST
    } else {
        1 << rows.ilog2()
    }
}

fn insert(table: &Table, rows: usize) -> String {
    use std::fmt::Write as _;
    let width = table.columns.len();
    let mut sql = format!(
        "INSERT INTO {} ({}) VALUES ",
        table.name,
        table.columns.join(", ")
    );
    for row in 0..rows {
        sql.push_str(if row == 0 { "(" } else { ", (" });
        for column in 0..width {
            let comma = if column == 0 { "" } else { ", " };
            // Writing to a String cannot fail.
            let _ = write!(sql, "{comma}${}", row * width + column + 1);
        }
        sql.push(')');
    }
    sql
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_insert_names_each_parameter_once() {
        let table = Table {
            name: "t",
            columns: &["a", "b"],
        };
        assert_eq!(
            insert(&table, 2),
            "INSERT INTO t (a, b) VALUES ($1, $2), ($3, $4)"
        );
    }

    #[test]
    fn chunks_are_powers_of_two() {
        assert_eq!([1, 2, 3, 127, 128, 500].map(chunk), [1, 2, 2, 64, 128, 128]);
    }
}
