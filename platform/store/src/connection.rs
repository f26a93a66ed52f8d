//! The connection of one writer: made when it is needed, and again after a failure.

use std::{
    path::PathBuf,
    time::{Duration, Instant},
};

use sqlx::{ConnectOptions as _, Connection as _, PgConnection, postgres::PgConnectOptions};

use crate::{StoreError, Tx, sqlite, tx};

/// How long connecting may take.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(3);
/// How long SQLite's thread sleeps at a time while a batch gathers.
const PAUSE: Duration = Duration::from_micros(100);
/// A connection that was idle for so long is pinged before it is used.
const PING_AFTER: Duration = Duration::from_secs(1);

/// Where a writer writes.
pub(crate) enum WriteConnection {
    Sqlite {
        path: PathBuf,
        open: Option<rusqlite::Connection>,
    },
    Postgres {
        options: Box<PgConnectOptions>,
        open: Option<PgConnection>,
        used: Instant,
    },
}

impl WriteConnection {
    pub(crate) fn sqlite(path: PathBuf) -> Self {
        Self::Sqlite { path, open: None }
    }

    pub(crate) fn postgres(options: PgConnectOptions) -> Self {
        Self::Postgres {
            options: Box::new(options),
            open: None,
            used: Instant::now(),
        }
    }

    /// How often a writer pauses at most while a batch gathers.
    pub(crate) fn pauses(&self) -> usize {
        match self {
            Self::Sqlite { .. } => 12,
            // The server is another process; the next batch gathers while it works.
            Self::Postgres { .. } => 2,
        }
    }

    /// Yields briefly so that callers about to enqueue can join this batch.
    pub(crate) async fn pause(&mut self) {
        match self {
            // The thread is the writer's own, and the runtime's timer counts
            // milliseconds.
            Self::Sqlite { .. } => std::thread::sleep(PAUSE),
            // Those who are ready to enqueue run first.
            Self::Postgres { .. } => tokio::task::yield_now().await,
        }
    }

    /// Begins a transaction whose entries are numbered from `next_entry` on.
    pub(crate) async fn begin(&mut self, next_entry: i64) -> Result<Tx<'_>, StoreError> {
        let connection = match self {
            Self::Sqlite { path, open } => {
                let connection = match open {
                    Some(connection) => connection,
                    None => open.insert(sqlite::open_to_write(path)?),
                };
                tx::Connection::Sqlite(connection)
            }
            Self::Postgres {
                options,
                open,
                used,
                ..
            } => {
                if used.elapsed() > PING_AFTER
                    && let Some(idle) = open
                    && within(idle.ping()).await.is_err()
                {
                    *open = None;
                }
                *used = Instant::now();
                let connection = match open {
                    Some(connection) => connection,
                    None => open.insert(within(options.connect()).await?),
                };
                tx::Connection::Postgres {
                    connection,
                    begun: false,
                }
            }
        };
        Tx::begin(connection, next_entry)
    }

    /// Drops the connection, whose state is unknown after a failure.
    pub(crate) fn reset(&mut self) {
        match self {
            Self::Sqlite { open, .. } => *open = None,
            Self::Postgres { open, .. } => *open = None,
        }
    }

    pub(crate) async fn close(self) {
        if let Self::Postgres {
            open: Some(connection),
            ..
        } = self
        {
            // The process ends: a server that does not hear it notices by itself.
            let _ = within(connection.close()).await;
        }
    }
}

/// Waits for a connection, but not for long.
pub(crate) async fn within<T>(
    work: impl Future<Output = Result<T, sqlx::Error>>,
) -> Result<T, StoreError> {
    // Boxed: connecting is rare and takes kilobytes of state, which the future of every
    // read would hold.
    match tokio::time::timeout(CONNECT_TIMEOUT, Box::pin(work)).await {
        Ok(outcome) => outcome.map_err(StoreError::from),
        Err(_) => Err(StoreError::Unavailable(format!(
            "no connection within {} s",
            CONNECT_TIMEOUT.as_secs()
        ))),
    }
}
