//! Group commit: a lane writes for all who wait, and they share its fsync.
//!
//! A batch is tried as one transaction: units of work one after the other, then
//! all appended rows, then the commit. Where one of them spoils the transaction
//! (a duplicate key, a late refusal after a write), the batch is rolled back and
//! each is done again in a transaction of its own, so that nobody suffers from a
//! neighbour.

use std::{
    sync::Arc,
    time::{Duration, Instant},
};

use tokio::sync::{Mutex, Notify, mpsc};

use super::{
    Appended, StoreError, Tx,
    connection::Link,
    job::{Job, Verdict},
};
use crate::audit::stream;

/// How many writes may wait; more are refused as busy.
pub(super) const QUEUE: usize = 8192;
/// How many writes share a transaction at most.
const BATCH: usize = 512;
/// How often other tasks get their turn before a batch is closed.
const GATHER: usize = 2;
/// How long a transaction may take before its callers are told "unavailable".
const PATIENCE: Duration = Duration::from_secs(8);
/// A stream that was not written to for so long is not taken up again.
const STREAM_REST: Duration = Duration::from_secs(3600);

/// The jobs of one queue, for all lanes that serve it.
pub(super) type Queue = Arc<Mutex<mpsc::Receiver<Job>>>;

/// One connection that writes, and the stream of audit entries that is its own.
pub(super) struct Lane {
    link: Link,
    stream: Option<Stream>,
    audited: Arc<Notify>,
}

/// Where this lane's audit entries go on.
struct Stream {
    next: i64,
    end: i64,
    used: Instant,
}

/// Why a batch was not committed.
enum Spoiled {
    /// One of the batch is at fault: do each alone.
    ByOne(StoreError),
    /// The database is at fault: tell all.
    ByDatabase(StoreError),
}

impl Lane {
    pub(super) fn new(link: Link, audited: Arc<Notify>) -> Self {
        Self {
            link,
            stream: None,
            audited,
        }
    }

    /// Serves the queue until every sender is gone.
    pub(super) async fn run(mut self, queue: Queue) {
        let mut batch = Vec::with_capacity(BATCH);
        while gather(&queue, &mut batch).await {
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
        self.link.close().await;
    }

    /// Does one job in a transaction of its own, again where it lost a race.
    async fn alone(&mut self, job: Job) {
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

    async fn attempt(&mut self, batch: &mut [Job]) -> Result<(), Spoiled> {
        let outcome = match tokio::time::timeout(PATIENCE, self.transact(batch)).await {
            Ok(outcome) => outcome,
            Err(_) => Err(Spoiled::ByDatabase(StoreError::Unavailable(format!(
                "no commit within {} s",
                PATIENCE.as_secs()
            )))),
        };
        if matches!(outcome, Err(Spoiled::ByDatabase(_))) {
            // Nobody knows what state the connection is in, nor whether the
            // numbers of the stream were used.
            self.link.drop_connection();
            self.stream = None;
        }
        outcome
    }

    async fn transact(&mut self, batch: &mut [Job]) -> Result<(), Spoiled> {
        if self.stream.as_ref().is_none_or(Stream::is_over) && batch.iter().any(Job::may_audit) {
            self.stream = Some(self.open_stream().await.map_err(Spoiled::ByDatabase)?);
        }
        let next = self.stream.as_ref().map_or(0, |stream| stream.next);
        let mut tx = self.link.begin(next).await.map_err(Spoiled::ByDatabase)?;
        match fill(&mut tx, batch).await {
            Ok(Filled::Whole) => {}
            Ok(Filled::Refused) => {
                return tx.rollback().await.map_err(Spoiled::ByDatabase);
            }
            Err(Spoiled::ByOne(error)) => {
                tx.rollback().await.map_err(Spoiled::ByDatabase)?;
                return Err(Spoiled::ByOne(error));
            }
            Err(by_database) => return Err(by_database),
        }
        let used = tx.commit().await.map_err(Spoiled::ByDatabase)?;
        if used > next
            && let Some(stream) = &mut self.stream
        {
            stream.next = used;
            stream.used = Instant::now();
            self.audited.notify_one();
        }
        Ok(())
    }

    /// Begins a stream of its own for this lane.
    async fn open_stream(&mut self) -> Result<Stream, StoreError> {
        const TRIES: usize = 8;
        let mut outcome = Err(StoreError::Busy);
        for _ in 0..TRIES {
            let mut tx = self.link.begin(0).await?;
            match stream::open(&mut tx).await {
                Ok(ids) => {
                    tx.commit().await?;
                    return Ok(Stream {
                        next: ids.start,
                        end: ids.end,
                        used: Instant::now(),
                    });
                }
                // Another lane or node took that number in this moment.
                Err(error @ (StoreError::Conflict(_) | StoreError::Raced(_))) => {
                    tx.rollback().await?;
                    outcome = Err(error);
                }
                Err(error) => return Err(error),
            }
        }
        outcome
    }
}

impl Stream {
    fn is_over(&self) -> bool {
        self.used.elapsed() > STREAM_REST || self.end - self.next < 4 * BATCH as i64
    }
}

/// The next batch; false once every sender is gone.
async fn gather(queue: &Queue, batch: &mut Vec<Job>) -> bool {
    let mut queue = queue.lock().await;
    if queue.recv_many(batch, BATCH).await == 0 {
        return false;
    }
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
    true
}

/// What a transaction holds before its end.
enum Filled {
    /// Everything that was to be written.
    Whole,
    /// What its only unit of work wrote before it refused.
    Refused,
}

/// Does all units of work, then writes all appended rows.
async fn fill(tx: &mut Tx<'_>, batch: &mut [Job]) -> Result<Filled, Spoiled> {
    let single = batch.len() == 1;
    let mut left: Vec<Appended> = Vec::new();
    for job in batch.iter_mut() {
        let Job::Work(work) = job else { continue };
        tx.take_wrote();
        let verdict = work.run(tx).await;
        let appended = tx.take_appended();
        match verdict {
            Verdict::Keep => left.push(appended),
            Verdict::Refused if !tx.take_wrote() => {}
            Verdict::Refused if single => return Ok(Filled::Refused),
            Verdict::Refused => return Err(Spoiled::ByOne(StoreError::Busy)),
            Verdict::Broken(error) => return Err(blame(error)),
        }
    }
    let appends = batch.iter_mut().filter_map(|job| match job {
        Job::Append { rows, .. } => Some(rows),
        Job::Work(_) => None,
    });
    tx.flush(appends.chain(&mut left).collect())
        .await
        .map_err(blame)?;
    Ok(Filled::Whole)
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
