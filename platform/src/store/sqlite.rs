//! SQLite: its connections and statements, by the library's own calls.

use std::{path::PathBuf, sync::Arc, time::Duration};

use parking_lot::Mutex;
use rusqlite::{Connection, OpenFlags, Statement, ToSql, types::ToSqlOutput};
use tokio::sync::Semaphore;

use super::{StoreError, Value, appended::ByTable};

/// One column of a row.
pub(super) use rusqlite::types::Value as Column;

/// How long SQLite waits for another process' lock.
const BUSY: Duration = Duration::from_secs(3);
const READERS: usize = 4;
/// Prepared statements that a connection keeps.
const STATEMENTS: usize = 256;

/// One row of an answer.
#[derive(Debug)]
pub struct Row {
    names: Arc<[String]>,
    columns: Vec<Column>,
}

impl Row {
    /// The column of that name.
    pub(super) fn column(&self, name: &str) -> Option<&Column> {
        let index = self.names.iter().position(|known| known == name)?;
        self.columns.get(index)
    }
}

/// The one connection that writes.
pub(super) fn open_to_write(path: &PathBuf) -> Result<Connection, StoreError> {
    let connection = open(path, OpenFlags::SQLITE_OPEN_READ_WRITE)?;
    // WAL with synchronous=FULL: a commit is on disk when it returns
    // (sqlite.org/pragma.html#pragma_synchronous). A checkpoint each 16 MiB of
    // log rather than each 4: fewer fsyncs of the file itself.
    connection.execute_batch(
        "PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL;
         PRAGMA wal_autocheckpoint = 4000; PRAGMA cache_size = -8192;",
    )?;
    Ok(connection)
}

fn open(path: &PathBuf, flags: OpenFlags) -> Result<Connection, StoreError> {
    // Each connection is used by one thread at a time.
    let connection = Connection::open_with_flags(path, flags | OpenFlags::SQLITE_OPEN_NO_MUTEX)?;
    connection.busy_timeout(BUSY)?;
    connection.pragma_update(None, "foreign_keys", true)?;
    connection.set_prepared_statement_cache_capacity(STATEMENTS);
    Ok(connection)
}

/// A few connections that read, off the threads that serve requests.
#[derive(Clone, Debug)]
pub(super) struct Readers(Arc<Pool>);

#[derive(Debug)]
struct Pool {
    path: PathBuf,
    idle: Mutex<Vec<Connection>>,
    permits: Arc<Semaphore>,
}

impl Readers {
    pub(super) fn open(path: PathBuf) -> Result<Self, StoreError> {
        let first = open(&path, OpenFlags::SQLITE_OPEN_READ_ONLY)?;
        Ok(Self(Arc::new(Pool {
            path,
            idle: Mutex::new(vec![first]),
            permits: Arc::new(Semaphore::new(READERS)),
        })))
    }

    pub(super) async fn fetch(
        &self,
        sql: &'static str,
        params: Vec<Value>,
    ) -> Result<Vec<Row>, StoreError> {
        let pool = Arc::clone(&self.0);
        let permits = Arc::clone(&pool.permits);
        let permit = permits
            .acquire_owned()
            .await
            .map_err(|_| StoreError::Stopped)?;
        tokio::task::spawn_blocking(move || {
            // A caller may give up; the read, and its place, end here all the same.
            let _permit = permit;
            let idle = pool.idle.lock().pop();
            let connection = match idle {
                Some(connection) => connection,
                None => open(&pool.path, OpenFlags::SQLITE_OPEN_READ_ONLY)?,
            };
            // One that failed is closed, whatever the failure was.
            let rows = fetch(&connection, sql, &params)?;
            pool.idle.lock().push(connection);
            Ok(rows)
        })
        .await
        .map_err(|_| StoreError::Stopped)?
    }

    /// Lets no further read in and closes the connections.
    pub(super) fn close(&self) {
        self.0.permits.close();
        self.0.idle.lock().clear();
    }
}

/// Runs a statement and tells how many rows it changed.
pub(super) fn execute(
    connection: &Connection,
    sql: &str,
    params: &[Value],
) -> Result<u64, rusqlite::Error> {
    let mut statement = connection.prepare_cached(sql)?;
    bind(&mut statement, params)?;
    Ok(statement.raw_execute()? as u64)
}

/// The rows of a query, or of a statement with RETURNING.
pub(super) fn fetch(
    connection: &Connection,
    sql: &str,
    params: &[Value],
) -> Result<Vec<Row>, rusqlite::Error> {
    let mut statement = connection.prepare_cached(sql)?;
    let names: Arc<[String]> = statement
        .column_names()
        .into_iter()
        .map(str::to_owned)
        .collect();
    let width = names.len();
    bind(&mut statement, params)?;
    let mut answer = statement.raw_query();
    let mut rows = Vec::new();
    while let Some(row) = answer.next()? {
        let columns = (0..width).map(|index| row.get(index));
        rows.push(Row {
            names: Arc::clone(&names),
            columns: columns.collect::<Result<_, _>>()?,
        });
    }
    Ok(rows)
}

/// Appends rows, one statement a table, prepared once.
pub(super) fn append(connection: &Connection, tables: &ByTable<'_>) -> Result<(), rusqlite::Error> {
    for (table, rows) in tables {
        let places: Vec<String> = (1..=table.columns.len())
            .map(|place| format!("?{place}"))
            .collect();
        let mut statement = connection.prepare_cached(&format!(
            "INSERT INTO {} ({}) VALUES ({})",
            table.name,
            table.columns.join(", "),
            places.join(", ")
        ))?;
        for row in rows {
            statement.execute(rusqlite::params_from_iter(*row))?;
        }
    }
    Ok(())
}

/// To SQLite `$1` is a name, which counts by where it stands first
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

impl ToSql for Value {
    fn to_sql(&self) -> rusqlite::Result<ToSqlOutput<'_>> {
        match self {
            Self::Int(value) => value.to_sql(),
            Self::Text(value) => value.to_sql(),
            Self::Blob(value) => value.to_sql(),
        }
    }
}
