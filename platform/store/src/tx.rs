//! What a unit of work may do inside the writer's transaction.

use jiff::Timestamp;
use sqlx::PgConnection;

use crate::{
    AppendBatch, Row, StoreError, Table, Value,
    append_batch::{by_table, number},
    postgres,
    sqlite::{self, Access},
    value::SqliteRow,
};

/// The database as a unit of work sees it: inside a transaction.
#[derive(Debug)]
pub struct Tx<'c> {
    connection: Connection<'c>,
    appended: AppendBatch,
    /// The number of the next log entry.
    next_entry: i64,
    has_written: bool,
    failure: Option<StoreError>,
}

#[derive(Debug)]
pub(crate) enum Connection<'c> {
    Sqlite(&'c mut rusqlite::Connection),
    Postgres {
        connection: &'c mut PgConnection,
        /// A transaction begins with the first statement that is not an append:
        /// appends are one statement, which needs none.
        begun: bool,
    },
}

impl<'c> Tx<'c> {
    /// Begins a transaction whose log entries are numbered from `next_entry` on.
    pub(crate) fn begin(connection: Connection<'c>, next_entry: i64) -> Result<Self, StoreError> {
        if let Connection::Sqlite(connection) = &connection {
            // IMMEDIATE: take the write lock now rather than fail at the first write.
            connection.execute_batch("BEGIN IMMEDIATE")?;
        }
        Ok(Self {
            connection,
            appended: AppendBatch::default(),
            next_entry,
            has_written: false,
            failure: None,
        })
    }

    /// Makes everything durable, and returns the number of the next log entry.
    pub(crate) async fn commit(mut self) -> Result<i64, StoreError> {
        self.end("COMMIT").await?;
        Ok(self.next_entry)
    }

    /// Undoes everything.
    pub(crate) async fn rollback(mut self) -> Result<(), StoreError> {
        self.end("ROLLBACK").await
    }

    async fn end(&mut self, sql: &'static str) -> Result<(), StoreError> {
        match &mut self.connection {
            // Some failures end the transaction by themselves, such as a full disk
            // (sqlite.org/lang_transaction.html §3).
            Connection::Sqlite(connection) if connection.is_autocommit() => match sql {
                "ROLLBACK" => Ok(()),
                _ => Err(StoreError::Unavailable(
                    "it has rolled the transaction back by itself".to_owned(),
                )),
            },
            Connection::Sqlite(connection) => Ok(connection.execute_batch(sql)?),
            Connection::Postgres {
                connection, begun, ..
            } => {
                if *begun {
                    sqlx::raw_sql(sql).execute(&mut **connection).await?;
                }
                Ok(())
            }
        }
    }

    /// Executes a statement and returns how many rows it changed.
    ///
    /// # Errors
    /// Any [`StoreError`].
    pub async fn execute(
        &mut self,
        sql: &'static str,
        params: Vec<Value>,
    ) -> Result<u64, StoreError> {
        let changed = match &mut self.connection {
            Connection::Sqlite(connection) => {
                sqlite::execute(connection, sql, &params).map_err(StoreError::from)
            }
            Connection::Postgres { connection, begun } => match begin(connection, begun).await {
                Ok(()) => postgres::execute(connection, sql, params).await,
                Err(error) => Err(error),
            }
            .map_err(StoreError::from),
        };
        let changed = changed.map_err(|error| self.fail(error))?;
        self.has_written |= changed > 0;
        Ok(changed)
    }

    /// Executes an INSERT, UPDATE or DELETE with RETURNING, and returns its rows.
    ///
    /// # Errors
    /// Any [`StoreError`].
    pub async fn execute_returning(
        &mut self,
        sql: &'static str,
        params: Vec<Value>,
    ) -> Result<Vec<Row>, StoreError> {
        let rows = self.query(sql, params, Access::Write).await?;
        self.has_written |= !rows.is_empty();
        Ok(rows)
    }

