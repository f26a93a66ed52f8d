//! The threads that read.

use std::{
    path::Path,
    sync::{
        Arc, Weak,
        mpsc::{Receiver, SyncSender, TrySendError, sync_channel},
    },
};

use parking_lot::Mutex;
use rusqlite::Connection;
use tokio::sync::oneshot;

use super::{Access, INSTRUCTIONS, fetch, open_to_read};
use crate::{StoreError, Value, value::SqliteRow};

/// A few threads that read, each by a connection of its own. They end with the
/// last handle.
#[derive(Clone, Debug)]
pub(crate) struct Readers {
    reads: SyncSender<Read>,
}

/// A read that waits for its turn.
#[derive(Debug)]
struct Read {
    sql: &'static str,
    params: Vec<Value>,
    done: oneshot::Sender<Result<Vec<SqliteRow>, StoreError>>,
    /// Gone once the caller has stopped waiting: its time is up, or its client left.
    caller: Weak<()>,
}

impl Readers {
    /// Starts `threads` of the name; up to `waiting` reads may wait for them, and more
    /// are refused as busy.
    pub(crate) fn open(
        path: &Path,
        name: &str,
        threads: usize,
        waiting: usize,
    ) -> Result<Self, StoreError> {
        // A file that cannot be read fails here.
        let mut first = Some(open_to_read(path)?);
        let (send, reads) = sync_channel(waiting);
        let reads = Arc::new(Mutex::new(reads));
        for number in 0..threads {
            let (path, reads) = (path.to_owned(), Arc::clone(&reads));
            let connection = first.take();
            std::thread::Builder::new()
                .name(format!("{name}-{number}"))
                .spawn(move || serve(&path, connection, &reads))
                .map_err(|error| StoreError::Unavailable(format!("no thread to read: {error}")))?;
        }
        Ok(Self { reads: send })
    }

    /// The rows of a query. It ends early if this future is dropped.
    pub(crate) async fn fetch(
        &self,
        sql: &'static str,
        params: Vec<Value>,
    ) -> Result<Vec<SqliteRow>, StoreError> {
        let (done, answer) = oneshot::channel();
        let caller = Arc::new(());
        let read = Read {
            sql,
            params,
            done,
            caller: Arc::downgrade(&caller),
        };
        self.reads.try_send(read).map_err(|error| match error {
            TrySendError::Full(_) => StoreError::Busy,
            TrySendError::Disconnected(_) => StoreError::Stopped,
        })?;
        let rows = answer.await.unwrap_or(Err(StoreError::Stopped));
        drop(caller);
        rows
    }
}

fn serve(path: &Path, mut connection: Option<Connection>, reads: &Mutex<Receiver<Read>>) {
    loop {
        let next = reads.lock().recv();
        let Ok(read) = next else { return };
        if read.caller.strong_count() == 0 {
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
    let caller = Weak::clone(&read.caller);
    connection.progress_handler(INSTRUCTIONS, Some(move || caller.strong_count() == 0))?;
    fetch(connection, read.sql, &read.params, Access::Read)
}
