#![forbid(unsafe_code)]
//! One store on two databases: SQLite (a file) and PostgreSQL.
//!
//! Reads go to a pool. Every write waits in a queue for a [`writer`], which shares a
//! commit among all that wait (rule 3): one on SQLite, which has one writer at a time;
//! on PostgreSQL one for units of work and several for rows that are only appended.
//! The SQL is one text for both databases, with `$1` parameters.

mod append_batch;
mod connection;
mod error;
mod job;
mod numbering;
mod open;
mod pool;
mod postgres;
mod readers;
mod schema;
mod snapshot;
mod sqlite;
mod tx;
mod value;
mod writer;

use std::{
    sync::{Arc, OnceLock, Weak},
    time::Duration,
};

use tokio::{
    sync::{Notify, mpsc, watch},
    task::AbortHandle,
};

pub use append_batch::{AppendBatch, Parent, Table};
pub use error::StoreError;
pub use numbering::EntryNumbering;
pub use readers::SEARCH_TIMEOUT;
pub use schema::Schema;
pub use snapshot::{RowStream, Snapshot};
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
    readers: readers::Readers,
    queues: open::Queues,
    committed: Arc<Notify>,
    /// Closed once the last writer has ended.
    running: watch::Receiver<()>,
    read_timeout: Duration,
    /// Why nothing is written any more: a newer binary has migrated the database.
    outdated: watch::Sender<Option<StoreError>>,
    /// The task that notices this.
    watcher: OnceLock<AbortHandle>,
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
    /// Opens the database that `url` names (`sqlite:PATH` or `postgres://…`), creates
    /// it if it is a file that does not exist, and brings its schema up to date.
    ///
    /// # Errors
    /// If it cannot be reached, or was written by a newer Xinshu.
    pub async fn open(url: &str, schema: Schema) -> Result<Self, StoreError> {
        let committed = Arc::new(Notify::new());
        let (writers, running) = watch::channel(());
        let (readers, queues) = open::open(url, schema, &committed, writers).await?;
        let store = Self::new(readers, queues, committed, running, READ_TIMEOUT);
        let watcher = tokio::spawn(watch_schema(Arc::downgrade(&store.0), schema));
        store.0.watcher.get_or_init(|| watcher.abort_handle());
        Ok(store)
    }

    /// Opens a database only to read it: nothing is created, changed or migrated.
    /// Every write returns [`StoreError::Stopped`].
    ///
    /// # Errors
    /// If it cannot be reached, or has another schema.
    pub async fn open_to_read(url: &str, schema: Schema) -> Result<Self, StoreError> {
        let readers = open::open_to_read(url).await?;
        let (_, running) = watch::channel(());
        let queues = open::Queues::closed();
        let store = Self::new(readers, queues, Arc::default(), running, READ_ALL_TIMEOUT);
        store.check_schema(schema).await?;
        Ok(store)
    }

    fn new(
        readers: readers::Readers,
        queues: open::Queues,
        committed: Arc<Notify>,
        running: watch::Receiver<()>,
        read_timeout: Duration,
    ) -> Self {
        Self(Arc::new(Inner {
            readers,
            queues,
            committed,
            running,
            read_timeout,
            outdated: watch::Sender::new(None),
            watcher: OnceLock::new(),
        }))
    }

    /// Which database this is.
    pub fn backend(&self) -> Backend {
        self.0.readers.backend()
    }

    /// Rows of a query, read outside any transaction: a few rows, found by a key.
    ///
    /// # Errors
    /// Any [`StoreError`].
    pub async fn fetch_all(
        &self,
        sql: &'static str,
        params: Vec<Value>,
    ) -> Result<Vec<Row>, StoreError> {
        self.0.readers.fetch(self.0.read_timeout, sql, params).await
    }

    /// As [`Store::fetch_all`], for lists that people filter and leaf through. It has
    /// connections of its own and little time.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`] after [`SEARCH_TIMEOUT`], [`StoreError::Busy`] where
    /// many others search, or any other.
    pub async fn search(
        &self,
        sql: &'static str,
        params: Vec<Value>,
    ) -> Result<Vec<Row>, StoreError> {
        self.0.readers.search(sql, params).await
    }

    /// The rows of a query one after the other, for reads that may be large: they are
    /// received as they are asked for.
    ///
    /// # Errors
    /// Any [`StoreError`].
    pub async fn stream(
        &self,
        sql: &'static str,
        params: Vec<Value>,
    ) -> Result<RowStream<'static>, StoreError> {
        self.snapshot().await?.into_stream(sql, params).await
    }

    /// The database as of now, for several reads that must fit together.
    ///
    /// # Errors
    /// Any [`StoreError`].
    pub async fn snapshot(&self) -> Result<Snapshot, StoreError> {
        self.0.readers.snapshot().await
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
        let (append, answer) = job::append(rows);
        match &self.0.queues.appends {
            Some(appends) => self.submit(appends, append)?,
            None => self.submit(&self.0.queues.works, job::Write::Append(append))?,
        }
        let answer = async { answer.await.unwrap_or(Err(StoreError::Stopped)) };
        in_time(WRITE_TIMEOUT, answer).await
    }

    /// Runs `work` in a transaction and commits it together with others:
    /// `store.transact(async move |tx| { … Ok::<_, Error>(value) })`.
    ///
    /// `work` borrows what it captures, and its future need not be `Send`: it runs on
    /// a thread of the store's own. It reads and checks first and writes after; if it
    /// returns an error, nothing of it remains. It may run more than once, since a
    /// transaction that lost a race is retried, so it must have no effect but on the
    /// database. When this returns `Ok`, the writes are on disk.
    ///
    /// # Errors
    /// What `work` returns, or the store's own.
    pub async fn transact<T, E, F>(&self, work: F) -> Result<T, E>
    where
        T: Send + 'static,
        E: From<StoreError> + Send + 'static,
        F: AsyncFnMut(&mut Tx<'_>) -> Result<T, E> + Send + 'static,
    {
        let (job, answer) = job::transaction(work);
        self.submit(&self.0.queues.works, job).map_err(E::from)?;
        match tokio::time::timeout(WRITE_TIMEOUT, answer).await {
            Ok(answer) => answer.unwrap_or_else(|_| Err(StoreError::Stopped.into())),
            Err(_) => Err(late(WRITE_TIMEOUT).into()),
        }
    }

    /// Wakes when log entries were committed by this process.
    pub fn entry_committed(&self) -> &Notify {
        &self.0.committed
    }

    /// Asks the database whether it answers.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`].
    pub async fn check(&self) -> Result<(), StoreError> {
        self.fetch_optional("SELECT 1", vec![]).await.map(|_| ())
    }

    /// Returns once a newer binary has migrated the database: from then on every write
    /// fails with the same error, and the process should end.
    pub async fn outdated(&self) -> StoreError {
        let mut outdated = self.0.outdated.subscribe();
        let error = outdated.wait_for(Option::is_some).await;
        error
            .ok()
            .and_then(|error| error.clone())
            .unwrap_or(StoreError::Stopped)
    }

    async fn check_schema(&self, schema: Schema) -> Result<(), StoreError> {
        let row = self.fetch_optional(schema::VERSION, vec![]).await?;
        schema.check(row.map_or(Ok(0), |row| row.get("version"))?)
    }

    fn submit<J>(&self, queue: &mpsc::Sender<J>, job: J) -> Result<(), StoreError> {
        if let Some(error) = &*self.0.outdated.borrow() {
            return Err(error.clone());
        }
        queue.try_send(job).map_err(|error| match error {
            mpsc::error::TrySendError::Full(_) => StoreError::Busy,
            mpsc::error::TrySendError::Closed(_) => StoreError::Stopped,
        })
    }

    /// Waits until everything accepted is written, then closes. For the end of the
    /// process.
    pub async fn close(self) {
        if let Some(watcher) = self.0.watcher.get() {
            watcher.abort();
        }
        // The task holds the store until the runtime has dropped it.
        let mut store = self.0;
        let inner = loop {
            match Arc::try_unwrap(store) {
                Ok(inner) => break inner,
                Err(shared) if Arc::strong_count(&shared) <= 2 => {
                    store = shared;
                    tokio::time::sleep(Duration::from_millis(1)).await;
                }
                Err(_) => {
                    tracing::warn!("the database is still in use at the end of the process");
                    return;
                }
            }
        };
        let Inner {
            readers,
            queues,
            mut running,
            ..
        } = inner;
        drop(queues);
        let closing = async {
            while running.changed().await.is_ok() {}
            readers.close().await;
        };
        if tokio::time::timeout(CLOSE_TIMEOUT, closing).await.is_err() {
            tracing::warn!("the database did not close in time");
        }
    }
}