    /// As [`Tx::execute_returning`], for a statement that changes one row at most.
    ///
    /// # Errors
    /// Any [`StoreError`].
    pub async fn execute_returning_optional(
        &mut self,
        sql: &'static str,
        params: Vec<Value>,
    ) -> Result<Option<Row>, StoreError> {
        Ok(self
            .execute_returning(sql, params)
            .await?
            .into_iter()
            .next())
    }

    /// The rows of a query that writes nothing.
    ///
    /// # Errors
    /// Any [`StoreError`].
    pub async fn fetch_all(
        &mut self,
        sql: &'static str,
        params: Vec<Value>,
    ) -> Result<Vec<Row>, StoreError> {
        self.query(sql, params, Access::Read).await
    }

    /// The first row of a query that writes nothing, if there is one.
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

    async fn query(
        &mut self,
        sql: &'static str,
        params: Vec<Value>,
        access: Access,
    ) -> Result<Vec<Row>, StoreError> {
        let rows: Result<Vec<Row>, StoreError> = match &mut self.connection {
            Connection::Sqlite(connection) => {
                sqlite::fetch(connection, sql, &params, access).map(rows_of_sqlite)
            }
            Connection::Postgres { connection, begun } => match begin(connection, begun).await {
                Ok(()) => postgres::fetch(&mut **connection, sql, params).await,
                Err(error) => Err(error),
            }
            .map(|rows| rows.into_iter().map(Row::Postgres).collect())
            .map_err(StoreError::from),
        };
        rows.map_err(|error| self.fail(error))
    }

    /// Adds a row that is written, with those of others, before the commit.
    pub fn append(&mut self, table: &'static Table, values: Vec<Value>) {
        self.appended.row(table, values);
    }

    /// Adds a row of a log, as [`AppendBatch::numbered_row`], written before the commit.
    pub fn append_numbered(&mut self, table: &'static Table, at: Timestamp, values: Vec<Value>) {
        self.appended.numbered_row(table, at, values);
    }

    /// Writes what was appended now rather than before the commit, so that a later
    /// unit of work of the same transaction sees it.
    ///
    /// # Errors
    /// Any [`StoreError`].
    pub async fn write_appended(&mut self) -> Result<(), StoreError> {
        let mut rows = self.take_appended();
        self.has_written = true;
        let begun = match &mut self.connection {
            Connection::Sqlite(_) => Ok(()),
            Connection::Postgres { connection, begun } => begin(connection, begun).await,
        };
        begun.map_err(|error| self.fail(error.into()))?;
        self.flush(vec![&mut rows]).await
    }

    /// A statement that failed spoils the transaction, even if the unit of work handles
    /// the error.
    fn fail(&mut self, error: StoreError) -> StoreError {
        self.failure = Some(error.clone());
        error
    }

    /// The failure that spoiled the transaction, if one did.
    pub(crate) fn take_failure(&mut self) -> Option<StoreError> {
        self.failure.take()
    }

    /// Takes what was appended since the last call.
    pub(crate) fn take_appended(&mut self) -> AppendBatch {
        std::mem::take(&mut self.appended)
    }

    /// True if a statement changed something since the last call.
    pub(crate) fn take_has_written(&mut self) -> bool {
        std::mem::take(&mut self.has_written)
    }

    /// Writes appended rows, those of each table together.
    pub(crate) async fn flush(&mut self, mut all: Vec<&mut AppendBatch>) -> Result<(), StoreError> {
        number(&mut all, &mut self.next_entry);
        let tables = by_table(all.into_iter().map(|rows| &*rows));
        let outcome = match &mut self.connection {
            Connection::Sqlite(connection) => sqlite::append(connection, &tables),
            Connection::Postgres { connection, .. } => postgres::append(connection, &tables).await,
        };
        outcome.map_err(|error| self.fail(error))
    }
}

fn rows_of_sqlite(rows: Vec<SqliteRow>) -> Vec<Row> {
    rows.into_iter().map(Row::Sqlite).collect()
}

async fn begin(connection: &mut PgConnection, begun: &mut bool) -> Result<(), sqlx::Error> {
    if !*begun {
        sqlx::raw_sql("BEGIN").execute(connection).await?;
        *begun = true;
    }
    Ok(())
}
