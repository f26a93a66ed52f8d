#![forbid(unsafe_code)]
//! One store on two databases: SQLite (a file) and PostgreSQL.
//!
//! Reads go to a pool. Every write waits in a queue for a lane of the [`writer`],
//! which shares a commit among all that wait (design rule 3): one lane on SQLite,
//! which has one writer at a time; on PostgreSQL one for units of work and
//! several for rows that are only appended. The SQL is one text for both
//! databases, with `$1` parameters.

mod append_batch;
mod connection;
mod error;
mod job;
mod numbering;
mod open;
mod postgres;
mod sqlite;
mod tx;
mod value;
mod writer;

use std::{sync::Arc, time::Duration};

use futures_util::future::BoxFuture;
use tokio::sync::{Notify, mpsc, watch};

pub use append_batch::{AppendBatch, Table};
pub use error::StoreError;
pub use numbering::EntryNumbering;
pub use open::Schema;
pub use tx::Tx;
pub use value::{ColumnType, Row, Value};

/// Makes the list of parameters of a statement: `params![serial, now]`.
#[macro_export]
macro_rules! params {
    ($($value:expr),* $(,)?) => {
        vec![$($crate::Value::from($value)),*]
    };
}

/// The database of a node. Cheap to clone.
#[derive(Clone, Debug)]
pub struct Store(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    read: Pool,
    queues: open::Queues,
    audited: Arc<Notify>,
    /// Closed once the last lane has ended.
    running: watch::Receiver<()>,
    /// How long a read may take before its caller is told "unavailable".
    patience: Duration,
}

/// The connections that read.
#[derive(Clone, Debug)]
enum Pool {
    Sqlite(sqlite::Readers),
    Postgres(sqlx::PgPool),
}

/// Which of the two databases a store is on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Backend {
    /// A SQLite file.
    Sqlite,
    /// A PostgreSQL server, or one that speaks its protocol.
    Postgres,
}

impl Store {
    /// Opens the database that `url` names (`sqlite:PATH` or `postgres://…`),
    /// makes it where it does not exist, and brings its schema up to date.
    ///
    /// # Errors
    /// Where it cannot be reached, or was written by a newer Xinshu.
    pub async fn open(url: &str, schema: Schema) -> Result<Self, StoreError> {
        let audited = Arc::new(Notify::new());
        let (lanes, running) = watch::channel(());
        let (read, queues) = open::open(url, schema, &audited, lanes).await?;
        Ok(Self(Arc::new(Inner {
            read,
            queues,
            audited,
            running,
            patience: READ,
        })))
    }

    /// Opens a database to read alone: nothing is made, changed or migrated.
    /// Every write answers [`StoreError::Stopped`].
    ///
    /// # Errors
    /// Where it cannot be reached.
    pub async fn open_to_read(url: &str) -> Result<Self, StoreError> {
        let read = open::open_to_read(url).await?;
        let (_, running) = watch::channel(());
        Ok(Self(Arc::new(Inner {
            read,
            queues: open::Queues::closed(),
            audited: Arc::new(Notify::new()),
            running,
            patience: READ_ALL,
        })))
    }

    /// Which database this is.
    pub fn backend(&self) -> Backend {
        match self.0.read {
            Pool::Sqlite(_) => Backend::Sqlite,
            Pool::Postgres(_) => Backend::Postgres,
        }
    }

    /// Rows of a query, read outside any transaction.
    ///
    /// # Errors
    /// Any [`StoreError`].
    pub async fn fetch_all(
        &self,
        sql: &'static str,
        params: Vec<Value>,
    ) -> Result<Vec<Row>, StoreError> {
        let patience = self.0.patience;
        match &self.0.read {
            Pool::Sqlite(readers) => {
                let rows = in_time(patience, readers.fetch(sql, params)).await?;
                Ok(rows.into_iter().map(Row::Sqlite).collect())
            }
            Pool::Postgres(pool) => {
                let rows = postgres::read(pool, patience, sql, params).await?;
                Ok(rows.into_iter().map(Row::Postgres).collect())
            }
        }
    }

