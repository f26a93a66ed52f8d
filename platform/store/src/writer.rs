//! Group commit: a writer executes the jobs of all who wait in one transaction, so
//! that they share its fsync (rule 3).
//!
//! A batch is one transaction: its units of work one after the other, then all
//! appended rows, then the commit. If one job spoils the transaction (a duplicate
//! key, a refusal after a write, a panic), the batch is rolled back and each job is
//! executed in a transaction of its own, so that none suffers from another.

use std::{
    panic::AssertUnwindSafe,
    sync::Arc,
    time::{Duration, Instant},
};

use futures_util::FutureExt as _;
use tokio::sync::{Mutex, Notify, mpsc};

use crate::{AppendBatch, EntryNumbering, StoreError, Tx, connection::WriteConnection, job::Job};

/// How many writes may wait; more are refused as busy.
pub(crate) const QUEUE: usize = 8192;
/// How many writes share a transaction at most.
const BATCH: usize = 512;
/// Up to this many concurrent writes, waiting for more gains nothing.
const FEW: usize = 4;
/// How long a transaction may take before its callers get "unavailable".
const BATCH_TIMEOUT: Duration = Duration::from_secs(8);
/// How long a range of entry numbers is used: the log looks at the newest ones only.
const RANGE_LIFETIME: Duration = Duration::from_secs(3600);

/// A range with fewer numbers left is not used for another batch.
const RANGE_RESERVE: i64 = 1 << 20;

/// The jobs that wait, shared by all writers that serve them.
pub(crate) type JobQueue<J> = Arc<Mutex<mpsc::Receiver<J>>>;

/// One connection that writes, and the range of entry numbers that it has to itself.
pub(crate) struct CommitWriter {
    connection: WriteConnection,
    numbering: &'static dyn EntryNumbering,
    range: Option<NumberRange>,
    committed: Arc<Notify>,
}

/// The numbers that this writer's entries get.
struct NumberRange {
    next: i64,
    end: i64,
    reserved: Instant,
}

/// How a batch ended.
enum BatchOutcome {
    /// Every job has its own result.
    Committed,
    /// Rolled back because of one of the jobs: its failed statement, or `None` if it
    /// refused after it had written.
    RolledBack(Option<StoreError>),
    /// The database failed. The state of the connection is unknown, and so is whether
    /// the entry numbers were used.
    Failed(StoreError),
}

impl CommitWriter {
    pub(crate) fn new(
        connection: WriteConnection,
        numbering: &'static dyn EntryNumbering,
        committed: Arc<Notify>,
    ) -> Self {
        Self {
            connection,
            numbering,
            range: None,
            committed,
        }
    }

    /// Serves the queue until every sender is gone.
    pub(crate) async fn run<J: Job>(mut self, queue: JobQueue<J>) {
        let mut batch = Vec::with_capacity(BATCH);
        let mut previous = 0;
        while self.gather(&queue, &mut batch, previous).await {
            previous = batch.len();
            metrics::histogram!("xinshu_store_batch_size").record(previous as f64);
            match self.execute_batch(&mut batch).await {
                BatchOutcome::Committed => batch.drain(..).for_each(|job| job.reply(Ok(()))),
                BatchOutcome::RolledBack(_) => self.run_singly(&mut batch).await,
                BatchOutcome::Failed(error) => fail_all(&mut batch, &error),
            }
        }
        self.connection.close().await;
    }

    /// The next batch, after one of `previous` jobs; false once every sender is gone.
    ///
    /// A commit costs as much as some ten requests do, whatever is in it. If many
    /// write, the writer waits for those about to enqueue as long as more arrive; a
    /// single caller never waits for others.
    async fn gather<J>(
        &mut self,
        queue: &JobQueue<J>,
        batch: &mut Vec<J>,
        previous: usize,
    ) -> bool {
        let mut queue = queue.lock().await;
        if queue.recv_many(batch, BATCH).await == 0 {
            return false;
        }
        if previous + batch.len() <= FEW {
            return true;
        }
        for _ in 0..self.connection.pauses() {
            self.connection.pause().await;
            let had = batch.len();
            while batch.len() < BATCH
                && let Ok(job) = queue.try_recv()
            {
                batch.push(job);
            }
            if batch.len() == had || batch.len() == BATCH {
                break;
            }
        }
        true
    }

