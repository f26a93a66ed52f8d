//! Group commit: one task writes for all who wait, and they share its fsync.
//!
//! A batch is tried as one transaction: units of work one after the other, then
//! all appended rows in multi-row INSERTs, then the commit. Where one of them
//! spoils the transaction (a duplicate key, a late refusal after a write), the
//! batch is rolled back and each is done again in a transaction of its own, so
//! that nobody suffers from a neighbour.

use std::{sync::Arc, time::Duration};

use futures_util::future::BoxFuture;
use sqlx::{Acquire as _, Connection as _, Postgres, Sqlite, Transaction, pool::PoolConnection};
use tokio::sync::{Notify, mpsc, oneshot};

use super::{Appended, Pool, StoreError, Tx, tx::Connection};

/// How many writes may wait; more are refused as busy.
pub(super) const QUEUE: usize = 8192;
/// How many writes share a transaction at most.
const BATCH: usize = 512;
/// How often other tasks get their turn before a batch is closed.
const GATHER: usize = 2;
/// How long a transaction may take before its callers are told "unavailable".
const PATIENCE: Duration = Duration::from_secs(8);

/// One caller's write.
pub(super) enum Job {
    Append {
        rows: Appended,
        done: oneshot::Sender<Result<(), StoreError>>,
    },
    Work(Box<dyn Work>),
}

/// A unit of work with its answer inside.
pub(super) trait Work: Send {
    fn run<'t>(&'t mut self, tx: &'t mut Tx<'_>) -> BoxFuture<'t, Verdict>;
    fn answer(self: Box<Self>, committed: Result<(), StoreError>);
}

/// What a unit of work left behind.
pub(super) enum Verdict {
    Keep,
    Refused,
    Broken(StoreError),
}

/// Wraps a closure into a job and the receiver of its answer.
pub(super) fn transaction<T, E, F>(work: F) -> (Job, oneshot::Receiver<Result<T, E>>)
where
    T: Send + 'static,
    E: From<StoreError> + Send + 'static,
    F: for<'t> FnMut(&'t mut Tx<'_>) -> BoxFuture<'t, Result<T, E>> + Send + 'static,
{
    let (done, answer) = oneshot::channel();
    let job = Closure {
        work,
        result: None,
        done,
    };
    (Job::Work(Box::new(job)), answer)
}

struct Closure<T, E, F> {
    work: F,
    result: Option<Result<T, E>>,
    done: oneshot::Sender<Result<T, E>>,
}

impl<T, E, F> Work for Closure<T, E, F>
where
    T: Send + 'static,
    E: From<StoreError> + Send + 'static,
    F: for<'t> FnMut(&'t mut Tx<'_>) -> BoxFuture<'t, Result<T, E>> + Send + 'static,
{
    fn run<'t>(&'t mut self, tx: &'t mut Tx<'_>) -> BoxFuture<'t, Verdict> {
        Box::pin(async move {
            let result = (self.work)(tx).await;
            let verdict = if let Some(error) = tx.take_failure() {
                Verdict::Broken(error)
            } else if result.is_ok() {
                Verdict::Keep
            } else {
                Verdict::Refused
            };
            self.result = Some(result);
            verdict
        })
    }

    fn answer(self: Box<Self>, committed: Result<(), StoreError>) {
        let result = match (committed, self.result) {
            (Ok(()), Some(result)) => result,
            // A refusal may rest on what a neighbour wrote; where that was not
            // committed, nobody knows whether it still holds. Its own failed
            // statement (a key that is taken) is its own, though.
            (Err(StoreError::Conflict(_) | StoreError::Unexpected(_)), Some(Err(refusal))) => {
                Err(refusal)
            }
            (Ok(()), None) => Err(StoreError::Stopped.into()),
            (Err(error), _) => Err(error.into()),
        };
        // The caller may have given up; its write stands all the same.
        let _ = self.done.send(result);
    }
}

impl Job {
    fn answer(self, committed: Result<(), StoreError>) {
        match self {
            Self::Append { done, .. } => drop(done.send(committed)),
            Self::Work(work) => work.answer(committed),
        }
    }
}

/// The task that owns the write connection.
pub(super) struct Writer {
    pool: Pool,
    audited: Arc<Notify>,
}

/// The write connection, for one transaction.
enum Lease {
    Sqlite(PoolConnection<Sqlite>),
    Postgres(PoolConnection<Postgres>),
}

enum Open<'c> {
    Sqlite(Transaction<'c, Sqlite>),
    Postgres(Transaction<'c, Postgres>),
}

impl Lease {
    async fn take(pool: &Pool) -> Result<Self, sqlx::Error> {
        Ok(match pool {
            Pool::Sqlite(pool) => Self::Sqlite(pool.acquire().await?),
            Pool::Postgres(pool) => Self::Postgres(pool.acquire().await?),
        })
    }

    async fn begin(&mut self) -> Result<Open<'_>, sqlx::Error> {
        Ok(match self {
            // IMMEDIATE: take the write lock now rather than fail at the first write.
            Self::Sqlite(connection) => {
                Open::Sqlite(connection.begin_with("BEGIN IMMEDIATE").await?)
            }
            Self::Postgres(connection) => Open::Postgres(connection.begin().await?),
        })
    }

    /// Gives the connection up for a new one: after a failure nobody knows what
    /// state it is in. SQLite, for one, has ended the transaction by itself where
    /// the disk is full, and the driver's own count of it is wrong from then on.
    fn spoil(&mut self) {
        match self {
            Self::Sqlite(connection) => connection.close_on_drop(),
            Self::Postgres(connection) => connection.close_on_drop(),
        }
    }
}

