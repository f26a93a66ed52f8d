//! SQLite: its connections and statements, by the library's own calls.

use std::{
    path::{Path, PathBuf},
    sync::{
        Arc,
        mpsc::{Receiver, SyncSender, TrySendError, sync_channel},
    },
    time::Duration,
};

use parking_lot::Mutex;
use rusqlite::{Connection, OpenFlags, Statement};
use tokio::sync::{mpsc, oneshot};

use crate::{
    Snapshot, StoreError, Table, Value,
    append_batch::ByTable,
    snapshot::{CHUNK, SnapshotQuery},
    value::SqliteRow,
};

/// How long SQLite waits for another process' lock.
const BUSY: Duration = Duration::from_secs(3);
const READERS: usize = 4;
/// How many reads may wait; more are refused as busy.
const WAITING: usize = 8192;
/// Prepared statements that a connection caches.
const STATEMENTS: usize = 256;

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
    // log rather than each 4: fewer fsyncs of the file itself.
    connection.execute_batch(
        "PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL;
         PRAGMA wal_autocheckpoint = 4000; PRAGMA cache_size = -8192;",
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

/// A few threads that read, each by a connection of its own. They end with the
/// last handle.
#[derive(Clone, Debug)]
pub(crate) struct Readers {
    path: PathBuf,
    reads: SyncSender<Read>,
}

/// A read that waits for its turn.
#[derive(Debug)]
struct Read {
    sql: &'static str,
    params: Vec<Value>,
    done: oneshot::Sender<Result<Vec<SqliteRow>, StoreError>>,
}

impl Readers {
    pub(crate) fn open(path: &Path) -> Result<Self, StoreError> {
        // A file that cannot be read fails here.
        let mut first = Some(open_to_read(path)?);
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
        Ok(Self {
            path: path.to_owned(),
            reads: send,
        })
    }

    pub(crate) async fn fetch(
        &self,
        sql: &'static str,
        params: Vec<Value>,
    ) -> Result<Vec<SqliteRow>, StoreError> {
        let (done, answer) = oneshot::channel();
        let read = Read { sql, params, done };
        self.reads.try_send(read).map_err(|error| match error {
            TrySendError::Full(_) => StoreError::Busy,
            TrySendError::Disconnected(_) => StoreError::Stopped,
        })?;
        answer.await.unwrap_or(Err(StoreError::Stopped))
    }
}

impl Readers {
    /// The database as of now.
    pub(crate) fn snapshot(&self) -> Result<Snapshot, StoreError> {
        open_snapshot(&self.path)
    }
}

fn serve(path: &Path, mut connection: Option<Connection>, reads: &Mutex<Receiver<Read>>) {
    loop {
        let next = reads.lock().recv();
        let Ok(read) = next else { return };
        // Its caller may have stopped waiting.
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
) -> Result<Vec<SqliteRow>, StoreError> {
    let connection = match connection {
        Some(connection) => connection,
        None => connection.insert(open_to_read(path)?),
    };
    fetch(connection, read.sql, &read.params, Access::Read)
}

/// Begins a snapshot on a connection and a thread of its own, so that long reads delay
/// no others.
fn open_snapshot(path: &Path) -> Result<Snapshot, StoreError> {
    let connection = open_to_read(path)?;
    // A deferred transaction sees the database as of its first read.
    connection.execute_batch("BEGIN; SELECT COUNT(*) FROM sqlite_schema;")?;
    let (send, mut queries) = mpsc::channel::<SnapshotQuery>(1);
    std::thread::Builder::new()
        .name("sqlite-snapshot".to_owned())
        .spawn(move || {
            while let Some(query) = queries.blocking_recv() {
                send_rows(&connection, &query);
            }
        })
        .map_err(|error| StoreError::Unavailable(format!("no thread to read: {error}")))?;
    Ok(Snapshot::new(send))
}

/// Sends the rows of a query, as fast as they are received.
fn send_rows(connection: &Connection, query: &SnapshotQuery) {
    let mut chunk = Vec::with_capacity(CHUNK);
    let sent = connection
        .prepare_cached(query.sql)
        .and_then(|mut statement| {
            each_row(&mut statement, &query.params, |row| {
                chunk.push(crate::Row::Sqlite(row));
                if chunk.len() < CHUNK {
                    return true;
                }
                let full = std::mem::replace(&mut chunk, Vec::with_capacity(CHUNK));
                query.chunks.blocking_send(Ok(full)).is_ok()
            })
        });
    let last = match sent {
        Ok(()) if chunk.is_empty() => return,
        Ok(()) => Ok(chunk),
        Err(error) => Err(error.into()),
    };
    // The receiver may have stopped reading.
    let _ = query.chunks.blocking_send(last);
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
