//! The connection of one lane: made when it is needed, made anew after a failure.

use std::{
    path::PathBuf,
    time::{Duration, Instant},
};

use sqlx::{ConnectOptions as _, Connection as _, PgConnection, postgres::PgConnectOptions};

use crate::{StoreError, Tx, sqlite, tx};

/// How long a connection may take to be made.
const CONNECT: Duration = Duration::from_secs(3);
/// How long SQLite's thread pauses at a time.
const PAUSE: Duration = Duration::from_micros(100);
/// A connection that rested so long is asked whether it still stands.
const REST: Duration = Duration::from_secs(1);

/// Where a lane writes.
pub(crate) enum Link {
    Sqlite {
        path: PathBuf,
        connection: Option<rusqlite::Connection>,
    },
    Postgres {
        options: Box<PgConnectOptions>,
        connection: Option<PgConnection>,
        used: Instant,
    },
}

impl Link {
    pub(crate) fn sqlite(path: PathBuf) -> Self {
        Self::Sqlite {
            path,
            connection: None,
        }
    }

    pub(crate) fn postgres(options: PgConnectOptions) -> Self {
        Self::Postgres {
            options: Box::new(options),
            connection: None,
            used: Instant::now(),
        }
    }

    /// How often a lane pauses at most while a batch gathers.
    pub(crate) fn pauses(&self) -> usize {
        match self {
            Self::Sqlite { .. } => 12,
            // A server of its own works meanwhile, and the next batch gathers then.
            Self::Postgres { .. } => 2,
        }
    }

    /// Lets those go on who are about to write, for some hundred microseconds at most.
    pub(crate) async fn pause(&mut self) {
        match self {
            // Not a wait for anything: time for others. The thread is the lane's own,
            // and the runtime's timer counts milliseconds.
            Self::Sqlite { .. } => std::thread::sleep(PAUSE),
            // A task among others, which are served first.
            Self::Postgres { .. } => tokio::task::yield_now().await,
        }
    }

    /// Begins a transaction whose audit entries are numbered from `next_entry` on.
    pub(crate) async fn begin(&mut self, next_entry: i64) -> Result<Tx<'_>, StoreError> {
        let connection = match self {
            Self::Sqlite { path, connection } => {
                let connection = match connection {
                    Some(connection) => connection,
                    None => connection.insert(sqlite::open_to_write(path)?),
                };
                tx::Connection::Sqlite(connection)
            }
            Self::Postgres {
                options,
                connection,
                used,
            } => {
                if used.elapsed() > REST
                    && let Some(resting) = connection
                    && within(resting.ping()).await.is_err()
                {
                    *connection = None;
                }
                *used = Instant::now();
                let connection = match connection {
                    Some(connection) => connection,
                    None => connection.insert(within(options.connect()).await?),
                };
                tx::Connection::Postgres {
                    connection,
                    begun: false,
                }
            }
        };
        Tx::begin(connection, next_entry)
    }

    /// Gives the connection up for a new one: after a failure nobody knows what
    /// state it is in.
    pub(crate) fn drop_connection(&mut self) {
        match self {
            Self::Sqlite { connection, .. } => *connection = None,
            Self::Postgres { connection, .. } => *connection = None,
        }
    }

    /// Takes leave of the database.
    pub(crate) async fn close(self) {
        if let Self::Postgres {
            connection: Some(connection),
            ..
        } = self
        {
            // The process ends: a server that does not hear it notices by itself.
            let _ = within(connection.close()).await;
        }
    }
}

async fn within<T>(work: impl Future<Output = Result<T, sqlx::Error>>) -> Result<T, StoreError> {
    match tokio::time::timeout(CONNECT, work).await {
        Ok(outcome) => outcome.map_err(StoreError::from),
        Err(_) => Err(StoreError::Unavailable(format!(
            "no connection within {} s",
            CONNECT.as_secs()
        ))),
    }
}
