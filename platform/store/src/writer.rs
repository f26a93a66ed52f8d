//! Group commit: a lane writes for all who wait, and they share its fsync.
//!
//! A batch is tried as one transaction: units of work one after the other, then
//! all appended rows, then the commit. Where one of them spoils the transaction
//! (a duplicate key, a late refusal after a write), the batch is rolled back and
//! each is done again in a transaction of its own, so that nobody suffers from a
//! neighbour.

use std::{
    panic::AssertUnwindSafe,
    sync::Arc,
    time::{Duration, Instant},
};

use futures_util::FutureExt as _;
use tokio::sync::{Mutex, Notify, mpsc};

use crate::{
    AppendBatch, EntryNumbering, StoreError, Tx,
    connection::Link,
    job::{Job, Verdict},
};

/// How many writes may wait; more are refused as busy.
pub(crate) const QUEUE: usize = 8192;
/// How many writes share a transaction at most.
const BATCH: usize = 512;
/// Up to so many writes at a time there is nothing to gather.
const FEW: usize = 4;
/// How long a transaction may take before its callers are told "unavailable".
const PATIENCE: Duration = Duration::from_secs(8);
/// How long a stream is written to: the sequencer looks at the newest ones.
const STREAM_LIFE: Duration = Duration::from_secs(3600);

/// The jobs of one queue, for all lanes that serve it.
pub(crate) type Queue = Arc<Mutex<mpsc::Receiver<Job>>>;

/// One connection that writes, and the stream of audit entries that is its own.
pub(crate) struct Lane {
    link: Link,
    stream: Option<Stream>,
    numbering: &'static dyn EntryNumbering,
    audited: Arc<Notify>,
}

/// Where this lane's audit entries go on.
struct Stream {
    next: i64,
    end: i64,
    opened: Instant,
}

/// Why a batch was not committed.
enum Spoiled {
    /// One of the batch is at fault: do each alone.
    ByOne(StoreError),
    /// The database is at fault: tell all.
    ByDatabase(StoreError),
}

impl Lane {
    pub(crate) fn new(
        link: Link,
        numbering: &'static dyn EntryNumbering,
        audited: Arc<Notify>,
    ) -> Self {
        Self {
            link,
            stream: None,
            numbering,
            audited,
        }
    }

    /// Serves the queue until every sender is gone.
    pub(crate) async fn run(mut self, queue: Queue) {
        let mut batch = Vec::with_capacity(BATCH);
        let mut before = 0;
        while self.gather(&queue, &mut batch, before).await {
            before = batch.len();
            metrics::histogram!("xinshu_store_batch_size").record(before as f64);
            match self.attempt(&mut batch).await {
                Ok(()) => batch.drain(..).for_each(|job| job.answer(Ok(()))),
                Err(Spoiled::ByDatabase(error)) => fail(&mut batch, &error),
                Err(Spoiled::ByOne(_)) => self.one_by_one(&mut batch).await,
            }
        }
        self.link.close().await;
    }

