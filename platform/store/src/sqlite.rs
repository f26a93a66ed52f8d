//! SQLite: its connections and statements, by the library's own calls.

use std::{
    path::Path,
    sync::{
        Arc,
        mpsc::{Receiver, SyncSender, TrySendError, sync_channel},
    },
    time::Duration,
};

use parking_lot::Mutex;
use rusqlite::{Connection, OpenFlags, Statement, ToSql, types::ToSqlOutput};
use tokio::sync::oneshot;

use crate::{StoreError, Value, append_batch::ByTable};

/// One column of a row.
pub(crate) use rusqlite::types::Value as Column;

/// How long SQLite waits for another process' lock.
const BUSY: Duration = Duration::from_secs(3);
const READERS: usize = 4;
/// How many reads may wait; more are refused as busy.
const WAITING: usize = 8192;
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
    pub(crate) fn column(&self, name: &str) -> Option<&Column> {
        let index = self.names.iter().position(|known| known == name)?;
        self.columns.get(index)
    }
}

/// The one connection that writes.
pub(crate) fn open_to_write(path: &Path) -> Result<Connection, StoreError> {
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

fn open(path: &Path, flags: OpenFlags) -> Result<Connection, StoreError> {
    // Each connection is used by one thread at a time.
    let connection = Connection::open_with_flags(path, flags | OpenFlags::SQLITE_OPEN_NO_MUTEX)?;
    connection.busy_timeout(BUSY)?;
    connection.pragma_update(None, "foreign_keys", true)?;
    connection.set_prepared_statement_cache_capacity(STATEMENTS);
    Ok(connection)
}

/// A few threads that read, each by a connection of its own. They end with the
/// last handle.
#[derive(Clone, Debug)]
pub(crate) struct Readers(SyncSender<Read>);

/// A read that waits for its turn.
#[derive(Debug)]
struct Read {
    sql: &'static str,
    params: Vec<Value>,
    done: oneshot::Sender<Result<Vec<Row>, StoreError>>,
}

impl Readers {
    pub(crate) fn open(path: &Path) -> Result<Self, StoreError> {
        // A file that cannot be read is told now.
        let mut first = Some(open(path, OpenFlags::SQLITE_OPEN_READ_ONLY)?);
        let (send, reads) = sync_channel(WAITING);
        let reads = Arc::new(Mutex::new(reads));
        for number in 0..READERS {
            let (path, reads) = (path.to_owned(), Arc::clone(&reads));
            let connection = first.take();
            std::thread::Builder::new()
                .name(format!("sqlite-reader-{number}"))
                .spawn(move || serve(&path, connection, &reads))
                .map_err(|error| StoreError::Unavailable(format!("no thread to read: {error}")))?;
        }
        Ok(Self(send))
    }

    pub(crate) async fn fetch(
        &self,
        sql: &'static str,
        params: Vec<Value>,
    ) -> Result<Vec<Row>, StoreError> {
        let (done, answer) = oneshot::channel();
        let read = Read { sql, params, done };
        self.0.try_send(read).map_err(|error| match error {
            TrySendError::Full(_) => StoreError::Busy,
            TrySendError::Disconnected(_) => StoreError::Stopped,
        })?;
        answer.await.unwrap_or(Err(StoreError::Stopped))
    }
}

fn serve(path: &Path, mut connection: Option<Connection>, reads: &Mutex<Receiver<Read>>) {
    loop {
        let next = reads.lock().recv();
        let Ok(read) = next else { return };
        // Its caller may have given up meanwhile.
        if read.done.is_closed() {
            continue;
        }
        let rows = answer(path, &mut connection, &read);
        if rows.is_err() {
            // Closed, whatever the failure was.
            connection = None;
        }
        let _ = read.done.send(rows);
    }
}

fn answer(
    path: &Path,
    connection: &mut Option<Connection>,
    read: &Read,
) -> Result<Vec<Row>, StoreError> {
    let connection = match connection {
        Some(connection) => connection,
        None => connection.insert(open(path, OpenFlags::SQLITE_OPEN_READ_ONLY)?),
    };
    Ok(fetch(connection, read.sql, &read.params)?)
}

/// Runs a statement and tells how many rows it changed.
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
pub(crate) fn append(connection: &Connection, tables: &ByTable<'_>) -> Result<(), rusqlite::Error> {
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