    /// Executes each job in a transaction of its own, until the database fails.
    async fn run_singly<J: Job>(&mut self, batch: &mut Vec<J>) {
        let mut jobs = std::mem::take(batch).into_iter();
        while let Some(job) = jobs.next() {
            if job.is_abandoned() {
                continue;
            }
            if let Err(error) = self.run_single(job).await {
                batch.extend(jobs);
                return fail_all(batch, &error);
            }
        }
    }

    /// Executes one job, again if it lost a race, and replies to its caller.
    ///
    /// # Errors
    /// The database's failure, which the caller has received as well.
    async fn run_single<J: Job>(&mut self, job: J) -> Result<(), StoreError> {
        const TRIES: usize = 3;
        let mut job = [job];
        let mut tries = 1;
        let outcome = loop {
            let outcome = self.execute_batch(&mut job).await;
            // Retry only what was certainly rolled back: a COMMIT whose reply was lost
            // may have succeeded.
            let retry = match &outcome {
                BatchOutcome::RolledBack(Some(StoreError::Raced(_))) => true,
                BatchOutcome::RolledBack(Some(StoreError::Conflict(_))) => {
                    self.range_was_hijacked().await
                }
                _ => false,
            };
            if !retry || tries == TRIES {
                break outcome;
            }
            tries += 1;
        };
        let [job] = job;
        match outcome {
            BatchOutcome::Committed | BatchOutcome::RolledBack(None) => job.reply(Ok(())),
            BatchOutcome::RolledBack(Some(error)) => job.reply(Err(error)),
            BatchOutcome::Failed(error) => {
                job.reply(Err(error.clone()));
                return Err(error);
            }
        }
        Ok(())
    }

    /// Executes all of `batch` in one transaction.
    async fn execute_batch<J: Job>(&mut self, batch: &mut [J]) -> BatchOutcome {
        batch.iter_mut().for_each(J::forget);
        let transaction = AssertUnwindSafe(self.try_batch(batch)).catch_unwind();
        let (outcome, is_clean) = match tokio::time::timeout(BATCH_TIMEOUT, transaction).await {
            Ok(Ok(outcome)) => {
                let is_clean = !matches!(outcome, BatchOutcome::Failed(_));
                (outcome, is_clean)
            }
            Ok(Err(_)) => {
                let panic = StoreError::Unexpected("a unit of work panicked".to_owned());
                (BatchOutcome::RolledBack(Some(panic)), false)
            }
            Err(_) => (BatchOutcome::Failed(crate::late(BATCH_TIMEOUT)), false),
        };
        if !is_clean {
            self.connection.reset();
            self.range = None;
        }
        outcome
    }

    async fn try_batch<J: Job>(&mut self, batch: &mut [J]) -> BatchOutcome {
        let first = match self.next_number().await {
            Ok(first) => first,
            Err(error) => return BatchOutcome::Failed(error),
        };
        let mut tx = match self.connection.begin(first).await {
            Ok(tx) => tx,
            Err(error) => return BatchOutcome::Failed(error),
        };
        if let Err(cause) = write_all(&mut tx, batch).await {
            if let Some(error) = cause.clone()
                && !is_of_one_job(&error)
            {
                return BatchOutcome::Failed(error);
            }
            return match tx.rollback().await {
                Ok(()) => BatchOutcome::RolledBack(cause),
                Err(error) => BatchOutcome::Failed(error),
            };
        }
        match tx.commit().await {
            Ok(next) => {
                if let Some(range) = &mut self.range
                    && next > first
                {
                    range.next = next;
                    self.committed.notify_one();
                }
                BatchOutcome::Committed
            }
            Err(error @ StoreError::Raced(_)) => BatchOutcome::RolledBack(Some(error)),
            Err(error) => BatchOutcome::Failed(error),
        }
    }

