//! SQLite: its connections and statements, by the library's own calls.

mod readers;
mod snapshot;

use std::{path::Path, sync::Arc, time::Duration};

use rusqlite::{Connection, OpenFlags, Statement};

use crate::{StoreError, Table, Value, append_batch::ByTable, value::SqliteRow};

pub(crate) use readers::Readers;
pub(crate) use snapshot::open_snapshot;

/// How long SQLite waits for another process' lock.
const BUSY: Duration = Duration::from_secs(3);
/// Prepared statements that a connection caches.
const STATEMENTS: usize = 256;
/// How many of SQLite's instructions run before it asks whether to go on: some
/// microseconds.
const INSTRUCTIONS: i32 = 4000;

/// Whether a statement that returns rows may write.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Access {
    Read,
    Write,
}

/// The one connection that writes.
pub(crate) fn open_to_write(path: &Path) -> Result<Connection, StoreError> {
    let connection = open(path, OpenFlags::SQLITE_OPEN_READ_WRITE)?;
    // WAL with synchronous=FULL: a commit is on disk when it returns
    // (sqlite.org/pragma.html#pragma_synchronous). A checkpoint each 16 MiB of
    // log rather than each 4: fewer fsyncs of the file itself. The log grows while a
    // long read needs its older part, and is cut to 64 MiB when it begins anew.
    connection.execute_batch(
        "PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL;
         PRAGMA wal_autocheckpoint = 4000; PRAGMA journal_size_limit = 67108864;
         PRAGMA cache_size = -8192;",
    )?;
    Ok(connection)
}

fn open_to_read(path: &Path) -> Result<Connection, StoreError> {
    open(path, OpenFlags::SQLITE_OPEN_READ_ONLY)
}

fn open(path: &Path, flags: OpenFlags) -> Result<Connection, StoreError> {
    // Each connection is used by one thread at a time.
    let connection = Connection::open_with_flags(path, flags | OpenFlags::SQLITE_OPEN_NO_MUTEX)?;
    connection.busy_timeout(BUSY)?;
    connection.pragma_update(None, "foreign_keys", true)?;
    connection.set_prepared_statement_cache_capacity(STATEMENTS);
    Ok(connection)
}

/// Executes a statement and returns how many rows it changed.
pub(crate) fn execute(
    connection: &Connection,
    sql: &str,
    params: &[Value],
) -> Result<u64, rusqlite::Error> {
    let mut statement = connection.prepare_cached(sql)?;
    bind(&mut statement, params)?;
    Ok(statement.raw_execute()? as u64)
}

/// The rows of a query, or of a statement with RETURNING.
pub(crate) fn fetch(
    connection: &Connection,
    sql: &str,
    params: &[Value],
    access: Access,
) -> Result<Vec<SqliteRow>, StoreError> {
    let mut rows = Vec::new();
    let mut statement = connection.prepare_cached(sql)?;
    // PostgreSQL cannot report this; the tests run every statement on both.
    if (access == Access::Read) != statement.readonly() {
        return Err(StoreError::Unexpected(format!(
            "fetch is for statements that read, execute_returning for those that write: {sql}"
        )));
    }
    each_row(&mut statement, params, |row| {
        rows.push(row);
        true
    })?;
    Ok(rows)
}

/// Hands each row to `take` until it returns false.
fn each_row(
    statement: &mut Statement<'_>,
    params: &[Value],
    mut take: impl FnMut(SqliteRow) -> bool,
) -> Result<(), rusqlite::Error> {
    let names = statement.column_names().into_iter().map(str::to_owned);
    let names: Arc<[String]> = names.collect();
    let width = names.len();
    bind(statement, params)?;
    let mut rows = statement.raw_query();
    while let Some(row) = rows.next()? {
        let columns = (0..width).map(|index| row.get(index));
        let row = SqliteRow {
            names: Arc::clone(&names),
            columns: columns.collect::<Result<_, _>>()?,
        };
        if !take(row) {
            break;
        }
    }
    Ok(())
}

/// Appends rows, one statement a table, prepared once.
pub(crate) fn append(connection: &Connection, tables: &ByTable<'_>) -> Result<(), StoreError> {
    for (table, rows) in tables {
        let mut statement = connection.prepare_cached(&insert(table))?;
        for row in rows {
            let written = statement.execute(rusqlite::params_from_iter(*row))?;
            if written == 0 {
                return Err(StoreError::MissingParent(table.name));
            }
        }
    }
    Ok(())
}

/// The statement that appends one row, only if its parent exists.
fn insert(table: &Table) -> String {
    let columns = table.columns.join(", ");
    let places = (1..=table.columns.len()).map(|place| format!("?{place}"));
    let places = places.collect::<Vec<_>>().join(", ");
    match &table.parent {
        None => format!("INSERT INTO {} ({columns}) VALUES ({places})", table.name),
        Some(parent) => format!(
            "INSERT INTO {} ({columns}) SELECT {places} WHERE EXISTS
             (SELECT 1 FROM {} WHERE {} = ?{})",
            table.name,
            parent.table,
            parent.key,
            1 + table.index_of(parent.column),
        ),
    }
}

/// To SQLite `$1` is a name, numbered by its first occurrence
/// (sqlite.org/lang_expr.html#parameters).
fn bind(statement: &mut Statement<'_>, params: &[Value]) -> Result<(), rusqlite::Error> {
    for place in 1..=statement.parameter_count() {
        let number = statement
            .parameter_name(place)
            .and_then(|name| name.get(1..));
        let value = number
            .and_then(|number| number.parse::<usize>().ok())
            .and_then(|number| params.get(number.checked_sub(1)?))
            .ok_or(rusqlite::Error::InvalidParameterCount(params.len(), place))?;
        statement.raw_bind_parameter(place, value)?;
    }
    Ok(())
}