    /// The first row of a query, if there is one.
    ///
    /// # Errors
    /// Any [`StoreError`].
    pub async fn fetch_optional(
        &self,
        sql: &'static str,
        params: Vec<Value>,
    ) -> Result<Option<Row>, StoreError> {
        Ok(self.fetch_all(sql, params).await?.into_iter().next())
    }

    /// Appends rows that no one else may have written, audit entries among them.
    ///
    /// The cheapest write: rows of all who wait are written together.
    /// When this returns, they are on disk.
    ///
    /// # Errors
    /// [`StoreError::Conflict`] where a key exists already, and any other.
    pub async fn append(&self, rows: AppendBatch) -> Result<(), StoreError> {
        let (done, answer) = tokio::sync::oneshot::channel();
        submit(&self.0.queues.appends, job::Job::Append { rows, done })?;
        let answer = async { answer.await.unwrap_or(Err(StoreError::Stopped)) };
        in_time(WRITE, answer).await
    }

    /// Runs `work` in a transaction and commits it, together with others.
    ///
    /// `work` reads and checks first and writes after. Where it returns an error
    /// nothing of it stays. It may run more than once: a transaction that lost a
    /// race is tried again, so it must have no effect but on the database.
    /// When this returns `Ok`, the writes are on disk.
    ///
    /// # Errors
    /// What `work` returns, or the store's own.
    pub async fn transact<T, E, F>(&self, work: F) -> Result<T, E>
    where
        T: Send + 'static,
        E: From<StoreError> + Send + 'static,
        F: for<'t> FnMut(&'t mut Tx<'_>) -> BoxFuture<'t, Result<T, E>> + Send + 'static,
    {
        let (job, answer) = job::transaction(work);
        submit(&self.0.queues.works, job).map_err(E::from)?;
        match tokio::time::timeout(WRITE, answer).await {
            Ok(answer) => answer.unwrap_or_else(|_| Err(StoreError::Stopped.into())),
            Err(_) => Err(late(WRITE).into()),
        }
    }

    /// Wakes when log entries were committed by this process.
    pub fn entry_committed(&self) -> &Notify {
        &self.0.audited
    }

    /// Asks the database whether it answers.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`].
    pub async fn check(&self) -> Result<(), StoreError> {
        self.fetch_optional("SELECT 1", vec![]).await.map(|_| ())
    }

    /// Waits until everything accepted is written, then closes. For the end of the process.
    pub async fn close(self) {
        let Ok(inner) = Arc::try_unwrap(self.0) else {
            tracing::warn!("the database is still in use at the end of the process");
            return;
        };
        let Inner {
            read,
            queues,
            mut running,
            ..
        } = inner;
        drop(queues);
        let closing = async {
            while running.changed().await.is_ok() {}
            if let Pool::Postgres(pool) = read {
                pool.close().await;
            }
        };
        if tokio::time::timeout(CLOSE, closing).await.is_err() {
            tracing::warn!("the database did not take leave in time");
        }
    }
}

fn submit(queue: &mpsc::Sender<job::Job>, job: job::Job) -> Result<(), StoreError> {
    queue.try_send(job).map_err(|error| match error {
        mpsc::error::TrySendError::Full(_) => StoreError::Busy,
        mpsc::error::TrySendError::Closed(_) => StoreError::Stopped,
    })
}

async fn in_time<T>(
    patience: Duration,
    work: impl Future<Output = Result<T, StoreError>>,
) -> Result<T, StoreError> {
    tokio::time::timeout(patience, work)
        .await
        .unwrap_or_else(|_| Err(late(patience)))
}

fn late(patience: Duration) -> StoreError {
    StoreError::Unavailable(format!("no answer within {} s", patience.as_secs()))
}

/// How long a read of a serving node may take: shorter than a client's patience,
/// since a server that hangs never answers.
const READ: Duration = Duration::from_secs(8);
/// How long a read may take for who reads everything: `audit verify`.
const READ_ALL: Duration = Duration::from_secs(3600);
/// How long a write may wait for its commit, its turn included.
const WRITE: Duration = Duration::from_secs(10);
/// How long the end of the process waits for the database.
const CLOSE: Duration = Duration::from_secs(10);