/// Why a batch was not committed.
enum Spoiled {
    /// One of the batch is at fault: do each alone.
    ByOne(StoreError),
    /// The database is at fault: tell all.
    ByDatabase(StoreError),
}

impl Writer {
    pub(super) fn new(pool: Pool, audited: Arc<Notify>) -> Self {
        Self { pool, audited }
    }

    /// Serves the queue until every sender is gone.
    pub(super) async fn run(self, mut queue: mpsc::Receiver<Job>) {
        let mut batch = Vec::with_capacity(BATCH);
        while queue.recv_many(&mut batch, BATCH).await > 0 {
            // Whoever is about to write gets its turn first and comes along: fewer,
            // larger transactions, at the cost of microseconds.
            for _ in 0..GATHER {
                tokio::task::yield_now().await;
                while batch.len() < BATCH
                    && let Ok(job) = queue.try_recv()
                {
                    batch.push(job);
                }
            }
            metrics::histogram!("xinshu_store_batch_size").record(batch.len() as f64);
            match self.attempt(&mut batch).await {
                Ok(()) => batch.drain(..).for_each(|job| job.answer(Ok(()))),
                Err(Spoiled::ByDatabase(error)) => {
                    tracing::error!(%error, waiting = batch.len(), "writes were not committed");
                    batch
                        .drain(..)
                        .for_each(|job| job.answer(Err(error.clone())));
                }
                Err(Spoiled::ByOne(_)) => {
                    for job in batch.drain(..) {
                        self.alone(job).await;
                    }
                }
            }
        }
    }

    /// Does one job in a transaction of its own, again where it lost a race.
    async fn alone(&self, job: Job) {
        const TRIES: usize = 3;
        let mut job = vec![job];
        let mut outcome = Ok(());
        for _ in 0..TRIES {
            outcome = match self.attempt(&mut job).await {
                Ok(()) => Ok(()),
                Err(Spoiled::ByOne(error) | Spoiled::ByDatabase(error)) => Err(error),
            };
            // Only what was surely rolled back: an answer to COMMIT that was lost
            // may have been "done".
            if !matches!(outcome, Err(StoreError::Raced(_))) {
                break;
            }
        }
        job.into_iter().for_each(|job| job.answer(outcome.clone()));
    }

    async fn attempt(&self, batch: &mut [Job]) -> Result<(), Spoiled> {
        match tokio::time::timeout(PATIENCE, self.transact(batch)).await {
            Ok(outcome) => outcome,
            Err(_) => Err(Spoiled::ByDatabase(StoreError::Unavailable(format!(
                "no commit within {} s",
                PATIENCE.as_secs()
            )))),
        }
    }

    async fn transact(&self, batch: &mut [Job]) -> Result<(), Spoiled> {
        let mut lease = Lease::take(&self.pool).await.map_err(by_database)?;
        let outcome = self.write(&mut lease, batch).await;
        if matches!(outcome, Err(Spoiled::ByDatabase(_))) {
            lease.spoil();
        }
        outcome
    }

    async fn write(&self, lease: &mut Lease, batch: &mut [Job]) -> Result<(), Spoiled> {
        let mut open = lease.begin().await.map_err(by_database)?;
        let mut tx = Tx::new(match &mut open {
            Open::Sqlite(transaction) => Connection::Sqlite(transaction),
            Open::Postgres(transaction) => Connection::Postgres(transaction),
        });
        let mut appended = Appended::default();
        let single = batch.len() == 1;
        let mut refused_late = false;
        for job in batch.iter_mut() {
            match job {
                Job::Append { rows, .. } => appended.merge(rows.clone()),
                Job::Work(work) => {
                    tx.take_wrote();
                    let verdict = work.run(&mut tx).await;
                    let left = tx.take_appended();
                    match verdict {
                        Verdict::Keep => appended.merge(left),
                        Verdict::Refused if !tx.take_wrote() => {}
                        Verdict::Refused if single => refused_late = true,
                        Verdict::Refused => return Err(Spoiled::ByOne(StoreError::Busy)),
                        Verdict::Broken(error) => return Err(blame(error)),
                    }
                }
            }
        }
        if refused_late {
            // Dropping the transaction rolls back what the refused work wrote.
            return Ok(());
        }
        let audited = appended.has_audit();
        tx.flush(appended).await.map_err(blame)?;
        match open {
            Open::Sqlite(transaction) => transaction.commit().await,
            Open::Postgres(transaction) => transaction.commit().await,
        }
        .map_err(by_database)?;
        if audited {
            self.audited.notify_one();
        }
        Ok(())
    }
}

fn by_database(error: sqlx::Error) -> Spoiled {
    Spoiled::ByDatabase(StoreError::from(error))
}

/// A duplicate key or a lost race is one job's matter; all else is the database's.
fn blame(error: StoreError) -> Spoiled {
    match error {
        StoreError::Conflict(_) | StoreError::Unexpected(_) | StoreError::Raced(_) => {
            Spoiled::ByOne(error)
        }
        other => Spoiled::ByDatabase(other),
    }
}
