//! Snapshots: long reads, each on a connection and a thread of its own, so that they
//! delay no others.

use std::path::Path;

use rusqlite::Connection;
use tokio::sync::mpsc;

use super::{INSTRUCTIONS, each_row, open_to_read};
use crate::{
    Row, Snapshot, StoreError,
    snapshot::{CHUNK, SnapshotQuery},
};

/// Begins a snapshot of the database as of now.
pub(crate) fn open_snapshot(path: &Path) -> Result<Snapshot, StoreError> {
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
    let sent = end_with_receiver(connection, query)
        .and_then(|()| connection.prepare_cached(query.sql))
        .and_then(|mut statement| {
            each_row(&mut statement, &query.params, |row| {
                chunk.push(Row::Sqlite(row));
                if chunk.len() < CHUNK {
                    return true;
                }
                let full = std::mem::replace(&mut chunk, Vec::with_capacity(CHUNK));
                query.chunks.blocking_send(Ok(full)).is_ok()
            })
        });
    // The handler holds a sender, and the receiver waits for the last of them.
    let _ = connection.progress_handler(0, None::<fn() -> bool>);
    let last = match sent {
        Ok(()) if chunk.is_empty() => return,
        Ok(()) => Ok(chunk),
        Err(error) => Err(error.into()),
    };
    // The receiver may have stopped reading.
    let _ = query.chunks.blocking_send(last);
}

/// A query that finds no rows for long notices nevertheless that nobody waits for them.
fn end_with_receiver(
    connection: &Connection,
    query: &SnapshotQuery,
) -> Result<(), rusqlite::Error> {
    let chunks = query.chunks.clone();
    connection.progress_handler(INSTRUCTIONS, Some(move || chunks.is_closed()))
}