    /// The next batch, after one of so many `before`; false once every sender is gone.
    ///
    /// A commit costs as much as some ten requests do, whatever is in it. So where
    /// many write, the lane waits for those who are about to, as long as they keep
    /// coming. Who writes alone waits for nobody.
    async fn gather(&mut self, queue: &Queue, batch: &mut Vec<Job>, before: usize) -> bool {
        let mut queue = queue.lock().await;
        if queue.recv_many(batch, BATCH).await == 0 {
            return false;
        }
        if before + batch.len() <= FEW {
            return true;
        }
        for _ in 0..self.link.pauses() {
            self.link.pause().await;
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

    /// Does each job in a transaction of its own, until the database fails.
    async fn one_by_one(&mut self, batch: &mut Vec<Job>) {
        let mut jobs = std::mem::take(batch).into_iter();
        while let Some(job) = jobs.next() {
            if job.is_abandoned() {
                continue;
            }
            if let Err(error) = self.alone(job).await {
                batch.extend(jobs);
                return fail(batch, &error);
            }
        }
    }

    /// Does one job by itself, again where it lost a race. An error is the
    /// database's, and the job has been told of it.
    async fn alone(&mut self, job: Job) -> Result<(), StoreError> {
        const TRIES: usize = 3;
        let mut job = [job];
        let mut outcome = Ok(());
        for _ in 0..TRIES {
            outcome = self.attempt(&mut job).await;
            match &outcome {
                // Only what was surely rolled back: an answer to COMMIT that was lost
                // may have been "done".
                Err(Spoiled::ByOne(StoreError::Raced(_))) => {}
                Err(Spoiled::ByOne(StoreError::Conflict(_))) if self.lost_its_place().await => {}
                _ => break,
            }
        }
        let [job] = job;
        match outcome {
            Ok(()) => job.answer(Ok(())),
            Err(Spoiled::ByOne(error)) => job.answer(Err(error)),
            Err(Spoiled::ByDatabase(error)) => {
                job.answer(Err(error.clone()));
                return Err(error);
            }
        }
        Ok(())
    }

    /// True where somebody else wrote an audit entry that was this lane's to write:
    /// it goes on in a new stream.
    async fn lost_its_place(&mut self) -> bool {
        let Some(next) = self.stream.as_ref().map(|stream| stream.next) else {
            return false;
        };
        let numbering = self.numbering;
        let taken = async {
            let mut tx = self.link.begin(next).await?;
            let taken = numbering.is_taken(&mut tx, next).await?;
            tx.rollback().await?;
            Ok::<_, StoreError>(taken)
        };
        let taken = tokio::time::timeout(PATIENCE, taken).await;
        let taken = matches!(taken, Ok(Ok(true)));
        if taken {
            tracing::error!(
                id = next,
                "an audit entry stands where no one else may write"
            );
            self.stream = None;
        }
        taken
    }

    async fn attempt(&mut self, batch: &mut [Job]) -> Result<(), Spoiled> {
        batch.iter_mut().for_each(Job::forget);
        let work = AssertUnwindSafe(self.transact(batch)).catch_unwind();
        let outcome = match tokio::time::timeout(PATIENCE, work).await {
            Ok(Ok(outcome)) => outcome,
            Ok(Err(_)) => Err(Spoiled::ByDatabase(StoreError::Unexpected(
                "a unit of work panicked".to_owned(),
            ))),
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
        if self.stream.as_ref().is_some_and(Stream::is_over) {
            self.stream = None;
        }
        match self.write(batch).await? {
            Written::All => Ok(()),
            Written::NothingForWantOfAStream => {
                self.stream = Some(self.open_stream().await.map_err(Spoiled::ByDatabase)?);
                batch.iter_mut().for_each(Job::forget);
                self.write(batch).await.map(|_| ())
            }
        }
    }

    async fn write(&mut self, batch: &mut [Job]) -> Result<Written, Spoiled> {
        let next = self.stream.as_ref().map_or(0, |stream| stream.next);
        let has_stream = self.stream.is_some();
        let mut tx = self.link.begin(next).await.map_err(Spoiled::ByDatabase)?;
        match fill(&mut tx, batch, has_stream).await {
            Ok(Filled::Whole) => {}
            Ok(Filled::Refused) => {
                tx.rollback().await.map_err(Spoiled::ByDatabase)?;
                return Ok(Written::All);
            }
            Ok(Filled::WantsAStream) => {
                tx.rollback().await.map_err(Spoiled::ByDatabase)?;
                return Ok(Written::NothingForWantOfAStream);
            }
            Err(Spoiled::ByOne(error)) => {
                tx.rollback().await.map_err(Spoiled::ByDatabase)?;
                return Err(Spoiled::ByOne(error));
            }
            Err(by_database) => return Err(by_database),
        }
        let used = tx.commit().await.map_err(|error| match error {
            // It was rolled back instead.
            StoreError::Raced(_) => Spoiled::ByOne(error),
            other => Spoiled::ByDatabase(other),
        })?;
        if let Some(stream) = &mut self.stream
            && used > next
        {
            stream.next = used;
            self.audited.notify_one();
        }
        Ok(Written::All)
    }

    /// Begins a stream of its own for this lane.
    async fn open_stream(&mut self) -> Result<Stream, StoreError> {
        // Of those who try at the same time one gets the number.
        const TRIES: usize = 32;
        let numbering = self.numbering;
        for _ in 0..TRIES {
            let mut tx = self.link.begin(0).await?;
            match numbering.reserve(&mut tx).await {
                Ok(ids) => {
                    tx.commit().await?;
                    return Ok(Stream {
                        next: ids.start,
                        end: ids.end,
                        opened: Instant::now(),
                    });
                }
                Err(StoreError::Conflict(_) | StoreError::Raced(_)) => tx.rollback().await?,
                Err(error) => return Err(error),
            }
        }
        Err(StoreError::Busy)
    }
}

/// Tells all of a batch that the database failed.
fn fail(batch: &mut Vec<Job>, error: &StoreError) {
    tracing::error!(%error, waiting = batch.len(), "writes were not committed");
    batch
        .drain(..)
        .for_each(|job| job.answer(Err(error.clone())));
}

impl Stream {
    fn is_over(&self) -> bool {
        self.opened.elapsed() > STREAM_LIFE || self.end - self.next < 1 << 20
    }
}

/// What became of a batch that nothing spoiled.
enum Written {
    All,
    /// There are audit entries in it, and no numbers for them.
    NothingForWantOfAStream,
}

/// What a transaction holds before its end.
enum Filled {
    /// Audit entries that have no numbers.
    WantsAStream,
    /// Everything that was to be written.
    Whole,
    /// What its only unit of work wrote before it refused.
    Refused,
}

/// Does all units of work, then writes all appended rows.
async fn fill(tx: &mut Tx<'_>, batch: &mut [Job], has_stream: bool) -> Result<Filled, Spoiled> {
    let single = batch.len() == 1;
    let mut left: Vec<AppendBatch> = Vec::new();
    for job in batch.iter_mut() {
        let Job::Work(work) = job else { continue };
        tx.take_wrote();
        let verdict = work.run(tx).await;
        let appended = tx.take_appended();
        if !has_stream && tx.wants_numbers() {
            return Ok(Filled::WantsAStream);
        }
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
    let all: Vec<&mut AppendBatch> = appends.chain(&mut left).collect();
    if !has_stream && all.iter().any(|rows| rows.has_numbered()) {
        return Ok(Filled::WantsAStream);
    }
    tx.flush(all).await.map_err(blame)?;
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