/// Notices within a second that another process has migrated the database.
async fn watch_schema(store: Weak<Inner>, schema: Schema) {
    loop {
        tokio::time::sleep(SCHEMA_PERIOD).await;
        let Some(inner) = store.upgrade() else { return };
        let store = Store(inner);
        if let Err(error @ StoreError::Schema(_)) = store.check_schema(schema).await {
            tracing::error!(%error, "another process has migrated the database");
            store.0.outdated.send_replace(Some(error));
            return;
        }
    }
}

async fn in_time<T>(
    timeout: Duration,
    work: impl Future<Output = Result<T, StoreError>>,
) -> Result<T, StoreError> {
    tokio::time::timeout(timeout, work)
        .await
        .unwrap_or_else(|_| Err(late(timeout)))
}

fn late(timeout: Duration) -> StoreError {
    StoreError::Unavailable(format!("no reply within {} s", timeout.as_secs()))
}

/// How long a read of a serving node may take: shorter than its clients wait, since a
/// server that hangs never replies.
const READ_TIMEOUT: Duration = Duration::from_secs(8);
/// How long a read may take for those who read everything, such as `audit verify`.
const READ_ALL_TIMEOUT: Duration = Duration::from_secs(3600);
/// How long a write may take until it is committed, the time in the queue included.
const WRITE_TIMEOUT: Duration = Duration::from_secs(10);
/// How long the end of the process waits for the database.
const CLOSE_TIMEOUT: Duration = Duration::from_secs(10);
/// How often the schema is compared with this binary's.
const SCHEMA_PERIOD: Duration = Duration::from_secs(1);