    /// The number of the next entry, from a new range if there is none or it is over.
    async fn next_number(&mut self) -> Result<i64, StoreError> {
        if let Some(range) = &self.range
            && !range.is_over()
        {
            return Ok(range.next);
        }
        let range = self.reserve_range().await?;
        Ok(self.range.insert(range).next)
    }

    async fn reserve_range(&mut self) -> Result<NumberRange, StoreError> {
        // Of several that try at the same time one gets the range.
        const TRIES: usize = 32;
        let numbering = self.numbering;
        let mut last = None;
        for _ in 0..TRIES {
            let mut tx = self.connection.begin(0).await?;
            match numbering.reserve(&mut tx).await {
                Ok(numbers) => {
                    tx.commit().await?;
                    return Ok(NumberRange {
                        next: numbers.start,
                        end: numbers.end,
                        reserved: Instant::now(),
                    });
                }
                Err(error @ (StoreError::Conflict(_) | StoreError::Raced(_))) => {
                    tx.rollback().await?;
                    last = Some(error);
                }
                Err(error) => return Err(error),
            }
        }
        let cause = last.map_or_else(String::new, |error| error.to_string());
        Err(StoreError::Unavailable(format!(
            "no range of entry numbers could be reserved: {cause}"
        )))
    }

    /// True if somebody else wrote an entry with this writer's next number. The writer
    /// continues in another range.
    async fn range_was_hijacked(&mut self) -> bool {
        let Some(next) = self.range.as_ref().map(|range| range.next) else {
            return false;
        };
        let numbering = self.numbering;
        let taken = async {
            let mut tx = self.connection.begin(next).await?;
            let taken = numbering.is_taken(&mut tx, next).await?;
            tx.rollback().await?;
            Ok::<_, StoreError>(taken)
        };
        let taken = tokio::time::timeout(BATCH_TIMEOUT, taken).await;
        let taken = matches!(taken, Ok(Ok(true)));
        if taken {
            tracing::error!(
                id = next,
                "an audit entry has a number that only this writer may use"
            );
            self.range = None;
        }
        taken
    }
}

impl NumberRange {
    fn is_over(&self) -> bool {
        self.reserved.elapsed() > RANGE_LIFETIME || self.end - self.next < RANGE_RESERVE
    }
}

/// Executes all units of work, then writes all appended rows.
///
/// # Errors
/// What spoiled the transaction: a failed statement, or `None` if a unit of work
/// refused after it had written.
async fn write_all<J: Job>(tx: &mut Tx<'_>, batch: &mut [J]) -> Result<(), Option<StoreError>> {
    let mut of_works: Vec<AppendBatch> = Vec::new();
    for job in batch.iter_mut() {
        let Some(accepted) = job.run(tx).await else {
            continue;
        };
        let appended = tx.take_appended();
        let has_written = tx.take_has_written();
        if let Some(error) = tx.take_failure() {
            return Err(Some(error));
        }
        if accepted {
            of_works.push(appended);
        } else if has_written {
            return Err(None);
        }
    }
    let of_appends = batch.iter_mut().filter_map(J::rows);
    let rows = of_appends.chain(&mut of_works).collect();
    tx.flush(rows).await.map_err(Some)
}

/// True for errors that one job causes; all others are the database's.
fn is_of_one_job(error: &StoreError) -> bool {
    error.is_of_the_row() || matches!(error, StoreError::Raced(_))
}

fn fail_all<J: Job>(batch: &mut Vec<J>, error: &StoreError) {
    tracing::error!(%error, waiting = batch.len(), "writes were not committed");
    for job in batch.drain(..) {
        job.reply(Err(error.clone()));
    }
}
